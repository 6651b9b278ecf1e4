"""Show progress: a bar on a terminal, a line now and then in a log, or nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, TextIO

from econsim_mesa.cli.output import Output
from econsim_mesa.runs.loop import Progress, Watcher, unwatched

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from econsim_mesa.experiment.runner import ExperimentProgress

CallsInWords = Callable[[], str]
"""Returns the number of calls to a language model so far in words, also within a step."""
LINE_SECONDS = 5.0
"""Least time between two lines if stderr is not a terminal."""
_BESIDE_BAR = 72
"""Columns of the terminal for what stands beside the bar: a line that is full would break when
the terminal echoes ^C."""


def no_calls() -> str:
    """Return an empty text: no model is called, or its calls are part of the progress."""
    return ""


@contextmanager
def progress_shown(
    output: Output, unit: str = "steps", calls: CallsInWords = no_calls
) -> Iterator[Watcher]:
    """Show the progress of work on stderr, counted in parts called ``unit``."""
    if output.quiet:
        yield unwatched
    elif sys.stderr.isatty():
        with progress_bar(output.console(stderr=True), unit, calls) as watcher:
            yield watcher
    else:
        yield ProgressLines(sys.stderr, unit, calls)


@contextmanager
def experiment_progress_shown(output: Output) -> Iterator[Callable[[ExperimentProgress], None]]:
    """Show the progress of an experiment on stderr: its runs, and the speed of their steps."""
    with progress_shown(output) as watcher:
        yield lambda progress: watcher(of_experiment(progress))


def of_experiment(progress: ExperimentProgress) -> Progress:
    """Return the progress of an experiment, counted in steps of all its runs."""
    runs = f"{progress.runs:,} of {progress.runs_planned:,} runs"
    if progress.failed:
        runs += f", {progress.failed:,} stopped"
    return Progress(progress.steps, progress.steps_planned, runs, progress.calls)


class ProgressLines:
    """Writes a line of progress at most every ``LINE_SECONDS``."""

    def __init__(
        self,
        stream: TextIO,
        unit: str = "steps",
        calls: CallsInWords = no_calls,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream, self._calls, self._clock = stream, calls, clock
        self._pace = Pace(unit, clock)
        self._last = clock()

    def __call__(self, progress: Progress) -> None:
        """Take notice of how far it is."""
        pace = self._pace(progress)
        if self._clock() - self._last >= LINE_SECONDS:
            self._last = self._clock()
            parts = progress.text, pace, progress.calls or self._calls()
            print("; ".join(filter(None, parts)), file=self._stream, flush=True)


class Pace:
    """Speed and time left, in words. Work done before the first call is not counted."""

    def __init__(self, unit: str = "steps", clock: Callable[[], float] = time.monotonic) -> None:
        self._unit, self._clock = unit, clock
        self._first: tuple[int, float] | None = None

    def __call__(self, progress: Progress) -> str:
        """Return for example ``5.0 steps/s, 0:00:20 left``."""
        now = self._clock()
        if self._first is None:
            self._first = progress.done, now
        done, since = self._first
        speed = (progress.done - done) / max(now - since, 1e-9)
        if speed <= 0:
            return "just begun"
        left = timedelta(seconds=round((progress.planned - progress.done) / speed))
        return f"{speed:,.{1 if speed < 100 else 0}f} {self._unit}/s, {left} left"


@contextmanager
def progress_bar(
    console: Console, unit: str = "steps", calls: CallsInWords = no_calls
) -> Iterator[Watcher]:
    """Show a bar, with the current number of calls on a line of their own."""
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bars
    from rich.text import Text

    class Bar(Bars):
        def get_renderables(self) -> Iterator[RenderableType]:
            yield self.make_tasks_table(self.tasks)
            if text := latest_calls or calls():
                yield Text(text, no_wrap=True, overflow="ellipsis")

    latest_calls, pace = "", Pace(unit)
    width = min(max(console.width - _BESIDE_BAR, 4), 30)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=width, complete_style="cyan"),
        TextColumn("{task.fields[pace]}"),
    )
    with Bar(*columns, console=console, refresh_per_second=5, transient=True) as bar:
        task = bar.add_task("begins", total=None, pace="")

        def watcher(progress: Progress) -> None:
            nonlocal latest_calls
            latest_calls = progress.calls
            bar.update(
                task,
                total=progress.planned,
                completed=progress.done,
                description=progress.text,
                pace=pace(progress),
            )

        yield watcher
