"""The table of a screening for people: the parameters that matter most, for each outcome."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich import box
from rich.table import Table

from econsim_mesa.cli.cells import number

_SHOWN = 12
"""Parameters shown of each outcome; all of them are in the JSON."""
_FIGURES = ("parameter", "mu", "mu_star", "mu_star_half_width", "sigma", "trajectories")
Row = Mapping[str, Any]


def screening_tables(
    rows: Sequence[Row], ranges: Sequence[Row], interval: str = "interval"
) -> Iterator[Table]:
    """Yield a table for each outcome, the largest mu* first; ``interval`` names that of mu*."""
    for name in dict.fromkeys(map(_outcome, rows)):
        some = [row for row in rows if _outcome(row) == name]
        found = next((row for row in ranges if _outcome(row) == name), None)
        table = Table(
            title=f"{name}: effects of moving a parameter over its range, "
            f"{min(_SHOWN, len(some))} largest of {len(some)} "
            f"({some[0]['trajectories']} trajectories){_range(found)}",
            box=box.SIMPLE_HEAD,
            title_justify="left",
            pad_edge=False,
            padding=(0, 1),
        )
        table.add_column("parameter", no_wrap=True)
        for heading in ("mu*", f"{interval} of mu*", "mu", "sigma"):
            table.add_column(heading, justify="right", no_wrap=True)
        for row in some[:_SHOWN]:
            table.add_row(row["parameter"].removesuffix(".value"), *_figures(row))
        yield table


def _outcome(row: Row) -> str:
    """Return what is moved, in words: the measure, and the contrast or condition it is of."""
    known = (*_FIGURES, "measure", "contrast", "least", "mean", "most", "above_0", "points")
    within = [f"{key.split('.')[-1]} {one}" for key, one in row.items() if key not in known]
    of = [] if row["contrast"] is None else [f"difference made by {row['contrast']}"]
    return ", ".join([row["measure"], *of, *within])


def _range(found: Row | None) -> str:
    if found is None or found["mean"] is None:
        return ""
    least, mean, most = (number(found[name]) for name in ("least", "mean", "most"))
    positive = f"above 0 at {found['above_0']} of {found['points']} points"
    return f"; {least} to {most}, mean {mean}, {positive}"


def _figures(row: Row) -> tuple[str, str, str, str]:
    if row["mu_star"] is None:
        return "-", "-", "-", "-"
    star, half = row["mu_star"], row["mu_star_half_width"]
    ends = f"{number(max(star - half, 0.0))} to {number(star + half)}"
    return number(star), ends, number(row["mu"]), number(row["sigma"])
