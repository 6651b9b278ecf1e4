"""Resume: replay what is on disk, then go on live in the same folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from econsim_mesa.errors import BadInput
from econsim_mesa.llm.ready import refuse_unready
from econsim_mesa.runs.past import (
    model_of,
    read_past,
    refuse_other_deciders,
    replay_until,
    settings_of,
)
from econsim_mesa.runs.reader import load_run
from econsim_mesa.runs.recorder import Recorder
from econsim_mesa.scenario import load_scenario
from econsim_mesa.society.model import EconModel


def resume(
    folder: Path | str, changes: Mapping[str, Any] | None = None
) -> tuple[EconModel, Recorder]:
    """Return a model that has lived through all whole steps, and the recorder that goes on.

    ``changes``, by dotted paths, act from the next step on and stand in ``inputs``; before them
    act those that were given for a step that was broken off. Replies of that step are used
    before anybody is asked again. Raises ``BadInput`` for a run that is finished or was decided by
    an object that no scenario names, ``Irreproducible`` if its past cannot be repeated.
    """
    run = load_run(folder)
    if run.steps < run.forked_at:
        raise BadInput(
            f"{folder} is a fork that was stopped before its past was whole; delete it, and fork "
            "again"
        )
    past = read_past(run)
    complete = run.steps >= settings_of(run, past).steps
    if complete and run.meta.get("status") == "finished":
        raise BadInput(f"{folder} is complete: {run.steps} steps; there is nothing to resume")
    if not complete:
        settings = settings_of(run, past)
        planned = past.changes_waiting | dict(changes or {})
        refuse_other_deciders(run, settings, run.steps, planned)
        refuse_unready(load_scenario(settings, set=planned))
    model = model_of(run, past)
    replay_until(model, run, past)
    waiting = past.changes_waiting
    fresh = {
        path: new
        for path, new in (changes or {}).items()
        if path not in waiting or waiting[path] != new
    }
    if fresh and not complete:
        model.reconfigure(fresh)
    model.past_calls = past.calls
    recorder = Recorder.reopen(model, Path(folder))
    if complete:
        recorder.close()  # it was killed between its last step and its end
    return model, recorder
