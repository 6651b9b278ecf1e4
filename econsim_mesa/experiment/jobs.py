"""Carry out one run of an experiment: start or resume it if necessary, measure and seal it."""

from __future__ import annotations

import shutil
import sqlite3
import traceback
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path
from typing import NamedTuple

from econsim_mesa.errors import EconSimError, RunIncomplete
from econsim_mesa.experiment.index import Status
from econsim_mesa.experiment.measures import RunMeasures, measure
from econsim_mesa.experiment.plan import OPERATIONS
from econsim_mesa.experiment.types import AnalysisPlan, Settings
from econsim_mesa.llm.ready import asks_model
from econsim_mesa.runs.bundle.run_request import RunRequest
from econsim_mesa.runs.bundle.seal import is_sealed, seal_run, unseal
from econsim_mesa.runs.loop import make_steps
from econsim_mesa.runs.past import read_past, settings_of
from econsim_mesa.runs.provenance import now
from econsim_mesa.runs.reader import Run, load_run
from econsim_mesa.runs.recorder import Recorder
from econsim_mesa.runs.resume import resume
from econsim_mesa.runs.store import DATABASE, SqliteStore
from econsim_mesa.runs.summary import summarize
from econsim_mesa.scenario import Scenario
from econsim_mesa.society.model import EconModel
from econsim_mesa.sqlite import connect


class Job(NamedTuple):
    """A run to carry out.

    ``meta`` are entries of the run's own metadata, ``plan`` says what to measure, and ``request``
    records what the experiment asked for.
    """

    run: str
    folder: Path
    scenario: Scenario
    seed: int
    meta: Mapping[str, str]
    plan: AnalysisPlan
    request: RunRequest | None = None


class JobProgress(NamedTuple):
    """The number of steps of a run that are recorded so far."""

    run: str
    steps: int


class JobResult(NamedTuple):
    """The end of a run. ``measures`` is set if the run is finished."""

    run: str
    status: Status
    message: str
    steps: int
    measures: RunMeasures | None = None


NextJob = Callable[[], Job | None]
"""Gives the next job; None when there are no more."""
ReportProgress = Callable[[JobProgress | JobResult], None]
"""Receives the progress of runs, and the result of each."""
ShouldStop = Callable[[], bool]
"""Asked before each step; true ends the run with all its steps whole."""


def run_job(
    job: Job,
    report: ReportProgress,
    should_stop: ShouldStop,
    *,
    starting: AbstractContextManager[object] | None = None,
) -> JobResult:
    """Carry out the remaining steps of a run; its store is closed even after an error.

    ``report`` receives only the progress. ``starting`` is held while the run is built: if threads
    share it as a lock, one run calls its model while the next is built. An error in the run is not
    raised; the result describes it.
    """
    try:
        with starting or nullcontext():
            if should_stop():  # asked while this run waited for its turn
                return _stopped_early(job, "interrupted", _recorded_steps(job.folder))
            opened = open_run(job)
        if opened is not None:
            model, recorder = opened
            status: Status = make_steps(
                model,
                recorder,
                lambda progress: report(JobProgress(job.run, progress.done)),
                should_stop,
            )
            if status != "finished":
                return _stopped_early(job, status, recorder.steps)
        run = load_run(job.folder)
        return JobResult(job.run, "finished", "", run.steps, measure_and_seal(run, job.plan))
    except RunIncomplete as error:
        status = "interrupted" if should_stop() else "incomplete"
        return JobResult(job.run, status, str(error), _recorded_steps(job.folder))
    except Exception as error:
        return JobResult(job.run, "failed", _description_of(error), _recorded_steps(job.folder))


def open_run(job: Job) -> tuple[EconModel, Recorder] | None:
    """Return model and recorder of a run at its last recorded step, or None if it is complete."""
    if not _has_steps(job.folder):
        shutil.rmtree(job.folder, ignore_errors=True)
        model = EconModel(job.scenario, seed=job.seed)
        meta = {"scenario": job.scenario.name, **job.meta}
        return model, Recorder.begin(model, job.folder, meta, job.request)
    run = load_run(job.folder)
    if run.steps >= run.planned_steps:
        return None
    return resume(job.folder, _changed_operations(job.scenario, run))


def measure_and_seal(run: Run, plan: AnalysisPlan) -> RunMeasures:
    """Measure a run whose steps are all recorded; seal it if it is not sealed yet."""
    if run.meta.get("status") != "finished":  # the process was killed after the last step
        unseal(run.folder)
        with SqliteStore.reopen(run.folder) as store:
            store.annotate({"status": "finished", "finished": now()})
    summary = summarize(run) if is_sealed(run.folder) else seal_run(run.folder).summary
    return measure(run, summary, plan)


def _stopped_early(job: Job, status: Status, steps: int) -> JobResult:
    return JobResult(job.run, status, f"{steps} of {job.scenario.steps} steps are whole", steps)


def _has_steps(folder: Path) -> bool:
    """Whether the folder holds a run with at least the state before step 0."""
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
        return True  # damaged: resuming it says what is wrong


def _changed_operations(scenario: Scenario, run: Run) -> Settings:
    """Return the ``OPERATIONS`` of a scenario that differ from the ones recorded in the run."""
    if not asks_model(scenario):
        return {}
    old, new = settings_of(run, read_past(run)).llm, scenario.llm
    dump = new.model_dump(mode="json", by_alias=True)
    return {f"llm.{key}": dump[key] for key in OPERATIONS if getattr(old, key) != getattr(new, key)}


def _recorded_steps(folder: Path) -> int:
    try:
        return load_run(folder).steps
    except EconSimError:
        return 0


def _description_of(error: Exception) -> str:
    """Describe an error; of a programming error also say where it was raised."""
    if isinstance(error, EconSimError):
        return "; ".join([str(error), *getattr(error, "__notes__", ())])
    frames = traceback.extract_tb(error.__traceback__)
    where = ""
    if frames:
        last = frames[-1]
        where = f" (in {last.name}, {Path(last.filename).name}, line {last.lineno})"
    return f"{type(error).__name__}: {error}{where}"
