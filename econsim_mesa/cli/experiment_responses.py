"""The responses to an event for people: a table a contrast, a column a day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table

from econsim_mesa.experiment.pairs import name_of_contrast

if TYPE_CHECKING:
    from econsim_mesa.experiment import Design

_DAYS = 3
"""Days shown at most, that of the event first; all of them are in the JSON."""
_GAP = 3
"""Columns of the terminal between two of a table."""


def by_contrast(rows: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Return rows contrast by contrast, and within it model by model where these differ."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault(name_of_contrast(row), []).append(row)
    return list(groups.values())


def response_tables(
    design: Design, rows: Sequence[Mapping[str, Any]], width: int
) -> Iterator[Table]:
    """Yield the paired differences of each contrast over the days from the event on.

    As many days as ``width`` takes: a number that is cut would be another one.
    """
    from econsim_mesa.numbers import percent

    held = f"{percent(design.experiment.plan.confidence)} interval"
    asked = {(one.contrast, one.measure) for one in design.experiment.hypotheses}
    for some in by_contrast(rows):
        cells = {
            (row["measure"], row["day"]): _cell(
                row, (row["contrast"], f"{row['measure']} on day {row['day']}") in asked
            )
            for row in some
        }
        starred = any(cell.startswith("*") for cell in cells.values())
        title = f"{name_of_contrast(some[0])}: paired difference by day ({held}), day 0 the event's"
        told = "\n* registered before the first run; all else is exploratory"
        table = Table(
            title=title + (told if starred else "; exploratory"),
            box=box.SIMPLE_HEAD,
            title_justify="left",
            pad_edge=False,
            padding=(0, 1),
        )
        table.add_column("", no_wrap=True)
        measures = list(dict.fromkeys(row["measure"] for row in some))
        days = _fitting(sorted({row["day"] for row in some if row["day"] >= 0}), cells, width)
        for day in days:
            table.add_column(f"day {day}", justify="right", no_wrap=True)
        for measure in measures:
            table.add_row(measure, *(cells[measure, day] for day in days))
        yield table


def _fitting(
    days: Sequence[int], cells: Mapping[tuple[str, int], str], width: int
) -> Sequence[int]:
    """Return the first days whose columns fit beside each other, one at least."""
    left = width - max(len(measure) for measure, _ in cells) - _GAP
    for number, day in enumerate(days[:_DAYS]):
        left -= max(len(cell) for (_, at), cell in cells.items() if at == day) + _GAP
        if left < 0 and number:
            return days[:number]
    return days[:_DAYS]


def _cell(row: Mapping[str, Any], starred: bool) -> str:
    star = "* " if starred else ""
    if row["mean"] is None:
        return f"{star}-"
    if row["low"] is None:
        return f"{star}{row['mean']:+.1f}"
    return f"{star}{row['mean']:+.1f} ({row['low']:.1f}, {row['high']:.1f})"
