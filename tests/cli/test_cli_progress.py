"""Progress in a log is sparse, and the result fits the width that there is."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from econsim_mesa import EconModel
from econsim_mesa.cli.calls import Interval
from econsim_mesa.cli.progress import Lines, _bar, pace
from econsim_mesa.cli.result import MOST_DAYS, show
from econsim_mesa.cli.screen import Screen
from econsim_mesa.runs.reader import load_run
from econsim_mesa.runs.recorder import Recorder
from econsim_mesa.runs.summary import Calls, Summary, summarize


def test_lines_are_sparse() -> None:
    now, log = [0.0], io.StringIO()
    lines = Lines(100, log, lambda: now[0])
    for done in range(1, 31):
        now[0] += 0.5
        lines(done, datetime(2025, 12, 21, 18))
    assert log.getvalue().splitlines() == [
        "10 of 100 steps, Sun 2025-12-21 18:00, 2.0 steps/s, 0:00:45 left",
        "20 of 100 steps, Sun 2025-12-21 18:00, 2.0 steps/s, 0:00:40 left",
        "30 of 100 steps, Sun 2025-12-21 18:00, 2.0 steps/s, 0:00:35 left",
    ]


def test_a_bar_and_its_calls_fit_a_narrow_terminal() -> None:
    words = "98 calls, 6 in flight, 99.4k tokens (83 % of input cached), $0.02 to 0.03"

    class Narrow(Screen):
        def console(self, *, error: bool = False) -> Console:
            return console

    console = Console(file=io.StringIO(), width=80, force_terminal=True)
    with _bar(Narrow(), 120, lambda: words) as advance:
        advance(3, datetime(2025, 12, 19, 11))
    assert isinstance(console.file, io.StringIO)
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", console.file.getvalue())
    lines = [line.strip() for line in re.split(r"[\r\n]+", plain) if line.strip()]
    assert words in lines
    assert max(map(len, lines)) < 80
    at = "3 of 120 steps  Fri 2025-12-19 11:00"
    assert any(line.startswith(at) and line.endswith("left") for line in lines)


def test_pace_of_an_instant() -> None:
    assert pace(120, 120, 0.0).endswith("0:00:00 left")


def _summary(name: str, **sizes: Any) -> Summary:
    model = EconModel(name, seed=1, decider="idle", **sizes)
    recorder = Recorder(model, Path("run"))
    model.run_model()
    return summarize(load_run(recorder.folder))


def _shown(summary: Summary, width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, markup=False, highlight=False)
    show(summary, Path("runs/here"), 1.0, console)
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
        (0.02, 8, Interval(0.03, 0.05),
         "$0.0300 to 0.0500, for calls of unknown use; $0.0200 as the server tells it"),
    ],
)  # fmt: skip
def test_the_cost_is_that_of_a_price_or_told_by_the_server(
    told: float | None, costed: int, priced: Interval | None, says: str
) -> None:
    doubts = ("the server counted far fewer tokens",)
    calls = Calls(8, 0, 8, 9, 9, 0, ("m",), (), {}, {}, told, costed, doubts)
    summary = replace(_summary("pizza_place", steps=1, households=1), calls=calls)
    console = Console(file=io.StringIO(), width=80, markup=False, highlight=False)
    show(summary, Path("runs/here"), 1.0, console, priced)
    assert isinstance(console.file, io.StringIO)
    lines = dict(line.split(maxsplit=1) for line in console.file.getvalue().splitlines()[-8:])
    assert lines["cost"] == says
    assert lines["counts"] == doubts[0]
