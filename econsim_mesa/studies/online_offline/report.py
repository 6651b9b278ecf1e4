"""The report's part about the published pattern: a curve in each condition, and ablations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from econsim_mesa.evidence.report.templating import IntervalCell, render
from econsim_mesa.experiment.folder import TABLES
from econsim_mesa.experiment.load import Design
from econsim_mesa.experiment.measures import RunMeasures
from econsim_mesa.numbers import percent
from econsim_mesa.studies.online_offline.condition_panels import axis_words
from econsim_mesa.studies.online_offline.report_figures import report_figures

if TYPE_CHECKING:
    from markupsafe import Markup


class PowerCell(NamedTuple):
    """The rate at which an inverted U of a height is found."""

    rate: float
    height: float


class CurveRow(NamedTuple):
    """The curve of daily sales over daily posts in one condition.

    Attributes:
        levels: The condition: its level of each factor that varies between curves.
        shape: The verdict on the shape.
        bend: The quadratic coefficient.
        range: 5th and 95th percentile of posts.
        power: How often an inverted U of the smallest height that counts would be found.
        runs: Number of runs.
    """

    levels: list[str]
    shape: str
    bend: IntervalCell
    range: tuple[float, float] | None
    power: PowerCell | None
    runs: int | None


def pattern(
    design: Design,
    measured: Mapping[str, RunMeasures],
    tables: Mapping[str, Sequence[Mapping[str, Any]]],
) -> Markup:
    """Return figures and tables as HTML; a table without rows is left out."""
    curves = [row for row in tables.get("curves", ()) if row["role"] == "primary"]
    factors = _varied_factors(curves)
    return render(
        __package__,
        "pattern.html",
        TABLES=TABLES,
        words=axis_words(design),
        figures=report_figures(design, measured),
        confidence=percent(design.experiment.plan.confidence),
        factors=factors,
        curves=[_curve(row, factors, tables.get("power", ())) for row in curves],
        ablations=[
            (
                row["contrast"],
                IntervalCell(row["difference"], row["low"], row["high"], row["pairs"]),
            )
            for row in tables.get("ablations", ())
            if row["measure"] == "b2"
        ],
    )


def _curve(
    row: Mapping[str, Any], factors: Sequence[str], powers: Sequence[Mapping[str, Any]]
) -> CurveRow:
    known = row.get("x_low") is not None
    return CurveRow(
        levels=[str(row.get(factor)) for factor in factors],
        shape="cannot be told" if row.get("why") else row["verdict"],
        bend=IntervalCell(row.get("b2"), row.get("b2_low"), row.get("b2_high")),
        range=(row["x_low"], row["x_high"]) if known else None,
        power=_power(row, powers),
        runs=row.get("runs"),
    )


def _power(row: Mapping[str, Any], powers: Sequence[Mapping[str, Any]]) -> PowerCell | None:
    """Return the power in the condition of a curve, for the smallest height that counts."""
    wanted = {factor: row[factor] for factor in _factors(row)} | {"height": row.get("smallest")}
    for power in powers:
        if power.items() >= wanted.items():
            return PowerCell(power["rate"], power["height"])
    return None


def _factors(row: Mapping[str, Any]) -> list[str]:
    """Return the keys of a row that name its condition: those before ``role``."""
    keys = list(row)
    return keys[: keys.index("role")]


def _varied_factors(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the factors that differ between rows; where none does, the first one."""
    if not rows:
        return []
    factors = _factors(rows[0])
    varied = [name for name in factors if len({str(row.get(name)) for row in rows}) > 1]
    return varied or factors[:1]
