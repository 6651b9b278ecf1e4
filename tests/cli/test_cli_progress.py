"""Progress in a log is sparse, and the result fits the width that there is."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from econsim_mesa import EconModel
from econsim_mesa.cli.progress import (
    Pace,
    ProgressLines,
    of_experiment,
    progress_bar,
)
from econsim_mesa.cli.result import MOST_DAYS, print_result
from econsim_mesa.experiment.runner import ExperimentProgress
from econsim_mesa.llm.progress import Forecast
from econsim_mesa.runs.costs import Range
from econsim_mesa.runs.loop import Progress
from econsim_mesa.runs.reader import load_run
from econsim_mesa.runs.recorder import Recorder
from econsim_mesa.runs.summary import Calls, Summary, summarize


def test_lines_are_sparse() -> None:
    now, log = [0.0], io.StringIO()
    lines = ProgressLines(log, clock=lambda: now[0])
    for done in range(31):
        lines(Progress(done, 100, f"{done} of 100 steps"))
        now[0] += 0.5
    assert log.getvalue().splitlines() == [
        "10 of 100 steps; 2.0 steps/s, 0:00:45 left",
        "20 of 100 steps; 2.0 steps/s, 0:00:40 left",
        "30 of 100 steps; 2.0 steps/s, 0:00:35 left",
    ]


def test_lines_of_an_experiment_count_runs_and_the_speed_of_steps() -> None:
    now, log = [0.0], io.StringIO()
    lines = ProgressLines(log, clock=lambda: now[0])
    lines(of_experiment(ExperimentProgress(2, 8, 60, 240, 0, "")))
    now[0] = 6.0
    lines(of_experiment(ExperimentProgress(4, 8, 120, 240, 1, "9 calls")))
    assert log.getvalue() == "4 of 8 runs, 1 stopped; 10.0 steps/s, 0:00:12 left; 9 calls\n"


def bar_lines(console: Console) -> list[str]:
    """Return the lines that a bar wrote on a console, without what steers a terminal."""
    assert isinstance(console.file, io.StringIO)
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", console.file.getvalue())
    return [line.strip() for line in re.split(r"[\r\n]+", plain) if line.strip()]


def test_a_bar_and_its_calls_fit_a_narrow_terminal() -> None:
    calls = "98 calls, 6 in flight, 99.4k tokens (83 % of input cached), $0.02 to 0.03"
    console = Console(file=io.StringIO(), width=80, force_terminal=True)
    with progress_bar(console, calls=lambda: calls) as watcher:
        watcher(Progress(0, 120, "0 of 120 steps"))
        watcher(Progress(3, 120, "3 of 120 steps, Fri 2025-12-19 11:00"))
    lines = bar_lines(console)
    assert calls in lines
    assert max(map(len, lines)) < 80
    at = "3 of 120 steps, Fri 2025-12-19 11:00"
    assert any(line.startswith(at) and line.endswith("left") for line in lines)


def test_a_bar_of_80_columns_hides_neither_cost_nor_time_left() -> None:
    console = Console(width=80, file=io.StringIO(), force_terminal=True)
    with progress_bar(console) as watcher:
        watcher(of_experiment(ExperimentProgress(0, 80, 0, 8000, 0, "")))
        calls = "12,345 calls, 64 in flight, 12,345,678 tokens, $12.34"
        watcher(of_experiment(ExperimentProgress(8, 80, 2000, 8000, 2, calls)))
    last = "\n".join(bar_lines(console))
    assert "8 of 80 runs, 2 stopped" in last
    assert " left" in last
    assert "$12.34" in last


@pytest.mark.parametrize(
    ("seconds", "says"),
    [
        (0.25, "4.0 steps/s, 0:00:02 left"),
        (1.0, "1.0 steps/s, 0:00:08 left"),
        (40.0, "40 seconds a step, 0:05:20 left"),
        (480.0, "8 minutes a step, 1:04:00 left"),
    ],
)
def test_a_slow_pace_is_told_by_the_time_of_a_step(seconds: float, says: str) -> None:
    now = [0.0]
    pace = Pace(clock=lambda: now[0])
    pace(Progress(0, 10, ""))
    now[0] = 2 * seconds
    assert pace(Progress(2, 10, "")) == says


def test_the_time_left_of_calls_stands_before_that_of_steps() -> None:
    now = [0.0]
    pace = Pace(clock=lambda: now[0])
    of_calls = "about 15 hours"
    first = of_experiment(ExperimentProgress(0, 8, 0, 240, 0, "9 calls", of_calls))
    assert pace(first) == "just begun, about 15 hours left"
    now[0] = 600.0
    second = of_experiment(ExperimentProgress(0, 8, 2, 240, 0, "9 calls", of_calls))
    assert pace(second) == "5 minutes a step, about 15 hours left"


def test_nothing_is_known_of_the_pace_before_anything_is_done() -> None:
    pace = Pace(clock=lambda: 5.0)
    assert pace(Progress(40, 120, "")) == "just begun"  # a run that was resumed
    assert pace(Progress(120, 120, "")).endswith("0:00:00 left")


def _summary(name: str, **sizes: Any) -> Summary:
    model = EconModel(name, seed=1, decider="idle", **sizes)
    recorder = Recorder.begin(model, Path("run"))
    model.run_model()
    return summarize(load_run(recorder.folder))


def _shown(summary: Summary, width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, markup=False, highlight=False)
    print_result(summary, Path("runs/here"), 1.0, console)
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


@pytest.mark.parametrize("width", [60, 80, 100, 140, 200])
@pytest.mark.parametrize("name", ["pizza_place", "two_towns", "crowd"])
def test_the_table_fits(name: str, width: int) -> None:
    lines = _shown(_summary(name, steps=2), width)
    table = lines[: next(i for i, line in enumerate(lines) if line.startswith("decided"))]
    assert max(map(len, table)) <= width
    assert "…" not in "".join(line for line in table if line[:3] in {"19 ", "tot"})


def test_many_stores_are_the_busiest_and_the_rest() -> None:
    text = "\n".join(_shown(_summary("crowd", steps=2), 140))
    assert "64 others" in text


def test_a_long_run_shows_its_first_and_last_days() -> None:
    lines = _shown(_summary("pizza_place", steps=600, households=2), 110)
    days = [line for line in lines if line[3:6] in {"Dec", "Jan", "Feb"}]
    assert len(days) == MOST_DAYS - 1
    assert sum(line.startswith("...") for line in lines) == 1


@pytest.mark.parametrize(
    ("told", "costed", "priced", "says"),
    [
        (None, 0, None, "unknown (no price given)"),
        (0.0123, 8, None, "$0.0123 as the server tells it"),
        (0.01, 5, None, "$0.0100 as the server tells it for 5 calls"),
        (0.02, 8, Range(0.03, 0.05),
         "$0.0300 to 0.0500, for calls of unknown use; $0.0200 as the server tells it"),
    ],
)  # fmt: skip
def test_the_cost_is_that_of_a_price_or_told_by_the_server(
    told: float | None, costed: int, priced: Range | None, says: str
) -> None:
    doubts = ("the server counted far fewer tokens",)
    calls = Calls(8, 0, 8, 9, 9, 0, ("m",), (), {}, {}, told, costed, doubts)
    summary = replace(_summary("pizza_place", steps=1, households=1), calls=calls)
    console = Console(file=io.StringIO(), width=80, markup=False, highlight=False)
    print_result(summary, Path("runs/here"), 1.0, console, priced)
    assert isinstance(console.file, io.StringIO)
    lines = dict(line.split(maxsplit=1) for line in console.file.getvalue().splitlines()[-8:])
    assert lines["cost"] == says
    assert lines["counts"] == doubts[0]


def test_the_first_minute_says_how_long_all_calls_take_and_again_if_that_was_wrong() -> None:
    now, log, takes = [0.0], io.StringIO(), [54_000.0]
    lines = ProgressLines(
        log,
        calls=lambda: "12 calls, 4 in flight",
        forecast=lambda: Forecast(takes[0], f"all calls take {takes[0]:,.0f} s"),
        clock=lambda: now[0],
    )
    lines(Progress(0, 24, "0 of 24 steps"))
    looks = ((50_000, 30), (99_000, 61), (55_000, 66), (54_000, 71), (60_000, 90), (90_000, 100))
    for takes[0], now[0] in (*looks, (60_000, 105), (90_000, 110), (91_000, 115)):
        lines.look()
    assert log.getvalue().splitlines() == [
        "0 of 24 steps; 12 calls, 4 in flight",
        "all calls take 54,000 s",
        "all calls take 91,000 s",
    ]
