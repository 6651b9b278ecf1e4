"""Tables on the terminal: what is not known, rows of data frames, titles, notes, totals."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from rich.console import Console, RenderableType

from econsim_mesa.cli.tables import (
    Column,
    Row,
    grid,
    note,
    number_column,
    table,
    text_column,
    width_of,
)

ROWS: list[Row] = [{"store": "Cafe", "units": 1234.5}, {"store": "Kiosk", "units": None}]
COLUMNS = [text_column("store"), number_column("sold", "units")]


def printed(shown: RenderableType, width: int = 60) -> list[str]:
    """Return the lines that a terminal of so many columns shows."""
    console = Console(width=width, markup=False, highlight=False, emoji=False)
    with console.capture() as capture:
        console.print(shown)
    return [line.strip() for line in capture.get().splitlines() if line.strip()]


def test_a_table_has_its_title_above_and_notes_below() -> None:
    title = "units sold by each store, over all the days of the run"
    lines = printed(table(COLUMNS, ROWS, title=title, notes=[note("sold", "in whole items")]))
    assert lines[0] == title
    assert lines[1].split() == ["store", "sold"]
    assert [line.split() for line in lines[3:5]] == [["Cafe", "1,234"], ["Kiosk", "-"]]
    assert lines[5].split() == ["sold", "in", "whole", "items"]


@pytest.mark.parametrize("value", [None, math.nan])
def test_what_is_not_known_is_said(value: float | None) -> None:
    assert str(number_column("units").cell({"units": value})) == "-"
    assert str(Column("units", missing="void").cell({"units": value})) == "void"


def test_a_value_may_be_made_of_a_row() -> None:
    column = Column("store", lambda row: f"{row['store']}, {row['units']:g}")
    assert str(column.cell(ROWS[0])) == "Cafe, 1234.5"


@pytest.mark.parametrize("index", [None, "store"])
def test_a_data_frame_is_a_table(index: str | None) -> None:
    frame = pd.DataFrame(ROWS)
    frame = frame if index is None else frame.set_index(index)
    assert printed(table(COLUMNS, frame)) == printed(table(COLUMNS, ROWS))


def test_a_total_is_the_last_row() -> None:
    lines = printed(grid(COLUMNS, ROWS, total={"store": "all", "units": 1.0}))
    assert lines[-1].split() == ["all", "1"]


def test_markup_in_a_name_is_no_markup() -> None:
    assert (
        "[red]Cafe[/red]" in printed(table(COLUMNS, [{"store": "[red]Cafe[/red]", "units": 1}]))[-1]
    )


def test_the_width_is_that_of_the_longest_line() -> None:
    shown = grid(COLUMNS, ROWS)
    width = width_of(shown, Console(width=10))
    assert width == max(map(len, printed_whole(shown, width)))


def printed_whole(shown: RenderableType, width: int) -> list[str]:
    console = Console(width=width)
    with console.capture() as capture:
        console.print(shown)
    return capture.get().splitlines()
