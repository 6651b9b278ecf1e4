"""The table of a screening for people: the parameters that matter most, for each measure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich import box
from rich.table import Table

_SHOWN = 12
"""Parameters shown of each measure; all of them are in the JSON."""


def screening_tables(rows: Sequence[Mapping[str, Any]]) -> Iterator[Table]:
    """Yield a table for each measure, the largest mu* first."""
    for name in dict.fromkeys(row["measure"] for row in rows):
        some = [row for row in rows if row["measure"] == name]
        table = Table(
            title=f"{name}: effects of moving a parameter over its range, {_SHOWN} largest of "
            f"{len(some)} ({some[0]['trajectories']} trajectories)",
            box=box.SIMPLE_HEAD,
            title_justify="left",
            pad_edge=False,
            padding=(0, 1),
        )
        table.add_column("parameter", no_wrap=True)
        for heading in ("mu*", "interval of mu*", "mu", "sigma"):
            table.add_column(heading, justify="right", no_wrap=True)
        for row in some[:_SHOWN]:
            table.add_row(row["parameter"].removesuffix(".value"), *_figures(row))
        yield table


def _figures(row: Mapping[str, Any]) -> tuple[str, str, str, str]:
    if row["mu_star"] is None:
        return "-", "-", "-", "-"
    star, half = row["mu_star"], row["mu_star_half_width"]
    return (
        f"{star:,.2f}",
        f"{max(star - half, 0.0):,.2f} to {star + half:,.2f}",
        f"{row['mu']:+,.2f}",
        f"{row['sigma']:,.2f}",
    )
