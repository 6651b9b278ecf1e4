"""Paired differences of an experiment: a table for each contrast, of totals and day by day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from econsim_mesa.cli.tables import EDGES, GAP, Column, Row, note, number_column, table
from econsim_mesa.experiment.level_names import label_of
from econsim_mesa.experiment.pairs import name_of_contrast
from econsim_mesa.numbers import UNKNOWN, fixed, interval, percent

if TYPE_CHECKING:
    from econsim_mesa.experiment import Design

MOST_CONTRASTS = 4
"""Number of contrasts above which only registered measures and links of the loop are printed."""
MOST_DAYS = 3
"""Number of days of a response that are printed, from the event on; the JSON has all of them."""
_REGISTERED = "\n* registered before the first run; all else is exploratory"
_EXPLORATORY = "; exploratory"


def contrast_tables(design: Design, rows: Sequence[Row]) -> Iterator[RenderableType]:
    """Yield a table for each contrast, and notes about rows that are not shown."""
    from econsim_mesa.experiment.responses import responding
    from econsim_mesa.experiment.tables import primary

    plan, contrasts = design.experiment.plan, _by_contrast(rows)
    outcome, heading = primary(plan), f"{percent(plan.confidence)} interval"
    main = set(responding(plan)) if len(contrasts) > MOST_CONTRASTS else None
    for contrast in contrasts:
        shown = [
            row for row in contrast if main is None or row["registered"] or row["measure"] in main
        ]
        yield _contrast(contrast, shown, outcome, heading)
    if main is not None:
        yield note("not shown", "other measures of these contrasts: they are in tables.json")
    seeds = len(design.experiment.seeds)
    for contrast in contrasts:
        n = next((row["n"] for row in contrast if row["measure"] == outcome), seeds)
        if n < seeds:
            missing = f"{seeds - n} of {seeds} seeds lack a run of one side, and are left out"
            yield note("unpaired", f"{name_of_contrast(contrast[0])}: {missing}")


def _by_contrast(rows: Sequence[Row]) -> list[list[Row]]:
    """Return the rows of each contrast, and of each language model if these differ."""
    contrasts: dict[str, list[Row]] = {}
    for row in rows:
        contrasts.setdefault(name_of_contrast(row), []).append(row)
    return list(contrasts.values())


def _contrast(
    rows: Sequence[Row], shown: Sequence[Row], outcome: str, heading: str
) -> RenderableType:
    """Return the table of a contrast; its outcome is in bold."""
    first = rows[0]
    sides = f"{label_of(first['a'])} minus {label_of(first['b'])}"
    title = f"{name_of_contrast(first)}: {sides}, paired by seed, per run"
    if all(row["mean"] == 0 and row["sd"] == 0 for row in rows if row["n"]) and first["n"] > 1:
        same = f"no measure differs in any of {first['n']} pairs: what is varied has no effect here"
        return Text(f"{title}\n", "italic").append(f"{same}\n", "not italic")
    title += _REGISTERED if any(row["registered"] for row in shown) else _EXPLORATORY
    columns = [
        Column("", _starred_measure, align="left"),
        number_column("mean", write=fixed),
        number_column("sd", write=fixed),
        Column(heading, lambda row: interval(row["low"], row["high"], fixed)),
        Column("n"),
    ]
    return table(
        columns,
        shown,
        title=title,
        style=lambda row: "bold" if row["measure"] == outcome else "",
    )


def _starred_measure(row: Row) -> str:
    return f"{row['measure']} *" if row["registered"] else row["measure"]


def response_tables(design: Design, rows: Sequence[Row], width: int) -> Iterator[RenderableType]:
    """Yield the paired differences of each contrast over the days from the event on.

    Only as many days are shown as fit into ``width``, because a number must not be cut.
    """
    experiment = design.experiment
    registered = {(asked.contrast, asked.measure) for asked in experiment.hypotheses}
    heading = f"{percent(experiment.plan.confidence)} interval"
    for contrast in _by_contrast(rows):
        responses: dict[str, dict[int, str]] = {}
        for row in contrast:
            name = row["contrast"], f"{row['measure']} on day {row['day']}"
            star = "* " if name in registered else ""
            responses.setdefault(row["measure"], {})[row["day"]] = star + _response(row)
        starred = any("*" in cell for days in responses.values() for cell in days.values())
        title = f"{name_of_contrast(contrast[0])}: paired difference by day ({heading})"
        title += ", day 0 the event's" + (_REGISTERED if starred else _EXPLORATORY)
        days = sorted({row["day"] for row in contrast if row["day"] >= 0})
        columns = [
            Column("", lambda item: item[0], align="left"),
            *(_day_column(day) for day in _fitting(days, responses, width)),
        ]
        yield table(columns, responses.items(), title=title)


def _day_column(day: int) -> Column:
    return Column(f"day {day}", lambda item: item[1][day])


def _fitting(
    days: Sequence[int], responses: Mapping[str, Mapping[int, str]], width: int
) -> Sequence[int]:
    """Return the first days whose columns fit side by side, at least one."""
    left = width - EDGES - max(map(len, responses))
    for number, day in enumerate(days[:MOST_DAYS]):
        left -= GAP + max(len(cells[day]) for cells in responses.values())
        if left < 0 and number:
            return days[:number]
    return days[:MOST_DAYS]


def _response(row: Row) -> str:
    if row["mean"] is None:
        return UNKNOWN
    if row["low"] is None:
        return f"{row['mean']:+.1f}"
    return f"{row['mean']:+.1f} ({row['low']:.1f}, {row['high']:.1f})"
