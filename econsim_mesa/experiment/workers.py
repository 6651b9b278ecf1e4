"""Worker processes, each of which carries out runs one after the other.

A thread of the parent serves each worker, so that the death of a worker costs a single run. A
worker whose parent dies ends before its next step, with all recorded steps whole.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from econsim_mesa.errors import BadInput
from econsim_mesa.experiment.jobs import (
    Job,
    JobProgress,
    JobResult,
    NextJob,
    ReportProgress,
    ShouldStop,
    run_job,
)
from econsim_mesa.experiment.lock import hold_as_worker
from econsim_mesa.scenario.origins import Origin, import_all

_REPORT_SECONDS = 0.25


def run_in_process(
    folder: Path,
    next_job: NextJob,
    report: ReportProgress,
    should_stop: ShouldStop,
    needed: Sequence[Origin] = (),
) -> None:
    """Carry out jobs in a worker process until there are no more; blocks the calling thread.

    If the process dies, its run has failed and the next job gets a new process.

    Args:
        folder: The folder of the experiment.
        next_job: Gives the jobs.
        report: Receives the progress and the results.
        should_stop: Asked before each job and while one is under way.
        needed: Modules that define a user's own components.
    """
    worker: _Worker | None = None
    try:
        while not should_stop() and (job := next_job()) is not None:
            worker = worker or _Worker(folder, needed)
            try:
                worker.run(job, report, should_stop)
            except (EOFError, OSError):
                exit_code, worker = worker.end(), None
                report(_result_of_death(job, exit_code, should_stop()))
    finally:
        if worker is not None:
            worker.end()


def _result_of_death(job: Job, exit_code: int | None, stopped: bool) -> JobResult:
    if stopped:
        return JobResult(job.run, "interrupted", "stopped within a step", 0)
    message = f"the process that made it died (exit code {exit_code}); was memory short?"
    return JobResult(job.run, "failed", message, 0)


class _Worker:
    """A worker process and the parent's end of the pipe to it."""

    def __init__(self, folder: Path, needed: Sequence[Origin]) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, child_end = context.Pipe()
        self._process: BaseProcess = context.Process(
            target=_main, args=(child_end, folder, needed), name="econsim-worker", daemon=True
        )
        self._process.start()
        self._is_ready = False
        self._import_error: str | None = None
        child_end.close()

    def run(self, job: Job, report: ReportProgress, should_stop: ShouldStop) -> None:
        """Have the process carry out a job. Raises ``EOFError`` or ``OSError`` if it dies."""
        if not self._is_ready:
            self._is_ready, self._import_error = True, self._pipe.recv()
        if self._import_error is not None:
            report(JobResult(job.run, "failed", self._import_error, 0))
            return
        self._pipe.send(job)
        asked_to_stop = False
        while True:
            if should_stop() and not asked_to_stop:
                asked_to_stop = True
                self._pipe.send(None)
            if not self._pipe.poll(_REPORT_SECONDS):
                continue
            message: JobProgress | JobResult = self._pipe.recv()
            report(message)
            if isinstance(message, JobResult):
                return

    def end(self) -> int | None:
        """Wait until the process has ended, and return its exit code."""
        self._pipe.close()
        self._process.join(10)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        return self._process.exitcode


def _main(pipe: Connection, folder: Path, needed: Sequence[Origin]) -> None:
    """Carry out jobs until the parent closes the pipe.

    The first message to the parent is None, or the reason why no job can be carried out here.
    After that a None from the parent asks to stop the job under way.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    with hold_as_worker(folder):
        try:
            pipe.send(_import_error(needed))
            while True:
                job = pipe.recv()
                if job is not None:
                    pipe.send(run_job(job, _throttled(pipe), lambda: _should_stop(pipe)))
        except (EOFError, OSError):  # the parent is gone, or has no more jobs
            return


def _import_error(needed: Sequence[Origin]) -> str | None:
    """Import a user's own components, which jobs refer to; return the error, or None."""
    try:
        import_all(needed)
    except BadInput as error:
        return str(error)
    return None


def _throttled(pipe: Connection) -> ReportProgress:
    """Return a function that sends progress through the pipe, at most a few times a second."""
    last = 0.0

    def report(message: JobProgress | JobResult) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _REPORT_SECONDS:
            last = now
            pipe.send(message)

    return report


def _should_stop(pipe: Connection) -> bool:
    """Whether the parent asks to stop; if the parent is gone, end this process at once."""
    try:
        return pipe.poll() and pipe.recv() is None
    except (EOFError, OSError):
        os._exit(1)  # all recorded steps are whole, and nobody receives any more
