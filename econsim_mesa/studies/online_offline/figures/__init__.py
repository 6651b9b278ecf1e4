"""The figures of the study, from the same panels and tables as its statistics."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from econsim_mesa.analysis.figures.forest import Bar, forest
from econsim_mesa.analysis.figures.series import time_series
from econsim_mesa.analysis.result_tables import Row, Tables
from econsim_mesa.experiment.load import Design, condition_columns
from econsim_mesa.experiment.measures import RunMeasures
from econsim_mesa.experiment.study import Label
from econsim_mesa.numbers import percent
from econsim_mesa.studies.online_offline.condition_panels import (
    ConditionPanels,
    axis_words,
    condition_panels,
    x_of,
)
from econsim_mesa.studies.online_offline.figures.curves import heat_scatter
from econsim_mesa.studies.online_offline.figures.dispersion import spread_scatter

if TYPE_CHECKING:
    from matplotlib.figure import Figure

UNITS = {
    "b2": "units sold per post squared",
    "b1": "units sold per post",
    "spread slope": "variance of sentiment per post",
}
"""Units of the coefficients, in the order in which they are drawn."""


class _Drawn(NamedTuple):
    """A condition that has run-days: its label, what names it in tables, and its panels."""

    label: str
    columns: Row
    panels: ConditionPanels


def figures(
    design: Design, measured: Mapping[str, RunMeasures], tables: Tables, label: Label
) -> dict[str, Figure]:
    """Return ``heat``, ``days``, ``coefficients`` and ``dispersion``; none without a run-day.

    ``label`` gives a condition's levels in words.
    """
    plan = design.experiment.plan
    every = zip(design.conditions, condition_panels(design, measured), strict=True)
    drawn = [
        _Drawn(label(condition.levels), condition_columns(design, condition), panels)
        for condition, panels in every
        if not panels.days.empty
    ]
    if not drawn:
        return {}
    x, y = axis_words(design)
    days = [(condition.label, condition.panels.days) for condition in drawn]
    return {
        "heat": heat_scatter(days, x=x_of(plan), y="y", words=(x, y), confidence=plan.confidence),
        "days": time_series(days, [("y", y), (x_of(plan), x)]),
        "coefficients": _coefficients(tables["curves"], drawn, plan.center, plan.confidence),
        "dispersion": _dispersion(tables["dispersion"], drawn),
    }


def _coefficients(
    rows: Sequence[Row], drawn: Sequence[_Drawn], center: float | None, confidence: float
) -> Figure:
    """Return the coefficients of the primary curve of each condition."""
    at = "the mean of" if center is None else f"{center:.3g}"
    columns: list[tuple[str, list[Bar]]] = []
    for name, title in (("b1", f"b1: slope at {at} posts a day"), ("b2", "b2: bend")):
        bars = []
        for condition in drawn:
            row = _row(rows, condition.columns, role="primary")
            parts = [
                None if row is None else row[f"{name}{part}"] for part in ("", "_low", "_high")
            ]
            bars.append(Bar(condition.label, *parts))
        columns.append((title, bars))
    bars_are = f"dot: estimate, bar: {percent(confidence)} interval"
    return forest(columns, [UNITS["b1"], UNITS["b2"]], bars_are)


def _dispersion(rows: Sequence[Row], drawn: Sequence[_Drawn]) -> Figure:
    shown = []
    for label, columns, panels in drawn:
        row = _row(rows, columns, measure="variance")
        slope = None if row is None else row["slope"]
        shown.append((label, panels.spreads, slope, panels.void))
    return spread_scatter(shown)


def _row(rows: Sequence[Row], columns: Row, **more: str) -> Row | None:
    """Return the row about a condition that has these entries; None: there is none."""
    wanted = json.dumps({**columns, **more}, sort_keys=True)
    keys = (*columns, *more)
    return next(
        (r for r in rows if json.dumps({k: r.get(k) for k in keys}, sort_keys=True) == wanted),
        None,
    )
