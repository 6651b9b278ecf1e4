"""Tables of a screening: the parameters that matter most, for each outcome."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType

from econsim_mesa.cli.tables import Column, Row, number_column, table
from econsim_mesa.numbers import interval, significant

MOST_PARAMETERS = 12
"""Most parameters that are shown for an outcome; the JSON has all of them."""
_KNOWN = frozenset(
    (
        *("parameter", "mu", "mu_star", "mu_star_half_width", "sigma", "trajectories"),
        *("measure", "contrast", "least", "mean", "most", "above_0", "points"),
    )
)
"""Values of rows that are not levels of factors."""


def screening_tables(
    rows: Sequence[Row], ranges: Sequence[Row], heading: str
) -> Iterator[RenderableType]:
    """Yield a table for each outcome, sorted by mu*; ``heading`` names the interval."""
    columns = [
        Column("parameter", lambda row: row["parameter"].removesuffix(".value"), align="left"),
        number_column("mu*", "mu_star"),
        Column(f"{heading} of mu*", _ends),
        number_column("mu", lambda row: None if row["mu_star"] is None else row["mu"]),
        number_column("sigma", lambda row: None if row["mu_star"] is None else row["sigma"]),
    ]
    for name in dict.fromkeys(map(_outcome, rows)):
        effects = [row for row in rows if _outcome(row) == name]
        observed = next((row for row in ranges if _outcome(row) == name), None)
        title = (
            f"{name}: effects of moving a parameter over its range, "
            f"{min(MOST_PARAMETERS, len(effects))} largest of {len(effects)} "
            f"({effects[0]['trajectories']} trajectories){_range(observed)}"
        )
        yield table(columns, effects[:MOST_PARAMETERS], title=title)


def _outcome(row: Row) -> str:
    """Return the outcome in words: the measure, and its contrast or condition."""
    factors = [f"{key.split('.')[-1]} {value}" for key, value in row.items() if key not in _KNOWN]
    contrast = [] if row["contrast"] is None else [f"difference made by {row['contrast']}"]
    return ", ".join([row["measure"], *contrast, *factors])


def _range(observed: Row | None) -> str:
    """Return the range of an outcome over the points of the screening, in words."""
    if observed is None or observed["mean"] is None:
        return ""
    mean = significant(observed["mean"])
    positive = f"above 0 at {observed['above_0']} of {observed['points']} points"
    return f"; {interval(observed['least'], observed['most'])}, mean {mean}, {positive}"


def _ends(row: Row) -> str:
    star, half = row["mu_star"], row["mu_star_half_width"]
    return interval(None, None) if star is None else interval(max(star - half, 0.0), star + half)
