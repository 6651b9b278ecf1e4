"""Fork: the same past, another future, in a folder of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from econsim_mesa.errors import BadInput
from econsim_mesa.llm.keys import name_servers
from econsim_mesa.llm.ready import refuse_unready
from econsim_mesa.runs.bundle import bundle_id
from econsim_mesa.runs.bundle.run_request import RunRequest
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
from econsim_mesa.scenario.address import addresses_in
from econsim_mesa.society.model import EconModel
from econsim_mesa.society.settings import refuse_build_only, refuse_strangers


def fork(
    folder: Path | str,
    at: int,
    changes: Mapping[str, Any],
    out: Path | str,
    *,
    overwrite: bool = False,
) -> tuple[EconModel, Recorder]:
    """Return a model that has replayed steps 0 to ``at`` - 1 of a run, and its recorder.

    The fork has the ``scenario.json`` of its parent; changes are recorded in ``inputs``. Past
    decisions keep their decider and outcome; past calls are copied and count against no limit.
    Both branches share their random numbers. The key of a language model goes to a server that
    ``changes`` name; the server of the run must be trusted.

    Args:
        folder: The folder of the run.
        at: The first step of the fork's own future.
        changes: Dotted path -> new value, from step ``at`` on.
        out: The folder of the fork, new or empty.
        overwrite: Whether another run that lies there is deleted first.

    Raises:
        BadInput: The step is not in the run, ``out`` cannot be used, or a Python object that no
            scenario can name decided and ``changes`` name no decider.
        ScenarioError: A change is wrong, or of a setting that is read only when a town is built.
        Irreproducible: The run cannot be replayed.
    """
    name_servers(addresses_in(changes))
    run = load_run(folder)
    past = read_past(run, min(max(at, 0), run.steps))
    settings = settings_of(run, past)
    last = min(run.steps, settings.steps - 1)
    if not 0 <= at <= last:
        raise BadInput(f"{folder} has {run.steps} whole steps; fork it at 0 to {last}")
    refuse_build_only(list(changes), "--set")
    refuse_other_deciders(run, settings, at, changes)
    model = model_of(run, past)
    future = load_scenario(settings, set=changes)
    if at >= future.steps:
        raise BadInput(f"steps: a run of {future.steps} steps cannot be forked at {at}; give more")
    refuse_strangers(model.town, future.events, "--set")
    refuse_unready(future)
    parent = {"parent": str(Path(folder).resolve().name), "forked_at": str(at)}
    parent |= {"parent_bundle": one} if (one := bundle_id(folder)) else {}
    if Path(out).resolve() == Path(folder).resolve():
        raise BadInput(f"{out} is the run that is forked; name another folder for the fork")
    request = RunRequest(parent["parent"], None, changes)
    recorder = Recorder.begin(model, Path(out), parent, request, overwrite=overwrite)
    try:
        replay_until(model, run, past)
    except BaseException:
        recorder.close("failed")
        raise
    recorder.copy_calls(run, at)
    if changes:
        model.reconfigure(changes)
    return model, recorder
