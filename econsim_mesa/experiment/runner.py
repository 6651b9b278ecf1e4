"""Run jobs: threads hand them to an executor, and a loop records how the runs end."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from econsim_mesa.experiment.executors import Executor
from econsim_mesa.experiment.index import Index
from econsim_mesa.experiment.jobs import (
    Job,
    JobProgress,
    JobResult,
    NextJob,
    ReportProgress,
    ShouldStop,
)
from econsim_mesa.llm.ready import asks_model
from econsim_mesa.numbers import duration
from econsim_mesa.runs.costs import most_calls

_POLL_SECONDS = 0.2
_SILENT_SECONDS = 60.0
"""Time after which the progress is told again within a step."""


class ExperimentProgress(NamedTuple):
    """The progress of an experiment.

    ``runs`` counts finished runs, ``failed`` runs that ended otherwise, and ``steps`` recorded
    steps. ``calls`` gives calls, tokens and cost in one line; it is empty if no run calls a model.
    ``time_left`` says how long calls that are left will take; it is empty where that is not known.
    """

    runs: int
    runs_planned: int
    steps: int
    steps_planned: int
    failed: int
    calls: str
    time_left: str = ""


class ProgressCounter:
    """Counts runs and steps of an experiment."""

    def __init__(self, jobs: Sequence[Job], finished: Collection[str], failed: int) -> None:
        self._planned = {job.run: job.scenario.steps for job in jobs}
        self._steps = {run: self._planned[run] for run in finished if run in self._planned}
        self._finished, self._failed = len(self._steps), failed
        self._asking = {
            job.run: job.scenario
            for job in jobs
            if asks_model(job.scenario) and job.run not in self._steps
        }
        self._calls_left = {run: most_calls(one) for run, one in self._asking.items()}

    def add(self, message: JobProgress | JobResult) -> None:
        """Count the runs and steps that a message reports."""
        self._steps[message.run] = message.steps
        if (scenario := self._asking.get(message.run)) is not None:
            self._calls_left[message.run] = most_calls(scenario, message.steps)
        if isinstance(message, JobResult):
            self._asking.pop(message.run, None)
            self._calls_left.pop(message.run, None)
            self._finished += message.status == "finished"
            self._failed += message.status in ("failed", "incomplete")

    def calls_left(self) -> int | None:
        """Return the calls of all steps that are not recorded yet, at most; None: not known."""
        numbers = self._calls_left.values()
        return None if None in numbers else sum(filter(None, numbers))

    def may_be_fewer(self) -> bool:
        """Whether households are not asked in every step, so that fewer calls may be made."""
        return any(scenario.attention.on_change for scenario in self._asking.values())

    def progress(self, calls: str, time_left: str = "") -> ExperimentProgress:
        """Return the progress of the experiment."""
        steps = sum(min(made, self._planned[run]) for run, made in self._steps.items())
        planned = len(self._planned), sum(self._planned.values())
        return ExperimentProgress(
            self._finished, planned[0], steps, planned[1], self._failed, calls, time_left
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
        counter: ProgressCounter,
        watch: Callable[[ExperimentProgress], None],
        stop: ShouldStop,
    ) -> None:
        self._executor, self._index, self._counter = executor, index, counter
        self._watch, self._stop = watch, stop
        self._messages: queue.SimpleQueue[JobProgress | JobResult | BaseException]
        self._messages = queue.SimpleQueue()
        self._stopped = threading.Event()
        self._planned_calls = counter.calls_left()
        self._notified = 0.0

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
        """Return the threads. Jobs with calls have at most one a slot, because each fills one."""
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
                if not is_working:
                    return
                if time.monotonic() - self._notified >= _SILENT_SECONDS:
                    self._notify()  # a step may take hours
                continue
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
        """Wait until all threads have ended, and receive their last messages."""
        self._stopped.set()
        if self._stop():
            self._executor.stop()
        for thread in threads:
            thread.join()
        while not self._messages.empty():
            self._receive(self._messages.get())

    def _notify(self) -> None:
        self._notified = time.monotonic()
        self._watch(self._counter.progress(self._executor.usage_text(), self._time_left()))

    def _time_left(self) -> str:
        """Return in words how long the calls that are left will take; empty: not known."""
        left = self._counter.calls_left()
        if not left or self._planned_calls is None:
            return ""
        expected = self._executor.time_left(self._planned_calls, left)
        if expected is None:
            return ""
        most = "at most " if self._counter.may_be_fewer() else ""
        return f"{most}about {duration(expected.seconds)}"


def _next(jobs: deque[Job]) -> Job | None:
    try:
        return jobs.popleft()
    except IndexError:
        return None
