"""Fork: the same past, another future, in a folder of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from econsim_mesa.collection.recorder import Recorder
from econsim_mesa.errors import BadInput
from econsim_mesa.model import EconModel
from econsim_mesa.records.reader import load_run
from econsim_mesa.rerun.past import model_of, read_past
from econsim_mesa.town.settings import refuse_build_only


def fork(
    folder: Path | str, at: int, changes: Mapping[str, Any], out: Path | str
) -> tuple[EconModel, Recorder]:
    """Return a model that has lived through steps 0 to ``at`` - 1 of a run, and its recorder.

    ``changes``, by dotted paths, act at the start of step ``at`` and stand in ``inputs``; the
    fork's ``scenario.json`` is the parent's. Past decisions keep their decider and outcome, past
    calls are copied and count against no limit. Both branches share their random numbers.

    Raises ``BadInput`` for a step that is not in the run, ``ScenarioError`` for what is read at
    build only.
    """
    run = load_run(folder)
    if not 0 <= at <= run.steps:
        raise BadInput(f"{folder} has {run.steps} whole steps; fork it at 0 to {run.steps}")
    refuse_build_only(list(changes), "--set")
    model = model_of(run, read_past(run, at))
    parent = {"parent": str(Path(folder).resolve().name), "forked_at": str(at)}
    recorder = Recorder(model, Path(out), parent)
    for _ in range(at):
        model.step()
    recorder.copy_calls(run, at)
    if changes:
        model.reconfigure(changes)
    return model, recorder
