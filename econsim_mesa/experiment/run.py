"""One run of an experiment: begun, resumed or found finished, and measured at its end."""

from __future__ import annotations

import shutil
import sqlite3
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from econsim_mesa.bundle.given import Given
from econsim_mesa.bundle.seal import is_sealed, seal_run, unseal
from econsim_mesa.collection.recorder import Recorder
from econsim_mesa.errors import EconSimError, RunIncomplete
from econsim_mesa.experiment.index import Status
from econsim_mesa.experiment.measures import Measured, measure
from econsim_mesa.experiment.plan import OPERATIONS
from econsim_mesa.experiment.types import AnalysisPlan, Settings
from econsim_mesa.llm.ready import asks_model
from econsim_mesa.model import EconModel
from econsim_mesa.records.provenance import now
from econsim_mesa.records.reader import Run, load_run
from econsim_mesa.records.store import DATABASE, SqliteStore
from econsim_mesa.records.summary import summarize
from econsim_mesa.rerun import read_past, resume
from econsim_mesa.rerun.past import settings_of
from econsim_mesa.scenario import Scenario
from econsim_mesa.sqlite import connect

Hear = Callable[[int], None]
"""Told of each step: how many of the run are made."""

_beginning = threading.Lock()
"""Runs of one process begin one after the other: the first calls a model while others are built,
where all at once would be ready at the same late moment."""


class Job(NamedTuple):
    """A run to make: where, with which scenario, seed and entries of ``meta``, read by a plan.

    ``given`` is what its experiment was given for it.
    """

    run: str
    folder: Path
    scenario: Scenario
    seed: int
    meta: Mapping[str, str]
    plan: AnalysisPlan
    given: Given | None = None


class Done(NamedTuple):
    """What became of a run; it has measures if it is finished."""

    run: str
    status: Status
    message: str
    steps: int
    measured: Measured | None


def carry_out(job: Job, hear: Hear, stop: Callable[[], bool]) -> Done:
    """Make what is left of a run; whatever happens, its store is closed whole.

    ``stop`` is asked before each step. Never raises for what goes wrong in a run: the result
    says so.
    """
    try:
        with _beginning:
            if stop():  # while it waited
                return _left(job, "interrupted", _whole_steps(job.folder))
            begun = begin(job)
        if begun is not None:
            model, recorder = begun
            hear(recorder.steps)
            ended = _step_through(model, recorder, hear, stop)
            if ended != "finished":
                return _left(job, ended, recorder.steps)
        run = load_run(job.folder)
        return Done(job.run, "finished", "", run.steps, close_off(run, job.plan))
    except RunIncomplete as error:
        return Done(job.run, "incomplete", str(error), _whole_steps(job.folder), None)
    except Exception as error:
        return Done(job.run, "failed", _words(error), _whole_steps(job.folder), None)


def _left(job: Job, status: Status, steps: int) -> Done:
    message = f"{steps} of {job.scenario.steps} steps are whole"
    return Done(job.run, status, message, steps, None)


def begin(job: Job) -> tuple[EconModel, Recorder] | None:
    """Return a run's model and recorder, as far as the run came; None: it is complete."""
    if not _has_steps(job.folder):
        shutil.rmtree(job.folder, ignore_errors=True)
        model = EconModel(job.scenario, seed=job.seed)
        meta = {"scenario": job.scenario.name, **job.meta}
        return model, Recorder(model, job.folder, meta, job.given)
    run = load_run(job.folder)
    if run.steps >= run.planned_steps:
        return None
    return resume(job.folder, _new_operations(job.scenario, run))


def close_off(run: Run, plan: AnalysisPlan) -> Measured:
    """Measure a run whose steps are all made, and seal it if that was not done."""
    if run.meta.get("status") != "finished":  # killed after its last step
        unseal(run.folder)
        with SqliteStore.reopen(run.folder) as store:
            store.annotate({"status": "finished", "finished": now()})
    summary = summarize(run) if is_sealed(run.folder) else seal_run(run.folder).summary
    return measure(run, summary, plan)


def _step_through(
    model: EconModel, recorder: Recorder, hear: Hear, stop: Callable[[], bool]
) -> Status:
    try:
        while model.running and not stop():
            model.step()
            hear(model.town.t + 1)
    except RunIncomplete:
        recorder.close("interrupted")
        raise
    except BaseException:
        recorder.close("failed")
        raise
    recorder.close("interrupted")  # does nothing after the last step: then it is closed
    return "interrupted" if model.running else "finished"


def _has_steps(folder: Path) -> bool:
    """Whether a folder holds a run whose state before step 0 is on disk at least."""
    path = folder / DATABASE
    try:
        if not path.is_file() or path.stat().st_size == 0:
            return path.with_name(f"{DATABASE}-wal").is_file()
        with closing(connect(path, "rw")) as connection:
            tables = "SELECT count(*) FROM sqlite_master WHERE name = 'steps'"
            if connection.execute(tables).fetchone() == (0,):
                return False
            return bool(connection.execute("SELECT count(*) FROM steps").fetchone()[0])
    except sqlite3.Error:
        return True  # damaged: resuming says what is wrong with it


def _new_operations(scenario: Scenario, run: Run) -> Settings:
    """Return where and how fast a model is to be asked, as far as a run has it otherwise."""
    if not asks_model(scenario):
        return {}
    old, new = settings_of(run, read_past(run)).llm, scenario.llm
    dump = new.model_dump(mode="json", by_alias=True)
    return {f"llm.{key}": dump[key] for key in OPERATIONS if getattr(old, key) != getattr(new, key)}


def _whole_steps(folder: Path) -> int:
    try:
        return load_run(folder).steps
    except EconSimError:
        return 0


def _words(error: Exception) -> str:
    """Return what went wrong; of an error that is a mistake of ours also where it was raised."""
    if isinstance(error, EconSimError):
        return "; ".join([str(error), *getattr(error, "__notes__", ())])
    frames = traceback.extract_tb(error.__traceback__)
    where = ""
    if frames:
        last = frames[-1]
        where = f" (in {last.name}, {Path(last.filename).name}, line {last.lineno})"
    return f"{type(error).__name__}: {error}{where}"
