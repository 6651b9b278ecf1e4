"""Workers: processes that make runs, one after the other, and say how far they are.

Each is served by a thread of the parent, so that a worker that dies takes one run with it and
no more. A worker whose parent dies notices before its next step, and stops whole.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from econsim_mesa.errors import BadInput
from econsim_mesa.experiment.lock import hold_as_worker
from econsim_mesa.experiment.run import Done, Job, carry_out
from econsim_mesa.scenario.origins import Origin, import_all

Message = Done | tuple[str, int]
"""The end of a run, or a run and how many of its steps are made."""

_TELL_SECONDS = 0.25


def serve(
    folder: Path,
    take: Callable[[], Job | None],
    report: Callable[[Message], None],
    stopped: Callable[[], bool],
    needed: Sequence[Origin] = (),
) -> None:
    """Have a process of its own make the runs that ``take`` gives, until there are none.

    ``report`` is told of every message; ``folder`` is the experiment's. ``needed`` are the modules
    of a user's own components. To be run in a thread.
    """
    worker: _Worker | None = None
    try:
        while not stopped() and (job := take()) is not None:
            worker = worker or _Worker(folder, needed)
            try:
                worker.make(job, report, stopped)
            except (EOFError, OSError):
                code, worker = worker.end(), None
                report(_died(job, code, stopped()))
    finally:
        if worker is not None:
            worker.end()


def _died(job: Job, code: int | None, stopped: bool) -> Done:
    if stopped:
        return Done(job.run, "interrupted", "stopped within a step", 0, None)
    message = f"the process that made it died (exit code {code}); was memory short?"
    return Done(job.run, "failed", message, 0, None)


class _Worker:
    """A process and the pipe to it."""

    def __init__(self, folder: Path, needed: Sequence[Origin]) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(
            target=_work, args=(theirs, folder, needed), name="econsim-worker", daemon=True
        )
        self._process.start()
        self._greeted = False
        self._cannot: str | None = None
        theirs.close()

    def make(
        self, job: Job, report: Callable[[Message], None], stopped: Callable[[], bool]
    ) -> None:
        """Have a run made. Raises ``EOFError`` or ``OSError`` if the process dies."""
        if not self._greeted:
            self._greeted, self._cannot = True, self._pipe.recv()
        if self._cannot is not None:
            report(Done(job.run, "failed", self._cannot, 0, None))
            return
        self._pipe.send(job)
        told = False
        while True:
            if stopped() and not told:
                told = True
                self._pipe.send(None)
            if not self._pipe.poll(_TELL_SECONDS):
                continue
            message: Message = self._pipe.recv()
            report(message)
            if isinstance(message, Done):
                return

    def end(self) -> int | None:
        """Let the process end, and return its exit code."""
        self._pipe.close()
        self._process.join(10)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        return self._process.exitcode


def _work(pipe: Connection, folder: Path, needed: Sequence[Origin]) -> None:
    """Make runs until the parent closes the pipe; Ctrl-C is the parent's business.

    The first message is None, or why no run can be made here.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with hold_as_worker(folder):
        try:
            pipe.send(_prepare(needed))
            while True:
                job = pipe.recv()
                if job is not None:
                    pipe.send(_make(job, pipe))
        except (EOFError, OSError):  # the parent is gone, or wants no more
            return


def _prepare(needed: Sequence[Origin]) -> str | None:
    """Import what defines a user's own components, before a job that holds some is read."""
    try:
        import_all(needed)
    except BadInput as error:
        return str(error)
    return None


def _make(job: Job, pipe: Connection) -> Done:
    last = 0.0

    def hear(steps: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _TELL_SECONDS:
            last = now
            pipe.send((job.run, steps))

    return carry_out(job, hear, lambda: _is_asked(pipe))


def _is_asked(pipe: Connection) -> bool:
    """Whether the parent asks to stop; where it is gone this process ends at once, as killed."""
    try:
        return pipe.poll() and pipe.recv() is None
    except (EOFError, OSError):
        os._exit(1)  # all whole steps are on disk; nobody is left to hear of more
