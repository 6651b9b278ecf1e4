"""Who makes the runs of an experiment: this machine's processes and threads, or others like it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Protocol

from econsim_mesa.experiment.run import Done, Job, carry_out
from econsim_mesa.experiment.sharing import Terms
from econsim_mesa.experiment.workers import Message, serve
from econsim_mesa.llm.pool import Pool
from econsim_mesa.scenario.origins import Origin

Take = Callable[[], Job | None]
Tell = Callable[[Message], None]
Asked = Callable[[], bool]


class Hands(Protocol):
    """Makes runs for threads that call ``serve`` or ``call`` and give the jobs.

    ``size`` threads may serve at once; ``max_concurrency`` threads may call a language model.
    """

    max_concurrency: int

    @property
    def size(self) -> int:
        """How many runs without a language model are made at once."""
        ...

    def serve(self, take: Take, report: Tell, stopped: Asked) -> None:
        """Make the runs that ``take`` gives, none of which calls a language model."""
        ...

    def call(self, take: Take, report: Tell, stopped: Asked) -> None:
        """Make the runs that ``take`` gives, all of which call one."""
        ...

    def words(self) -> str:
        """Return calls, tokens and cost so far, in one line; empty: there are none."""
        ...

    def stop(self) -> None:
        """Cancel calls, and stop runs after the step under way."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...


class LocalHands:
    """Processes for runs without a language model, threads of this process for those with one.

    The threads share connections, slots and budget, so that slots freed by one run are used by
    the others at once. Without processes (``workers`` 0) one thread makes all runs of the first
    kind, too.
    """

    def __init__(
        self,
        folder: Path,
        workers: int | None,
        terms: Terms | None,
        needed: Sequence[Origin] = (),
    ) -> None:
        """``needed`` are the modules of a user's own components."""
        self._folder, self._needed = folder, needed
        self._pool = None if terms is None else Pool(*terms)
        self._processes = (os.cpu_count() or 1) if workers is None else workers
        self.max_concurrency = 0 if terms is None else terms.max_concurrency

    @property
    def size(self) -> int:
        """The number of processes; 1 without any."""
        return max(self._processes, 1)

    def serve(self, take: Take, report: Tell, stopped: Asked) -> None:
        """Have a process of its own make the runs, or this one."""
        if self._processes:
            serve(self._folder, take, report, stopped, self._needed)
        else:
            _make_here(take, report, stopped)

    def call(self, take: Take, report: Tell, stopped: Asked) -> None:
        """Make runs in this thread, one after the other, all by the shared pool."""
        with self._pool.entered() if self._pool is not None else nullcontext():
            _make_here(take, report, stopped)

    def words(self) -> str:
        """Return calls, tokens and cost so far."""
        return "" if self._pool is None else self._pool.words()

    def stop(self) -> None:
        """Cancel all calls; the processes hear of a stop by themselves."""
        if self._pool is not None:
            self._pool.stop()

    def close(self) -> None:
        """Close connections; processes end with their threads."""
        if self._pool is not None:
            self._pool.close()


def _make_here(take: Take, report: Tell, stopped: Asked) -> None:
    while not stopped() and (job := take()) is not None:
        report(_one(job, report, stopped))


def _one(job: Job, report: Tell, stopped: Asked) -> Done:
    def hear(steps: int) -> None:
        report((job.run, steps))

    done = carry_out(job, hear, stopped)
    if stopped() and done.status == "incomplete":
        return done._replace(status="interrupted")
    return done
