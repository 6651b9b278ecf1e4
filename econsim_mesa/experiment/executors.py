"""Executors: where the runs of an experiment are carried out."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Protocol

from econsim_mesa.experiment.jobs import NextJob, ReportProgress, ShouldStop, run_job
from econsim_mesa.experiment.shared_limits import SharedLimits
from econsim_mesa.experiment.workers import run_in_process
from econsim_mesa.llm.budget import Account
from econsim_mesa.llm.pool import Pool
from econsim_mesa.llm.slots import LocalSlots
from econsim_mesa.llm.speed import ExpectedTime
from econsim_mesa.scenario.origins import Origin


class Executor(Protocol):
    """Carries out jobs in the threads that call ``run_jobs`` and ``run_llm_jobs``."""

    @property
    def workers(self) -> int:
        """How many threads may call ``run_jobs`` at once."""
        ...

    @property
    def max_concurrency(self) -> int:
        """How many threads may call ``run_llm_jobs`` at once: the number of calls in flight."""
        ...

    def run_jobs(self, next_job: NextJob, report: ReportProgress, should_stop: ShouldStop) -> None:
        """Carry out jobs of which none calls a language model, until there are no more."""
        ...

    def run_llm_jobs(
        self, next_job: NextJob, report: ReportProgress, should_stop: ShouldStop
    ) -> None:
        """Carry out jobs that all call a language model, until there are no more."""
        ...

    def usage_text(self) -> str:
        """Return calls, tokens and cost so far in one line; empty if no run calls a model."""
        ...

    def time_left(self, planned: int, left: int) -> ExpectedTime | None:
        """Return how long the calls that are left will take; None: not known.

        Args:
            planned: Calls that were left when the executor began, at most.
            left: Those of steps that are not recorded yet, at most.
        """
        ...

    def stop(self) -> None:
        """Cancel calls; runs end after the step under way."""
        ...

    def close(self) -> None:
        """Release connections and processes."""
        ...


class LocalExecutor:
    """Runs jobs in processes of this machine, and jobs that call a model in threads of this one.

    The threads share connections, slots and budget, so that a slot freed by one run serves the
    others at once. Without processes (``workers`` 0) a thread carries out the other jobs as well.

    Args:
        folder: The folder of the experiment.
        workers: Number of processes; None: one a core.
        limits: Limits on calls of all runs together; None: no run calls a model.
        needed: Modules that define a user's own components, which the processes import.
    """

    def __init__(
        self,
        folder: Path,
        workers: int | None,
        limits: SharedLimits | None,
        needed: Sequence[Origin] = (),
    ) -> None:
        self._folder, self._needed = folder, needed
        self._processes = (os.cpu_count() or 1) if workers is None else workers
        self._max_concurrency = 0
        self._pool: Pool | None = None
        if limits is not None:
            self._max_concurrency = limits.max_concurrency
            self._account = Account(limits.caps, limits.spent)
            self._pool = Pool(LocalSlots(limits.max_concurrency), self._account)
        self._starting = threading.Lock()

    @property
    def workers(self) -> int:
        """The number of processes; 1 without any."""
        return max(self._processes, 1)

    @property
    def max_concurrency(self) -> int:
        """The number of calls in flight; 0 if no run calls a model."""
        return self._max_concurrency

    def run_jobs(self, next_job: NextJob, report: ReportProgress, should_stop: ShouldStop) -> None:
        """Carry out jobs in a process of their own, or in this thread if there are none."""
        if self._processes:
            run_in_process(self._folder, next_job, report, should_stop, self._needed)
        else:
            self._run_here(next_job, report, should_stop)

    def run_llm_jobs(
        self, next_job: NextJob, report: ReportProgress, should_stop: ShouldStop
    ) -> None:
        """Carry out jobs in this thread, one after the other, with the shared pool."""
        with self._pool.entered() if self._pool is not None else nullcontext():
            self._run_here(next_job, report, should_stop)

    def usage_text(self) -> str:
        """Return calls, tokens and cost so far in one line; empty if no run calls a model."""
        return "" if self._pool is None else self._pool.words(self._account.usage)

    def time_left(self, planned: int, left: int) -> ExpectedTime | None:
        """Return how long the calls that are left will take, by the speed of replies so far."""
        if self._pool is None:
            return None
        return self._pool.time_for(max(min(left, planned - self._pool.replies), 0))

    def stop(self) -> None:
        """Cancel all calls; the processes are told to stop by the threads that serve them."""
        if self._pool is not None:
            self._pool.stop()

    def close(self) -> None:
        """Close connections; processes end with their threads."""
        if self._pool is not None:
            self._pool.close()

    def _run_here(self, next_job: NextJob, report: ReportProgress, should_stop: ShouldStop) -> None:
        while not should_stop() and (job := next_job()) is not None:
            report(run_job(job, report, should_stop, starting=self._starting))
