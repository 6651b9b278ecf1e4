"""Carry out an experiment: fix its plan, open its index, and run what is not finished.

Finished runs are never carried out again, and a run that was stopped is resumed where it stopped,
whichever executor ran it before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

from econsim_mesa.errors import BadInput
from econsim_mesa.experiment.conditions import Condition, run_id, varied_paths
from econsim_mesa.experiment.deletion import delete_experiment
from econsim_mesa.experiment.executors import Executor, LocalExecutor
from econsim_mesa.experiment.folder import run_folders
from econsim_mesa.experiment.index import Index, PlannedRun, is_outdated
from econsim_mesa.experiment.integrity import damage_to, refuse_damaged, refuse_unplanned
from econsim_mesa.experiment.jobs import Job, ShouldStop
from econsim_mesa.experiment.load import Design, row_of
from econsim_mesa.experiment.lock import hold
from econsim_mesa.experiment.measures import RunMeasures
from econsim_mesa.experiment.plan import (
    fix_plan,
    operation_settings,
    plan_hash,
    plan_text,
    with_operations,
)
from econsim_mesa.experiment.runner import ExperimentProgress, ExperimentRunner, ProgressCounter
from econsim_mesa.experiment.shared_limits import SharedLimits, shared_limits
from econsim_mesa.llm.ready import asks_model, refuse_all_unready
from econsim_mesa.runs.bundle.deletion import refuse_link
from econsim_mesa.runs.bundle.run_request import RunRequest, read_request
from econsim_mesa.runs.bundle.seal import is_sealed, unseal
from econsim_mesa.runs.folders import INDEX, PLAN
from econsim_mesa.runs.provenance import now
from econsim_mesa.runs.reader import load_run
from econsim_mesa.scenario import Scenario
from econsim_mesa.scenario.origins import Origin, origins


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
    overwrite: bool = False,
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
        overwrite: Whether an experiment that lies in the folder is deleted first, with its runs.
        operations: Fields of ``llm``, by name, that are no part of the plan; caps among them
            hold for all runs together.
        watch: Receives the progress.
        stop: Asked a few times a second; true stops the experiment with all steps whole.

    Raises:
        BadInput: The folder holds another plan or a run that is not in the plan, or another
            process works in it, or it may not be overwritten; Ray is not installed; a
            user's own component is defined where no other process can import it.
        Tampered: The folder is sealed, and not what was sealed. (In a folder that is not sealed
            a damaged run is a failed run.)
    """
    folder, operations = Path(folder), dict(operations or {})
    scenarios = with_operations(design.scenarios, operations)
    if overwrite or not (folder / PLAN).exists():  # else there may be nothing left to ask
        refuse_all_unready(scenarios)
    if overwrite:
        refuse_link(folder)
    with hold(folder), closing(_prepare(design, folder, overwrite=overwrite)) as index:
        jobs = _jobs(design, scenarios, folder, operations)
        damaged = _damaged(folder, jobs)
        finished = _check_finished(index, folder, jobs, damaged)
        left = [job for job in jobs if job.run not in finished | damaged.keys()]
        counter = ProgressCounter(jobs, finished, len(damaged))
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


def _prepare(design: Design, folder: Path, *, overwrite: bool) -> Index:
    """Check the folder, fix the plan in it, and return its index."""
    text = plan_text(design)
    if overwrite:
        delete_experiment(folder)
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
            request = read_request(run)
            if request is not None and request.plan_sha256 == plan:
                times.append(load_run(run).meta["started"])
    return min(times)


def _jobs(
    design: Design,
    scenarios: Sequence[Scenario],
    folder: Path,
    operations: Mapping[str, Any],
) -> list[Job]:
    """Return a job for each run, replicate by replicate."""
    experiment, plan = design.experiment, plan_hash(plan_text(design))
    settings = operation_settings(operations)

    def job(condition: Condition, seed: int) -> Job:
        run, scenario = run_id(condition, seed), scenarios[condition.number]
        meta = {"experiment": experiment.name, "condition": condition.slug}
        of_llm = settings if asks_model(scenario) else {}
        changes = {**condition.settings, **of_llm, "seed": seed}
        content = design.scenario_files.get(condition.scenario)
        request = RunRequest(condition.scenario, content, changes, plan)
        return Job(run, folder / "runs" / run, scenario, seed, meta, experiment.plan, request)

    return [job(condition, seed) for seed in experiment.seeds for condition in design.conditions]


def _damaged(folder: Path, jobs: Sequence[Job]) -> dict[str, str]:
    """Return, by name, a description of each run that has changed since it was sealed.

    The runs of a sealed folder are not checked again.
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
    studies = {job.plan.study for job in jobs}
    if engine == "local":
        needed = origins(scenarios, studies) if len(calling) < len(left) else ()
        return LocalExecutor(folder, workers, limits, needed)
    if engine == "ray":
        from econsim_mesa.experiment.ray_executor import RayExecutor

        engine = RayExecutor.start
    return engine(folder, workers, limits, len(calling), origins(scenarios, studies))


def _limits(jobs: Sequence[Job], operations: Mapping[str, Any]) -> SharedLimits:
    """Return the limits that all runs share, less what runs have spent already."""
    calling = [job for job in jobs if asks_model(job.scenario)]
    scenarios = [job.scenario for job in calling]
    return shared_limits(scenarios, operations, ((job.scenario, job.folder) for job in calling))
