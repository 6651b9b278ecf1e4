"""The engine: all runs of an experiment, made by local hands or those of a cluster.

Finished runs are never made again, and a run that was stopped goes on where it stopped, whoever
made it before.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple

from econsim_mesa.errors import BadInput
from econsim_mesa.experiment.closing import run_folders
from econsim_mesa.experiment.conditions import Condition, run_id, varied_paths
from econsim_mesa.experiment.damage import damage_of, refuse_damaged, refuse_strange
from econsim_mesa.experiment.hands import Asked, Hands, LocalHands, Take, Tell
from econsim_mesa.experiment.index import INDEX, Entry, Index, is_outdated
from econsim_mesa.experiment.load import Design, row_of
from econsim_mesa.experiment.lock import hold
from econsim_mesa.experiment.measures import Measured
from econsim_mesa.experiment.plan import PLAN, fix_plan, plan_hash, plan_text
from econsim_mesa.experiment.run import Done, Job
from econsim_mesa.experiment.sharing import terms_of
from econsim_mesa.experiment.types import Settings
from econsim_mesa.experiment.workers import Message
from econsim_mesa.llm.ready import asks_model, refuse_all_unready
from econsim_mesa.runs.bundle.given import Given, read_given
from econsim_mesa.runs.bundle.seal import is_sealed, unseal
from econsim_mesa.runs.provenance import now
from econsim_mesa.runs.reader import load_run
from econsim_mesa.scenario import Scenario, load_scenario
from econsim_mesa.scenario.origins import origins

Engine = Literal["local", "ray"]
_LOOK_SECONDS = 0.2


class Standing(NamedTuple):
    """How far an experiment is: runs and steps, made and planned; ``calls`` in words."""

    runs: int
    runs_planned: int
    steps: int
    steps_planned: int
    failed: int
    calls: str


class Report(NamedTuple):
    """What came of an experiment so far.

    ``measured`` has the finished runs by name; ``unfinished`` (run, status, message) all others.
    ``interrupted`` says whether it was stopped from outside.
    """

    folder: Path
    plan: str
    measured: dict[str, Measured]
    unfinished: list[tuple[str, str, str]]
    interrupted: bool


def run_experiment(
    design: Design,
    folder: Path,
    *,
    workers: int | None = None,
    engine: Engine = "local",
    operations: Mapping[str, Any] | None = None,
    watch: Callable[[Standing], None] = lambda standing: None,
    stop: Callable[[], bool] = bool,
) -> Report:
    """Make all runs of an experiment that its folder does not hold yet.

    The plan is written first. Finished runs are skipped, incomplete ones resumed, failed ones
    made again. ``engine``: ``local`` makes them on this machine, ``ray`` on a Ray that
    runs already or is started here. ``workers`` is the number of processes (None: one a core;
    0, with ``local``: none, this one makes the runs, one after the other).
    ``operations`` are fields of ``llm``, by name, that are no part of the plan; caps among them
    hold for all runs together. ``watch`` is told of progress; ``stop`` is asked a few times a
    second.

    Raises ``BadInput``: the folder holds another plan or a strange run, or is in use; Ray is not
    installed; a component of one's own is defined where no other process can import it. Raises
    ``Tampered``: the folder is sealed, and not what was sealed; a run that is not, in a folder
    that is not sealed, is a failed run.
    """
    folder = Path(folder)
    text = plan_text(design)
    scenarios = _operated(design, operations or {})
    if not (folder / PLAN).exists():  # else there may be nothing left to ask
        refuse_all_unready(scenarios)
    with hold(folder):
        refuse_damaged(folder)
        fix_plan(folder, text, design.targets)
        if is_outdated(folder):
            unseal(folder)
        planned = entries(design)
        refuse_strange(folder, (one.run for one in planned))
        index = Index(
            folder,
            planned,
            varied_paths(design.experiment),
            experiment=design.experiment.name,
            plan_sha256=plan_hash(text),
            planned=_planned(folder, plan_hash(text)),
        )
        try:
            crew = _Crew(design, scenarios, folder, index, dict(operations or {}), watch, stop)
            crew.work(workers, engine)
            return Report(
                folder, plan_hash(text), index.measured(), index.unfinished(), bool(stop())
            )
        finally:
            index.close()


def entries(design: Design) -> list[Entry]:
    """Return all runs, replicate by replicate, so that all conditions grow alike."""
    rows = [row_of(design, condition.number) for condition in design.conditions]
    return [
        Entry(run_id(condition, seed), condition.number, seed, rows[condition.number])
        for seed in design.experiment.seeds
        for condition in design.conditions
    ]


def _operated(design: Design, operations: Mapping[str, Any]) -> list[Scenario]:
    """Return the scenario of each condition, with what says where and how fast to ask."""
    return [
        load_scenario(scenario, set=_settings(operations)) if asks_model(scenario) else scenario
        for scenario in design.scenarios
    ]


def _settings(operations: Mapping[str, Any]) -> dict[str, Any]:
    return {f"llm.{name}": value for name, value in operations.items()}


class _Crew:
    """All that work on an experiment: threads that serve processes, and threads that make runs."""

    def __init__(
        self,
        design: Design,
        scenarios: list[Scenario],
        folder: Path,
        index: Index,
        operations: Settings,
        watch: Callable[[Standing], None],
        stop: Callable[[], bool],
    ) -> None:
        self._design, self._folder, self._index = design, folder, index
        self._watch, self._asked = watch, stop
        self._plan = plan_hash(plan_text(design))
        self._messages: queue.SimpleQueue[Message | BaseException] = queue.SimpleQueue()
        self._stopped = threading.Event()
        self._scenarios, self._operations = scenarios, operations
        self._operating = _settings(operations)
        jobs = [self._job(condition, seed)
                for seed in design.experiment.seeds for condition in design.conditions]  # fmt: skip
        damaged = _damaged(folder, jobs)
        done = index.finished() - damaged.keys()
        if len(done) < len(jobs) or not all(is_sealed(folder / "runs" / run) for run in done):
            unseal(folder)
        for run in sorted(done):
            if not is_sealed(folder / "runs" / run):
                done.discard(run)
                index.note(run, "waiting", "its folder was gone or changed", 0, None)
        for run, words in damaged.items():
            index.note(run, "failed", words, 0, None)
        self._todo = [job for job in jobs if job.run not in done | damaged.keys()]
        self._planned = {job.run: job.scenario.steps for job in jobs}
        self._steps = {run: self._planned[run] for run in done if run in self._planned}
        self._finished, self._failed = len(self._steps), len(damaged)
        self._hands: Hands = LocalHands(folder, None, None)

    def work(self, workers: int | None, engine: Engine) -> None:
        """Make all runs that are left, or as many as there is time for."""
        calling = [job for job in self._todo if asks_model(job.scenario)]
        others = [job for job in self._todo if not asks_model(job.scenario)]
        terms = None
        if calling:
            refuse_all_unready([job.scenario for job in calling])
            all_calling = [scenario for scenario in self._scenarios if asks_model(scenario)]
            terms = terms_of(all_calling, self._operations, self._calling_folders())
        elsewhere = self._todo if engine == "ray" else others
        needed = origins(self._scenarios) if elsewhere else ()
        if engine == "ray" and self._todo:
            from econsim_mesa.experiment.cluster import Cluster

            self._hands = Cluster(self._folder, workers, terms, len(calling), needed)
        else:
            self._hands = LocalHands(self._folder, workers, terms, needed)
        try:
            self._work(calling, others)
        finally:
            self._hands.close()

    def _work(self, calling: list[Job], others: list[Job]) -> None:
        threads = self._threads(calling, others)
        self._tell()
        for thread in threads:
            thread.start()
        try:
            self._listen(len(self._todo), threads)
        finally:
            self._halt()
            for thread in threads:
                thread.join()
            while not self._messages.empty():
                self._take(self._messages.get())
            self._tell()

    def _calling_folders(self) -> list[tuple[Scenario, Path]]:
        """Return the folder of every run that calls a model, begun or not."""
        return [
            (scenario, self._folder / "runs" / run_id(condition, seed))
            for condition, scenario in zip(self._design.conditions, self._scenarios, strict=True)
            if asks_model(scenario)
            for seed in self._design.experiment.seeds
        ]

    def _threads(self, calling: list[Job], others: list[Job]) -> list[threading.Thread]:
        """Return the threads: for calls as many as slots, as each run fills one at the least."""
        hands, here, there = self._hands, deque(calling), deque(others)
        return [
            *(self._thread(hands.call, here)
              for _ in range(min(hands.max_concurrency, len(calling)))),
            *(self._thread(hands.serve, there) for _ in range(min(hands.size, len(others)))),
        ]  # fmt: skip

    def _thread(
        self, work: Callable[[Take, Tell, Asked], None], jobs: deque[Job]
    ) -> threading.Thread:
        def guarded() -> None:
            try:
                work(lambda: _next(jobs), self._messages.put, self._stopped.is_set)
            except BaseException as error:
                self._messages.put(error)

        return threading.Thread(target=guarded, name="econsim-run", daemon=True)

    def _listen(self, left: int, threads: Sequence[threading.Thread]) -> None:
        """Take messages until all runs have ended, nobody is left, or somebody asks to stop."""
        while left and not self._asked():
            working = any(thread.is_alive() for thread in threads)
            try:
                message = self._messages.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                if working:
                    continue
                return
            left -= isinstance(message, Done)
            self._take(message)
            self._tell()

    def _take(self, message: Message | BaseException) -> None:
        if isinstance(message, BaseException):
            raise message
        if not isinstance(message, Done):
            run, steps = message
            self._steps[run] = steps
            return
        self._steps[message.run] = message.steps
        self._finished += message.status == "finished"
        self._failed += message.status in ("failed", "incomplete")
        self._index.note(*message)

    def _halt(self) -> None:
        self._stopped.set()
        if self._asked():
            self._hands.stop()

    def _tell(self) -> None:
        steps = sum(min(made, self._planned[run]) for run, made in self._steps.items())
        total, calls = sum(self._planned.values()), self._hands.words()
        self._watch(Standing(self._finished, len(self._planned), steps, total, self._failed, calls))

    def _job(self, condition: Condition, seed: int) -> Job:
        run, experiment = run_id(condition, seed), self._design.experiment
        meta = {"experiment": experiment.name, "condition": condition.slug}
        scenario = self._scenarios[condition.number]
        folder = self._folder / "runs" / run
        operating = self._operating if asks_model(scenario) else {}
        asked = {**condition.settings, **operating, "seed": seed}
        content = self._design.given.get(condition.scenario)
        given = Given(condition.scenario, content, asked, self._plan)
        return Job(run, folder, scenario, seed, meta, experiment.plan, given)


def _planned(folder: Path, plan: str) -> str:
    """Return since when the plan stands: now, or the first run that says it was made for it.

    Only an index that was lost finds such runs: it is told once, when the index is made.
    """
    if (folder / INDEX).exists():
        return now()
    begun = [now()]
    for run in run_folders(folder):
        with suppress(BadInput):  # damaged, or nothing of it is made: another place says so
            told = read_given(run)
            if told is not None and told.plan_sha256 == plan:
                begun.append(load_run(run).meta["started"])
    return min(begun)


def _damaged(folder: Path, jobs: Sequence[Job]) -> dict[str, str]:
    """Return the runs that are not what was sealed, and what is wrong with them.

    A folder that is sealed itself was looked through with all its runs.
    """
    found = {} if is_sealed(folder) else {job.run: damage_of(job.folder) for job in jobs}
    return {run: words for run, words in found.items() if words}


def _next(jobs: deque[Job]) -> Job | None:
    try:
        return jobs.popleft()
    except IndexError:
        return None
