"""Paired differences of an experiment for people: a table a contrast, and which seeds lack."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from econsim_mesa.cli.cells import note
from econsim_mesa.cli.experiment_responses import by_contrast
from econsim_mesa.experiment.pairs import name_of_contrast

if TYPE_CHECKING:
    from econsim_mesa.experiment import Design

Row = Mapping[str, Any]
MOST_CONTRASTS = 4
"""Contrasts above which only what is registered, and the arrows of the loop, are printed."""
_ASKED = "\n* registered before the first run; all else is exploratory"


def contrast_tables(
    design: Design,
    rows: Sequence[Row],
    label: Callable[[Mapping[str, Any]], str],
    number: Callable[[float | None], str],
) -> Iterator[Group | Text]:
    """Yield what is printed of contrasts; ``label`` gives a side's levels in words."""
    from econsim_mesa.experiment.responses import responding
    from econsim_mesa.experiment.tables import primary
    from econsim_mesa.numbers import percent

    plan, groups = design.experiment.plan, by_contrast(rows)
    outcome, held = primary(plan), f"{percent(plan.confidence)} interval"
    main = set(responding(plan)) if len(groups) > MOST_CONTRASTS else None
    for some in groups:
        shown = [row for row in some if main is None or row["registered"] or row["measure"] in main]
        yield _contrast(some, shown, outcome, held, label, number)
    if main is not None:
        yield note("not shown", "other measures of these contrasts: they are in tables.json")
    seeds = len(design.experiment.seeds)
    for some in groups:
        n = next((row["n"] for row in some if row["measure"] == outcome), seeds)
        if n < seeds:
            lost = f"{seeds - n} of {seeds} seeds lack a run of one side, and are left out"
            yield note("unpaired", f"{name_of_contrast(some[0])}: {lost}")


def _contrast(
    rows: Sequence[Row],
    shown: Sequence[Row],
    outcome: str,
    held: str,
    label: Callable[[Mapping[str, Any]], str],
    number: Callable[[float | None], str],
) -> Group | Text:
    """Return a contrast's table below its title, which may be wider."""
    a, b = label(rows[0]["a"]), label(rows[0]["b"])
    title = f"{name_of_contrast(rows[0])}: {a} minus {b}, paired by seed, per run"
    if all(row["mean"] == 0 and row["sd"] == 0 for row in rows if row["n"]) and rows[0]["n"] > 1:
        same = f"no measure differs in any of {rows[0]['n']} pairs: what is varied has no effect"
        return Text(f"{title}\n", "italic").append(f"{same} here", "not italic").append("\n")
    title += _ASKED if any(row["registered"] for row in shown) else "; exploratory"
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for heading in ("", "mean", "sd", held, "n"):
        table.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    for row in shown:
        ends = "-" if row["low"] is None else f"{number(row['low'])} to {number(row['high'])}"
        table.add_row(
            f"{row['measure']} *" if row["registered"] else row["measure"],
            number(row["mean"]),
            number(row["sd"]),
            ends,
            f"{row['n']}",
            style="bold" if row["measure"] == outcome else "",
        )
    return Group(Text(title, "italic"), table)
