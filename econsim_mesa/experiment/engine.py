"""The local engine: all runs of an experiment, in processes or threads, resumable at any moment.

Runs without a language model are made by worker processes. Runs that call one are threads of
this process: they share connections, slots and budget, so that slots freed by one run are used
by the others at once.
"""

from __future__ import annotations

import os
import queue
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

from econsim_mesa.bundle.seal import is_sealed, unseal
from econsim_mesa.experiment.conditions import Condition, run_id, varied_paths
from econsim_mesa.experiment.index import Entry, Index
from econsim_mesa.experiment.load import Design, asks_model, row_of
from econsim_mesa.experiment.lock import hold
from econsim_mesa.experiment.measures import Measured
from econsim_mesa.experiment.plan import fix_plan, plan_hash, plan_text
from econsim_mesa.experiment.run import Done, Job, carry_out
from econsim_mesa.experiment.sharing import open_pool
from econsim_mesa.experiment.workers import Message, serve
from econsim_mesa.llm.pool import Pool
from econsim_mesa.records.provenance import now
from econsim_mesa.scenario import Scenario, load_scenario

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
    operations: Mapping[str, Any] | None = None,
    watch: Callable[[Standing], None] = lambda standing: None,
    stop: Callable[[], bool] = bool,
) -> Report:
    """Make all runs of an experiment that its folder does not hold yet.

    The plan is written first. Finished runs are skipped, incomplete ones resumed, failed ones
    made again. ``workers`` is the number of processes (None: one a core). ``operations`` are
    fields of ``llm``, by name, that are no part of the plan; caps among them hold for all runs
    together. ``watch`` is told of progress; ``stop`` is asked a few times a second.

    Raises ``BadInput``: the folder holds another plan, or is in use.
    """
    folder = Path(folder)
    text = plan_text(design)
    with hold(folder):
        fix_plan(folder, text)
        index = Index(
            folder,
            entries(design),
            varied_paths(design.experiment),
            experiment=design.experiment.name,
            plan_sha256=plan_hash(text),
            planned=now(),
        )
        try:
            _Crew(design, folder, index, dict(operations or {}), watch, stop).work(workers)
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


class _Crew:
    """All that work on an experiment: threads that serve processes, and threads that make runs."""

    def __init__(
        self,
        design: Design,
        folder: Path,
        index: Index,
        operations: dict[str, Any],
        watch: Callable[[Standing], None],
        stop: Callable[[], bool],
    ) -> None:
        self._design, self._folder, self._index = design, folder, index
        self._watch, self._asked = watch, stop
        self._messages: queue.SimpleQueue[Message | BaseException] = queue.SimpleQueue()
        self._stopped = threading.Event()
        operating = {f"llm.{name}": value for name, value in operations.items()}
        self._scenarios = [
            load_scenario(scenario, set=operating) if asks_model(scenario) else scenario
            for scenario in design.scenarios
        ]
        self._operations = operations
        jobs = [self._job(condition, seed)
                for seed in design.experiment.seeds for condition in design.conditions]  # fmt: skip
        done = index.finished()
        if len(done) < len(jobs) or not all(is_sealed(folder / "runs" / run) for run in done):
            unseal(folder)
        for run in sorted(done):
            if not is_sealed(folder / "runs" / run):
                done.discard(run)
                index.note(run, "waiting", "its folder was gone or changed", 0, None)
        self._todo = [job for job in jobs if job.run not in done]
        self._planned = {job.run: job.scenario.steps for job in jobs}
        self._steps = {run: self._planned[run] for run in done if run in self._planned}
        self._finished, self._failed = len(self._steps), 0
        self._pool: Pool | None = None

    def work(self, workers: int | None) -> None:
        """Make all runs that are left, or as many as there is time for."""
        calling = [job for job in self._todo if asks_model(job.scenario)]
        others = [job for job in self._todo if not asks_model(job.scenario)]
        if calling:
            all_calling = [scenario for scenario in self._scenarios if asks_model(scenario)]
            self._pool = open_pool(all_calling, self._operations, self._calling_folders())
        threads = self._threads(calling, others, workers or os.cpu_count() or 1)
        self._tell()
        for thread in threads:
            thread.start()
        try:
            self._listen(len(self._todo))
        finally:
            self._halt()
            for thread in threads:
                thread.join()
            while not self._messages.empty():
                self._take(self._messages.get())
            if self._pool is not None:
                self._pool.close()
            self._tell()

    def _calling_folders(self) -> list[tuple[Scenario, Path]]:
        """Return the folder of every run that calls a model, begun or not."""
        return [
            (scenario, self._folder / "runs" / run_id(condition, seed))
            for condition, scenario in zip(self._design.conditions, self._scenarios, strict=True)
            if asks_model(scenario)
            for seed in self._design.experiment.seeds
        ]

    def _threads(self, calling: list[Job], others: list[Job], cores: int) -> list[threading.Thread]:
        """Return the threads: for calls as many as slots, as each run fills one at the least."""
        here, there = deque(calling), deque(others)
        slots = 0 if self._pool is None else self._pool.max_concurrency
        return [
            *(self._thread(self._make_here, here) for _ in range(min(slots, len(calling)))),
            *(self._thread(self._serve, there) for _ in range(min(cores, len(others)))),
        ]

    def _thread(self, work: Callable[[deque[Job]], None], jobs: deque[Job]) -> threading.Thread:
        def guarded() -> None:
            try:
                work(jobs)
            except BaseException as error:
                self._messages.put(error)

        return threading.Thread(target=guarded, name="econsim-run", daemon=True)

    def _serve(self, jobs: deque[Job]) -> None:
        serve(self._folder, lambda: _next(jobs), self._messages.put, self._stopped.is_set)

    def _make_here(self, jobs: deque[Job]) -> None:
        """Make runs in this thread, one after the other, all by the shared pool."""
        with self._pool.entered() if self._pool is not None else nullcontext():
            while not self._stopped.is_set() and (job := _next(jobs)) is not None:
                self._messages.put(self._one(job))

    def _one(self, job: Job) -> Done:
        def hear(steps: int) -> None:
            self._messages.put((job.run, steps))

        done = carry_out(job, hear, self._stopped.is_set)
        if self._stopped.is_set() and done.status == "incomplete":
            return done._replace(status="interrupted")
        return done

    def _listen(self, left: int) -> None:
        """Take messages until all runs have ended, or somebody asks to stop."""
        while left and not self._asked():
            try:
                message = self._messages.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                continue
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
        if self._pool is not None and self._asked():
            self._pool.stop()

    def _tell(self) -> None:
        calls = "" if self._pool is None else self._pool.words()
        steps = sum(min(made, self._planned[run]) for run, made in self._steps.items())
        total = sum(self._planned.values())
        self._watch(Standing(self._finished, len(self._planned), steps, total, self._failed, calls))

    def _job(self, condition: Condition, seed: int) -> Job:
        run, experiment = run_id(condition, seed), self._design.experiment
        meta = {"experiment": experiment.name, "condition": condition.slug}
        scenario = self._scenarios[condition.number]
        folder = self._folder / "runs" / run
        return Job(run, folder, scenario, seed, meta, experiment.plan)


def _next(jobs: deque[Job]) -> Job | None:
    try:
        return jobs.popleft()
    except IndexError:
        return None
