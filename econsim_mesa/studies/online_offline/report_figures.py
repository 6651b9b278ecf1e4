"""The report's figures: the curve of each condition with its band, and its days in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from econsim_mesa.evidence.report.plot import (
    Line,
    Plot,
    day_scales,
    days_in_order,
    number_scales,
    points_and_curve,
)
from econsim_mesa.experiment.level_names import label_of
from econsim_mesa.experiment.load import Design
from econsim_mesa.experiment.measures import RunMeasures
from econsim_mesa.studies.online_offline.condition_panels import (
    axis_words,
    condition_panels,
    x_of,
)
from econsim_mesa.studies.online_offline.run_day_curve import curve

if TYPE_CHECKING:
    import pandas as pd

MOST_PLOTS = 4
"""Conditions that are drawn, the first ones; figures of ``econsim analyze`` have more."""


class ReportFigures(NamedTuple):
    """Plots of conditions, and how many conditions with run-days are not drawn.

    Attributes:
        curves: The outcome over x with the fitted curve.
        days: The outcome over days.
        lowered: Whether a day is shaded.
        left: Number of conditions that are not drawn.
    """

    curves: list[Plot]
    days: list[Plot]
    lowered: bool
    left: int


def report_figures(design: Design, measured: Mapping[str, RunMeasures]) -> ReportFigures:
    """Return the plots of the first conditions that have run-days."""
    panels = zip(design.conditions, condition_panels(design, measured), strict=True)
    known = [
        (label_of(condition.levels), found.days)
        for condition, found in panels
        if not found.days.empty
    ]
    shown = known[:MOST_PLOTS]
    days = _days(shown, axis_words(design)[1])
    return ReportFigures(
        curves=_curves(shown, design),
        days=days,
        lowered=any(plot.shades for plot in days),
        left=len(known) - len(shown),
    )


def _curves(shown: Sequence[tuple[str, pd.DataFrame]], design: Design) -> list[Plot]:
    plan = design.experiment.plan
    drawn = [(label, curve(days, x_of(plan), "y", plan.confidence)) for label, days in shown]
    drawn = [(label, found) for label, found in drawn if found.x.size]
    if not drawn:
        return []
    scales = number_scales(
        [x for _, found in drawn for x in found.x.tolist()],
        [y for _, found in drawn for y in found.y.tolist()],
    )
    words = axis_words(design)
    return [
        points_and_curve(
            label,
            words,
            scales,
            list(zip(found.x.tolist(), found.y.tolist(), strict=True)),
            None if found.line is None else Line(*(part.tolist() for part in found.line)),
        )
        for label, found in drawn
    ]


def _days(shown: Sequence[tuple[str, pd.DataFrame]], y: str) -> list[Plot]:
    """Return the outcome over days: means of runs with the middle 80 % of runs."""
    lines = [
        (label, _line(days), _lowered(days), sorted(set(days["day"]))) for label, days in shown
    ]
    if not lines:
        return []
    scales = day_scales(
        max(len(names) for *_, names in lines),
        [high for _, line, _, _ in lines for high in line.high],
    )
    return [
        days_in_order(label, ("day", y), scales, [name[5:] for name in names], line, lowered)
        for label, line, lowered, names in lines
    ]


def _line(days: pd.DataFrame) -> Line:
    by_day = days.groupby("day", sort=True)["y"]
    parts = (by_day.mean(), by_day.quantile(0.1), by_day.quantile(0.9))
    mean, low, high = (part.tolist() for part in parts)
    return Line(range(len(mean)), mean, low, high)


def _lowered(days: pd.DataFrame) -> list[float]:
    """Return the share of runs whose price on a day is below the highest of its run."""
    price = days["price"]
    below = price < price.groupby(days["run"]).transform("max") - 1e-9
    return [float(share) for share in below.groupby(days["day"], sort=True).mean()]
