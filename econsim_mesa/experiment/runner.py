"""Carry out an experiment: all its runs, by a local executor or by one on Ray.

Finished runs are never carried out again, and a run that was stopped is resumed where it stopped,
whichever executor ran it before.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

from econsim_mesa.errors import BadInput
from econsim_mesa.experiment.conditions import Condition, run_id, varied_paths
from econsim_mesa.experiment.executors import Executor, LocalExecutor
from econsim_mesa.experiment.folder import run_folders
from econsim_mesa.experiment.index import INDEX, Index, PlannedRun, is_outdated
from econsim_mesa.experiment.integrity import damage_to, refuse_damaged, refuse_unplanned
from econsim_mesa.experiment.jobs import (
    Job,
    JobProgress,
    JobResult,
    NextJob,
    ReportProgress,
    ShouldStop,
)
from econsim_mesa.experiment.load import Design, row_of
from econsim_mesa.experiment.lock import hold
from econsim_mesa.experiment.measures import RunMeasures
from econsim_mesa.experiment.plan import PLAN, fix_plan, plan_hash, plan_text
from econsim_mesa.experiment.shared_limits import SharedLimits, shared_limits
from econsim_mesa.llm.ready import asks_model, refuse_all_unready
from econsim_mesa.runs.bundle.given import Given, read_given
from econsim_mesa.runs.bundle.seal import is_sealed, unseal
from econsim_mesa.runs.provenance import now
from econsim_mesa.runs.reader import load_run
from econsim_mesa.scenario import Scenario, load_scenario
from econsim_mesa.scenario.origins import Origin, origins

_POLL_SECONDS = 0.2


class ExecutorFactory(Protocol):
    """Opens an executor, such as ``RayExecutor.start``."""

    def __call__(
        self,
        folder: Path,
        workers: int | None,
        limits: SharedLimits | None,
        llm_jobs: int,
        needed: Sequence[Origin],
    ) -> Executor:
        """Return an executor for the experiment in a folder.

        Args:
            folder: The folder of the experiment.
            workers: Number of workers; None: as many as there are cores.
            limits: Limits on calls of all runs together; None: no run calls a model.
            llm_jobs: Number of jobs that call a model.
            needed: Modules that define a user's own components.
        """
        ...


Engine = Literal["local", "ray"] | ExecutorFactory


class ExperimentProgress(NamedTuple):
    """How far an experiment is.

    ``runs`` are finished, ``failed`` stopped otherwise; ``steps`` are recorded. ``calls`` gives
    calls, tokens and cost in one line, empty if no run calls a model.
    """

    runs: int
    runs_planned: int
    steps: int
    steps_planned: int
    failed: int
    calls: str


class ExperimentReport(NamedTuple):
    """The state of an experiment after ``run_experiment``.

    Attributes:
        folder: The folder of the experiment.
        plan: SHA-256 of the plan, in hexadecimal.
        measured: Measures of the finished runs, by the name of the run.
        unfinished: (run, status, message) of all other runs.
        interrupted: Whether ``stop`` asked to stop.
    """

    folder: Path
    plan: str
    measured: dict[str, RunMeasures]
    unfinished: list[tuple[str, str, str]]
    interrupted: bool


def run_experiment(
    design: Design,
    folder: Path,
    *,
    workers: int | None = None,
    engine: Engine = "local",
    operations: Mapping[str, Any] | None = None,
    watch: Callable[[ExperimentProgress], None] = lambda progress: None,
    stop: ShouldStop = bool,
) -> ExperimentReport:
    """Carry out all runs of an experiment that are not finished in its folder.

    The plan is written first. Finished runs are skipped, incomplete ones resumed, and failed ones
    started again.

    Args:
        design: The experiment.
        folder: Where it is recorded; created if it does not exist.
        workers: Number of processes; None: one a core; 0, with ``local``: none, and this process
            carries out one run after the other.
        engine: ``local`` runs on this machine, ``ray`` on a Ray that is initialized already or
            else started here; or a function that opens an executor.
        operations: Fields of ``llm``, by name, that are no part of the plan; caps among them
            hold for all runs together.
        watch: Receives the progress.
        stop: Asked a few times a second; true stops the experiment with all steps whole.

    Raises:
        BadInput: The folder holds another plan or a run that is not in the plan, or another
            process works in it; Ray is not installed; a user's own component is defined where no
            other process can import it.
        Tampered: The folder is sealed, and not what was sealed. (In a folder that is not sealed
            a damaged run is a failed run.)
    """
    folder, operations = Path(folder), dict(operations or {})
    scenarios = _with_operations(design.scenarios, operations)
    if not (folder / PLAN).exists():  # else there may be nothing left to ask
        refuse_all_unready(scenarios)
    with hold(folder), closing(_prepare(design, folder)) as index:
        jobs = _jobs(design, scenarios, folder, operations)
        damaged = _damaged(folder, jobs)
        finished = _check_finished(index, folder, jobs, damaged)
        left = [job for job in jobs if job.run not in finished | damaged.keys()]
        counter = _Counter(jobs, finished, len(damaged))
        with closing(_open_executor(engine, folder, workers, operations, left, jobs)) as executor:
            ExperimentRunner(executor, index, counter, watch, stop).run(left)
        return ExperimentReport(
            folder, plan_hash(plan_text(design)), index.measured(), index.unfinished(), bool(stop())
        )


def planned_runs(design: Design) -> list[PlannedRun]:
    """Return all runs, replicate by replicate, so that all conditions progress alike."""
    rows = [row_of(design, condition.number) for condition in design.conditions]
    return [
        PlannedRun(run_id(condition, seed), condition.number, seed, rows[condition.number])
        for seed in design.experiment.seeds
        for condition in design.conditions
    ]


def _prepare(design: Design, folder: Path) -> Index:
    """Check the folder, fix the plan in it, and return its index."""
    text = plan_text(design)
    refuse_damaged(folder)
    fix_plan(folder, text, design.targets)
    if is_outdated(folder):
        unseal(folder)
    runs = planned_runs(design)
    refuse_unplanned(folder, (planned.run for planned in runs))
    return Index.open(
        folder,
        runs,
        varied_paths(design.experiment),
        experiment=design.experiment.name,
        plan_sha256=plan_hash(text),
        planned=_planning_time(folder, plan_hash(text)),
    )


def _planning_time(folder: Path, plan: str) -> str:
    """Return when the plan was made: now, or when the earliest run under this plan began.

    There are such runs only if the index was lost. An index that exists keeps its own time.
    """
    if (folder / INDEX).exists():
        return now()
    times = [now()]
    for run in run_folders(folder):
        with suppress(BadInput):  # a damaged run is reported elsewhere
            given = read_given(run)
            if given is not None and given.plan_sha256 == plan:
                times.append(load_run(run).meta["started"])
    return min(times)


def _with_operations(
    scenarios: Sequence[Scenario], operations: Mapping[str, Any]
) -> list[Scenario]:
    """Return the scenarios, those that call a model with other fields of ``llm``."""
    settings = _settings(operations)
    return [
        load_scenario(scenario, set=settings) if asks_model(scenario) else scenario
        for scenario in scenarios
    ]


def _settings(operations: Mapping[str, Any]) -> dict[str, Any]:
    return {f"llm.{name}": value for name, value in operations.items()}


def _jobs(
    design: Design,
    scenarios: Sequence[Scenario],
    folder: Path,
    operations: Mapping[str, Any],
) -> list[Job]:
    """Return a job for each run, replicate by replicate."""
    experiment, plan = design.experiment, plan_hash(plan_text(design))
    settings = _settings(operations)

    def job(condition: Condition, seed: int) -> Job:
        run, scenario = run_id(condition, seed), scenarios[condition.number]
        meta = {"experiment": experiment.name, "condition": condition.slug}
        of_llm = settings if asks_model(scenario) else {}
        asked = {**condition.settings, **of_llm, "seed": seed}
        content = design.given.get(condition.scenario)
        given = Given(condition.scenario, content, asked, plan)
        return Job(run, folder / "runs" / run, scenario, seed, meta, experiment.plan, given)

    return [job(condition, seed) for seed in experiment.seeds for condition in design.conditions]


def _damaged(folder: Path, jobs: Sequence[Job]) -> dict[str, str]:
    """Return, by name, a description of each run that is not what was sealed.

    A folder that is sealed itself was checked as a whole before.
    """
    if is_sealed(folder):
        return {}
    descriptions = {job.run: damage_to(job.folder) for job in jobs}
    return {run: description for run, description in descriptions.items() if description}


def _check_finished(
    index: Index, folder: Path, jobs: Sequence[Job], damaged: Mapping[str, str]
) -> set[str]:
    """Return the runs that are finished, sealed and undamaged; correct the index for the others.

    The seal of the folder is removed if anything is left to do.
    """
    listed = index.finished() - damaged.keys()
    unsealed = {run for run in listed if not is_sealed(folder / "runs" / run)}
    if unsealed or len(listed) < len(jobs):
        unseal(folder)
    for run in sorted(unsealed):
        index.record(run, "waiting", "its folder was gone or changed", 0)
    for run, description in damaged.items():
        index.record(run, "failed", description, 0)
    return listed - unsealed


def _open_executor(
    engine: Engine,
    folder: Path,
    workers: int | None,
    operations: Mapping[str, Any],
    left: Sequence[Job],
    jobs: Sequence[Job],
) -> Executor:
    """Return an executor for the jobs that are left."""
    if not left:
        return LocalExecutor(folder, 0, None)
    calling = [job for job in left if asks_model(job.scenario)]
    limits = None
    if calling:
        refuse_all_unready([job.scenario for job in calling])
        limits = _limits(jobs, operations)
    scenarios = list({job.meta["condition"]: job.scenario for job in jobs}.values())
    if engine == "local":
        needed = origins(scenarios) if len(calling) < len(left) else ()
        return LocalExecutor(folder, workers, limits, needed)
    if engine == "ray":
        from econsim_mesa.experiment.ray_executor import RayExecutor

        engine = RayExecutor.start
    return engine(folder, workers, limits, len(calling), origins(scenarios))


def _limits(jobs: Sequence[Job], operations: Mapping[str, Any]) -> SharedLimits:
    """Return the limits that all runs share; what any of them has spent counts."""
    calling = [job for job in jobs if asks_model(job.scenario)]
    scenarios = [job.scenario for job in calling]
    return shared_limits(scenarios, operations, ((job.scenario, job.folder) for job in calling))


class _Counter:
    """Counts runs and steps of an experiment."""

    def __init__(self, jobs: Sequence[Job], finished: Collection[str], failed: int) -> None:
        self._planned = {job.run: job.scenario.steps for job in jobs}
        self._steps = {run: self._planned[run] for run in finished if run in self._planned}
        self._finished, self._failed = len(self._steps), failed

    def add(self, message: JobProgress | JobResult) -> None:
        """Count what a message says."""
        self._steps[message.run] = message.steps
        if isinstance(message, JobResult):
            self._finished += message.status == "finished"
            self._failed += message.status in ("failed", "incomplete")

    def progress(self, calls: str) -> ExperimentProgress:
        """Return how far the experiment is."""
        steps = sum(min(made, self._planned[run]) for run, made in self._steps.items())
        planned = len(self._planned), sum(self._planned.values())
        return ExperimentProgress(
            self._finished, planned[0], steps, planned[1], self._failed, calls
        )


class ExperimentRunner:
    """Threads that hand jobs to an executor, and a loop that records how the runs end.

    Args:
        executor: Carries out the jobs.
        index: Records the result of each run; used by the calling thread only.
        counter: Counts runs and steps.
        watch: Receives the progress after each message.
        stop: Asked a few times a second.
    """

    def __init__(
        self,
        executor: Executor,
        index: Index,
        counter: _Counter,
        watch: Callable[[ExperimentProgress], None],
        stop: ShouldStop,
    ) -> None:
        self._executor, self._index, self._counter = executor, index, counter
        self._watch, self._stop = watch, stop
        self._messages: queue.SimpleQueue[JobProgress | JobResult | BaseException]
        self._messages = queue.SimpleQueue()
        self._stopped = threading.Event()

    def run(self, jobs: Sequence[Job]) -> None:
        """Carry out all jobs, or as many as there are before ``stop`` asks to stop."""
        threads = self._threads(jobs)
        self._notify()
        for thread in threads:
            thread.start()
        try:
            self._listen(len(jobs), threads)
        finally:
            self._end_threads(threads)
            self._notify()

    def _threads(self, jobs: Sequence[Job]) -> list[threading.Thread]:
        """Return the threads: for jobs with calls at most one a slot, as each fills one."""
        executor = self._executor
        llm_jobs = deque(job for job in jobs if asks_model(job.scenario))
        other_jobs = deque(job for job in jobs if not asks_model(job.scenario))
        llm_threads = min(executor.max_concurrency, len(llm_jobs))
        other_threads = min(executor.workers, len(other_jobs))
        return [
            *(self._thread(executor.run_llm_jobs, llm_jobs) for _ in range(llm_threads)),
            *(self._thread(executor.run_jobs, other_jobs) for _ in range(other_threads)),
        ]

    def _thread(
        self, work: Callable[[NextJob, ReportProgress, ShouldStop], None], jobs: deque[Job]
    ) -> threading.Thread:
        def guarded() -> None:
            try:
                work(lambda: _next(jobs), self._messages.put, self._stopped.is_set)
            except BaseException as error:
                self._messages.put(error)

        return threading.Thread(target=guarded, name="econsim-run", daemon=True)

    def _listen(self, left: int, threads: Sequence[threading.Thread]) -> None:
        """Receive messages until all runs have ended, all threads have, or ``stop`` is true."""
        while left and not self._stop():
            is_working = any(thread.is_alive() for thread in threads)
            try:
                message = self._messages.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                if is_working:
                    continue
                return
            left -= isinstance(message, JobResult)
            self._receive(message)
            self._notify()

    def _receive(self, message: JobProgress | JobResult | BaseException) -> None:
        if isinstance(message, BaseException):
            raise message
        self._counter.add(message)
        if isinstance(message, JobResult):
            self._index.record(*message)

    def _end_threads(self, threads: Sequence[threading.Thread]) -> None:
        """Have all threads end, and receive what they still have to say."""
        self._stopped.set()
        if self._stop():
            self._executor.stop()
        for thread in threads:
            thread.join()
        while not self._messages.empty():
            self._receive(self._messages.get())

    def _notify(self) -> None:
        self._watch(self._counter.progress(self._executor.usage_text()))


def _next(jobs: deque[Job]) -> Job | None:
    try:
        return jobs.popleft()
    except IndexError:
        return None
