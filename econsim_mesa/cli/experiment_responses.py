"""The responses to an event for people: a table a contrast, a column a day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich import box
from rich.table import Table

from econsim_mesa.experiment.pairs import name_of_contrast

_DAYS = 3
"""Days shown, that of the event first; all of them are in the JSON."""


def by_contrast(rows: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Return rows contrast by contrast, and within it model by model where these differ."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault(name_of_contrast(row), []).append(row)
    return list(groups.values())


def response_tables(rows: Sequence[Mapping[str, Any]]) -> Iterator[Table]:
    """Yield the paired differences of each contrast over the days from the event on."""
    days = sorted({row["day"] for row in rows if row["day"] >= 0})[:_DAYS]
    for some in by_contrast(rows):
        name = name_of_contrast(some[0])
        table = Table(
            title=f"{name}: paired difference by day, day 0 being that of the event",
            box=box.SIMPLE_HEAD,
            title_justify="left",
            pad_edge=False,
            padding=(0, 1),
        )
        table.add_column("", no_wrap=True)
        for day in days:
            table.add_column(f"day {day}", justify="right", no_wrap=True)
        for measure in dict.fromkeys(row["measure"] for row in some):
            by_day = {row["day"]: row for row in some if row["measure"] == measure}
            table.add_row(measure, *(_cell(by_day[day]) for day in days))
        yield table


def _cell(row: Mapping[str, Any]) -> str:
    if row["mean"] is None:
        return "-"
    if row["low"] is None:
        return f"{row['mean']:+.1f}"
    return f"{row['mean']:+.1f} ({row['low']:.1f}, {row['high']:.1f})"
