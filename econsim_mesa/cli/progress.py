"""Show progress: a bar on a terminal, a line now and then in a log, or nothing."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, TextIO

from econsim_mesa.cli.output import Output
from econsim_mesa.numbers import duration
from econsim_mesa.runs.loop import Progress, Watcher, unwatched

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from econsim_mesa.experiment.runner import ExperimentProgress
    from econsim_mesa.llm.progress import Forecast

CallsInWords = Callable[[], str]
"""Returns the number of calls to a language model so far in words, also within a step."""
LINE_SECONDS = 5.0
"""Least time between two lines if stderr is not a terminal."""
_SECONDS_WITHIN_STEP = 60.0
"""Time after which there is a line within a step."""
_FIRST_MINUTE, _ENOUGH = 60.0, 0.3
"""Seconds after which it is said how long all calls will take; share by which that was wrong, so
that it is said again."""
_BESIDE_BAR = 72
"""Columns of the terminal for what stands beside the bar: a line that is full would break when
the terminal echoes ^C."""


Forecaster = Callable[[], "Forecast | None"]
"""Returns how long all calls of a run will take, as far as it is known."""


def no_calls() -> str:
    """Return an empty text: no model is called, or its calls are part of the progress."""
    return ""


def no_forecast() -> Forecast | None:
    """Return nothing: no model is called, or its calls are part of the progress."""
    return None


class Announcement:
    """Says how long all calls will take: after the first minute, and again where it was wrong.

    Nothing is said in the midst of a wave of replies: it waits until two looks agree.
    """

    def __init__(self, forecast: Forecaster, clock: Callable[[], float] = time.monotonic) -> None:
        self._forecast, self._clock = forecast, clock
        self._begin = clock()
        self._said: float | None = None
        self._seen: float | None = None

    def __call__(self) -> str:
        """Return what is to be said now; mostly nothing."""
        if self._clock() - self._begin < _FIRST_MINUTE or (forecast := self._forecast()) is None:
            return ""
        seen, self._seen = self._seen, forecast.seconds
        if not _is_near(forecast.seconds, seen) or _is_near(forecast.seconds, self._said):
            return ""
        self._said = forecast.seconds
        return forecast.text


def _is_near(seconds: float, before: float | None) -> bool:
    return before is not None and abs(seconds - before) <= _ENOUGH * before


@contextmanager
def progress_shown(
    output: Output,
    unit: str = "steps",
    calls: CallsInWords = no_calls,
    forecast: Forecaster = no_forecast,
) -> Iterator[Watcher]:
    """Show the progress of work on stderr, counted in parts called ``unit``."""
    if output.quiet:
        yield unwatched
    elif sys.stderr.isatty():
        console, announcement = output.console(stderr=True), Announcement(forecast)

        def say() -> None:
            if line := announcement():
                console.print(line, soft_wrap=True)

        with progress_bar(console, unit, calls) as watcher, _now_and_then(say):
            yield watcher
    else:
        lines = ProgressLines(sys.stderr, unit, calls, forecast)
        with _now_and_then(lines.look):
            yield lines


@contextmanager
def _now_and_then(do: Callable[[], None]) -> Iterator[None]:
    """Do something every few seconds in a thread of its own: a step may take hours."""
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(LINE_SECONDS):
            do()

    thread = threading.Thread(target=run, name="econsim-progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


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
    return Progress(
        progress.steps, progress.steps_planned, runs, progress.calls, progress.time_left
    )


class ProgressLines:
    """Writes a line of progress at most every ``LINE_SECONDS``."""

    def __init__(
        self,
        stream: TextIO,
        unit: str = "steps",
        calls: CallsInWords = no_calls,
        forecast: Forecaster = no_forecast,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream, self._calls, self._clock = stream, calls, clock
        self._pace, self._announcement = Pace(unit, clock), Announcement(forecast, clock)
        self._last = clock()
        self._progress: Progress | None = None

    def __call__(self, progress: Progress) -> None:
        """Take notice of how far it is."""
        self._progress = progress
        pace = self._pace(progress)
        if self._clock() - self._last >= LINE_SECONDS:
            self._print(progress, pace)

    def look(self) -> None:
        """Say what is new within a step."""
        if line := self._announcement():
            print(line, file=self._stream, flush=True)
        progress = self._progress
        is_silent = self._clock() - self._last >= _SECONDS_WITHIN_STEP
        if progress is not None and is_silent and (progress.calls or self._calls()):
            self._print(progress, "")

    def _print(self, progress: Progress, pace: str) -> None:
        self._last = self._clock()
        parts = progress.text, pace, progress.calls or self._calls()
        print("; ".join(filter(None, parts)), file=self._stream, flush=True)


class Pace:
    """Speed and time left, in words. Work done before the first call is not counted."""

    def __init__(self, unit: str = "steps", clock: Callable[[], float] = time.monotonic) -> None:
        self._unit, self._clock = unit, clock
        self._first: tuple[int, float] | None = None

    def __call__(self, progress: Progress) -> str:
        """Return for example ``5.0 steps/s, 0:00:20 left``, or ``8.0 minutes a step``."""
        now = self._clock()
        if self._first is None:
            self._first = progress.done, now
        done, since = self._first
        speed = (progress.done - done) / max(now - since, 1e-9)
        if speed <= 0:
            return f"just begun{progress.time_left and f', {progress.time_left} left'}"
        by_parts = timedelta(seconds=round((progress.planned - progress.done) / speed))
        return f"{self._speed(speed)}, {progress.time_left or by_parts} left"

    def _speed(self, per_second: float) -> str:
        """Return a speed in words; a slow one as the time of a part."""
        if per_second < 1:
            return f"{duration(1 / per_second)} a {self._unit.removesuffix('s')}"
        return f"{per_second:,.{1 if per_second < 100 else 0}f} {self._unit}/s"


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
