"""How far an experiment is: a bar over the steps of all runs, or now and then a line in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, TextIO

from econsim_mesa.cli.progress import LINE_SECONDS, bar_over_calls
from econsim_mesa.cli.screen import Screen

if TYPE_CHECKING:
    from econsim_mesa.experiment.runner import ExperimentProgress

Watch = Callable[["ExperimentProgress"], None]


@contextmanager
def runs_progress(screen: Screen) -> Iterator[Watch]:
    """Show on stderr how far an experiment is."""
    if screen.quiet:
        yield lambda standing: None
    elif sys.stderr.isatty():
        with _bar(screen) as watch:
            yield watch
    else:
        yield RunLines(sys.stderr)


class RunLines:
    """Writes a line when ``LINE_SECONDS`` have gone by since the last one."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = stream, clock
        self._begin = self._last = clock()
        self._pace = Pace()

    def __call__(self, standing: ExperimentProgress) -> None:
        """Take notice of how far it is."""
        now = self._clock()
        figures = self._pace(standing, now - self._begin)
        if now - self._last >= LINE_SECONDS:
            self._last = now
            print(f"{words(standing)}, {figures}", file=self._stream, flush=True)


class Pace:
    """Speed and time left; what was there at the beginning is not counted."""

    def __init__(self) -> None:
        self._first: int | None = None

    def __call__(self, standing: ExperimentProgress, seconds: float) -> str:
        """Return both in words."""
        if self._first is None:
            self._first = standing.steps
        speed = (standing.steps - self._first) / max(seconds, 1e-9)
        if speed <= 0:
            return "just begun"
        left = timedelta(seconds=round((standing.steps_planned - standing.steps) / speed))
        return f"{speed:,.0f} steps/s, {left} left"


def words(standing: ExperimentProgress) -> str:
    """Return how far an experiment is, in words."""
    return runs(standing) + (f", {standing.calls}" if standing.calls else "")


def runs(standing: ExperimentProgress) -> str:
    """Return how many runs are made, and how many stopped, in words."""
    told = f"{standing.runs:,} of {standing.runs_planned:,} runs"
    return told + (f", {standing.failed:,} stopped" if standing.failed else "")


@contextmanager
def _bar(screen: Screen) -> Iterator[Watch]:
    begin, pace, calls = time.monotonic(), Pace(), ""
    with bar_over_calls(screen.console(error=True), 24, lambda: calls) as bar:
        task = bar.add_task("begins", total=None, figures="")

        def watch(standing: ExperimentProgress) -> None:
            nonlocal calls
            calls = standing.calls
            bar.update(
                task,
                total=standing.steps_planned,
                completed=standing.steps,
                description=runs(standing),
                figures=pace(standing, time.monotonic() - begin),
            )

        yield watch
