"""How far a run is: a bar on a terminal, now and then a line in a log, or nothing at all."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TextIO

from econsim_mesa.cli.screen import Screen
from econsim_mesa.society.clock import weekday

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.progress import Progress

Advance = Callable[[int, datetime], None]
"""Told of each step made: how many there are now, and the simulated time of the last."""

Words = Callable[[], str]

LINE_SECONDS = 5.0
"""Least time between two lines where stderr is no terminal."""

_FIGURES = 72  # columns beside the bar


@contextmanager
def progress(screen: Screen, total: int, calls: Words = lambda: "") -> Iterator[Advance]:
    """Show on stderr how far a run of ``total`` steps is.

    ``calls`` says how far the calls to a language model are, also within a step.
    """
    if screen.quiet:
        yield lambda done, moment: None
    elif sys.stderr.isatty():
        with _bar(screen, total, calls) as advance:
            yield advance
    else:
        yield Lines(total, sys.stderr, calls=calls)


class Lines:
    """Writes a line when ``LINE_SECONDS`` have gone by since the last one."""

    def __init__(
        self,
        total: int,
        stream: TextIO,
        clock: Callable[[], float] = time.monotonic,
        calls: Words = lambda: "",
    ) -> None:
        self._total, self._stream, self._clock, self._calls = total, stream, clock, calls
        self._begin = self._last = clock()

    def __call__(self, done: int, moment: datetime) -> None:
        """Take notice of a step."""
        now = self._clock()
        if now - self._last >= LINE_SECONDS:
            self._last = now
            figures = pace(done, self._total, now - self._begin)
            line = f"{done:,} of {self._total:,} steps, {stamp(moment)}, {figures}"
            line = "; ".join(filter(None, (line, self._calls())))
            print(line, file=self._stream, flush=True)


@contextmanager
def _bar(screen: Screen, total: int, calls: Words) -> Iterator[Advance]:
    begin, console = time.monotonic(), screen.console(error=True)
    room = console.width - _FIGURES  # a full line would break when the terminal echoes ^C
    with bar_over_calls(console, min(max(room, 4), 30), calls) as bar:
        task = bar.add_task(f"0 of {total:,} steps", total=total, figures="")
        width = len(f"{total:,}")

        def advance(done: int, moment: datetime) -> None:
            figures = pace(done, total, time.monotonic() - begin)
            where = f"{done:{width},} of {total:,} steps  {stamp(moment)}"
            bar.update(task, completed=done, description=where, figures=figures)

        yield advance


def bar_over_calls(console: Console, width: int, calls: Words) -> Progress:
    """Return a bar, with the calls as they are at each refresh on a line of their own."""
    from rich.progress import BarColumn, Progress, TextColumn
    from rich.text import Text

    class Bar(Progress):
        def get_renderables(self) -> Iterator[RenderableType]:
            yield self.make_tasks_table(self.tasks)
            if words := calls():
                yield Text(words, no_wrap=True, overflow="ellipsis")

    return Bar(
        TextColumn("{task.description}"),
        BarColumn(bar_width=width, complete_style="cyan"),
        TextColumn("{task.fields[figures]}"),
        console=console,
        refresh_per_second=5,
        transient=True,
    )


def stamp(moment: datetime) -> str:
    """Return a simulated time for people.

    >>> stamp(datetime(2025, 12, 21, 18))
    'Sun 2025-12-21 18:00'
    """
    return f"{weekday(moment)} {moment:%Y-%m-%d %H:%M}"


def pace(done: int, total: int, seconds: float) -> str:
    """Return the speed so far and the time left at this speed.

    >>> pace(20, 120, 4.0)
    '5.0 steps/s, 0:00:20 left'
    """
    speed = done / max(seconds, 1e-9)
    left = timedelta(seconds=round((total - done) / max(speed, 1e-9)))
    return f"{speed:,.{1 if speed < 100 else 0}f} steps/s, {left} left"
