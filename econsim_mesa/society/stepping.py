"""Making a step: off an event loop, one at a time, and once more where its decisions failed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass

import mesa

from econsim_mesa.llm import loop
from econsim_mesa.society.view import View

_PAUSE_SECONDS = 0.02
"""How often a step that is to be broken off is looked at."""


@dataclass
class Begun:
    """A step that has begun, and of which nothing is decided yet."""

    view: View
    """What everybody is shown."""
    drawn: frozenset[tuple[str, str]]
    """The random draws up to there: those of an attempt that failed are made again."""
    summarised: bool = False
    """Whether households have written their summaries."""


async def in_thread(step: Callable[[], None], deciding: Callable[[], bool]) -> None:
    """Make a step in a thread of its own, without blocking the caller's event loop.

    Cancelled, it cancels the calls that the step waits for while it is ``deciding``, and ends
    when the thread has: a step that nobody can break off is made whole.
    """
    threads: list[threading.Thread] = []
    unwanted = threading.Event()

    def work() -> None:
        threads.append(threading.current_thread())
        if not unwanted.is_set():
            step()

    job = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        await asyncio.shield(job)
    except asyncio.CancelledError:
        unwanted.set()
        while not job.done():
            if threads and deciding():
                loop.interrupt(threads[0])
            await _pause(job)
        job.exception()  # the calls that were cancelled: that is what was asked for
        raise


async def _pause(job: asyncio.Future[None]) -> None:
    """Wait for a moment or the end of a job, whoever cancels this once more."""
    try:
        await asyncio.wait({job}, timeout=_PAUSE_SECONDS)
    except asyncio.CancelledError:
        return


def count_back(model: mesa.Model) -> None:
    """Have Mesa not count the step under way, which is broken off and may be made again.

    Mesa 3.5 makes steps by an event in each unit of time, and an error in one ends them all.
    """
    model.steps -= 1
    if hasattr(model, "_default_schedule"):
        from mesa.time import EventGenerator, Priority, Schedule

        model._default_schedule.stop()
        model.time -= 1.0
        each_step = Schedule(interval=1.0, start=model.time + 1.0)
        model._default_schedule = EventGenerator(
            model, model._do_step, each_step, priority=Priority.HIGH
        ).start()
