"""The terminal's tables of a study, of the variance by source, and of differences."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.table import Table

from econsim_mesa.cli.tables import Column, Row, grid, number_column, text_column
from econsim_mesa.experiment.load import condition_columns
from econsim_mesa.experiment.pairs import name_of_contrast
from econsim_mesa.numbers import interval, percent, probability

if TYPE_CHECKING:
    from econsim_mesa.experiment import Design

Tables = Mapping[str, Sequence[Row]]


def study_tables(
    design: Design, tables: Tables, label: Callable[[Row], str]
) -> Iterator[RenderableType]:
    """Yield the tables of the variance and of the study, in the order of printing.

    ``label`` gives a condition's levels in words.
    """
    from econsim_mesa.experiment.study import study_of

    plan = design.experiment.plan
    yield from _variance(tables["variance"], design)
    yield from study_of(plan).terminal(design, tables, label)


def condition_labels(design: Design, label: Callable[[Row], str]) -> Callable[[Row], str]:
    """Return the condition of a table's row in words; empty if the row concerns none."""
    every = [(condition_columns(design, one), one.levels) for one in design.conditions]
    words = {json.dumps(columns, sort_keys=True): label(levels) for columns, levels in every}
    names = list(every[0][0]) if every else []

    def of(row: Row) -> str:
        return words.get(json.dumps({name: row.get(name) for name in names}, sort_keys=True), "")

    return of


def titled(title: str, rows: Sequence[Row], columns: Sequence[Column]) -> Table:
    """Return a table with a title of its width, or an empty line if there are no rows."""
    if not rows:
        return Table(show_header=False, box=None)
    return grid(columns, rows, title=title, title_justify="left")


def interval_column(header: str, name: str = "") -> Column:
    """Return a column of intervals; ``name`` stands before ``_low`` and ``_high`` in the rows."""
    low, high = (f"{name}_{end}" if name else end for end in ("low", "high"))
    return number_column(header, lambda row: interval(row[low], row[high]), str)


def differences_table(rows: Sequence[Row], confidence: float) -> Table:
    """Return the differences of coefficients between the sides of contrasts."""
    known = [row for row in rows if row["difference"] is not None]
    return titled(
        "differences between the sides of a contrast, same seeds: the wider of the intervals by "
        "bootstrap and by jackknife over pairs, and the larger p",
        known,
        [
            text_column("contrast", lambda row: f"{row['measure']}, {name_of_contrast(row)}"),
            number_column("difference"),
            interval_column(f"{percent(confidence)} interval"),
            number_column("p", "p_larger", probability),
            number_column("a", "first"),
            number_column("b", "second"),
            number_column("pairs", write=str),
        ],
    )


def _variance(rows: Sequence[Row], design: Design) -> Iterator[Table]:
    """Yield the shares of variance over runs, a table for each measure."""
    naming = list(condition_columns(design, design.conditions[0])) if design.conditions else []
    confidence = design.experiment.plan.confidence

    def within(row: Row) -> str:
        return ", ".join(str(row[name]) for name in naming if name in row)

    for measure in dict.fromkeys(row["measure"] for row in rows):
        some = [row for row in rows if row["measure"] == measure]
        columns = [text_column("condition", within)] if any(map(within, some)) else []
        columns += [
            text_column("source"),
            number_column("levels", lambda row: row["levels"] or None, str),
            number_column("share", write=lambda share: f"{share:.0%}"),
            number_column("variance", "value"),
            interval_column(f"{percent(confidence)} interval"),
            number_column("p", write=probability),
            text_column("note"),
        ]
        yield titled(f"variance of {measure} over runs, by source", some, columns)
