"""The figures of an experiment, from the same panels and tables as its statistics."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from econsim_mesa.numbers import percent
from econsim_mesa.studies.online_offline.figures.curves import heat_scatter
from econsim_mesa.studies.online_offline.figures.dispersion import spread_scatter
from econsim_mesa.analysis.figures.forest import Bar, forest
from econsim_mesa.analysis.figures.responses import response_figure
from econsim_mesa.analysis.figures.series import time_series
from econsim_mesa.analysis.result_tables import Row, Tables
from econsim_mesa.experiment.load import Design
from econsim_mesa.experiment.measures import RunMeasures
from econsim_mesa.experiment.pairs import name_of_contrast
from econsim_mesa.studies.online_offline.condition_panels import Panels, panels, x_of
from econsim_mesa.studies.online_offline.tables import named
from econsim_mesa.experiment.tables import primary
from econsim_mesa.numbers import percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figures(
    design: Design,
    measured: Mapping[str, RunMeasures],
    tables: Tables,
    label: Callable[[Mapping[str, Any]], str],
) -> dict[str, Figure]:
    """Return the figures by name; ``label`` gives a condition's levels in words.

    ``heat``, ``days``, ``coefficients``, ``dispersion``, ``ablations`` and, where the plan names
    a day of an event, ``responses``. A figure with nothing to show is left out.
    """
    plan = design.experiment.plan
    made = [
        (label(condition.levels), named(design, condition), one)
        for condition, one in zip(design.conditions, panels(design, measured), strict=True)
        if not one.days.empty
    ]
    if not made or "curves" not in tables:  # a screening has no curves
        return {}
    x, y = _words(design)
    days = [(name, one.days) for name, _, one in made]
    found = {
        "heat": heat_scatter(
            days,
            x=x_of(plan),
            y="y",
            words=(x, y),
            confidence=plan.confidence,
        ),
        "days": time_series(days, [("y", y), (x_of(plan), x)]),
        "coefficients": _coefficients(tables["curves"], made, plan.center, _bars(plan.confidence)),
        "dispersion": _dispersion(tables["dispersion"], made),
    }
    if any(row["difference"] is not None for row in tables["ablations"]):
        found["ablations"] = _ablations(tables["ablations"], _bars(plan.confidence))
    if tables.get("responses"):
        told = [row | {"contrast": name_of_contrast(row)} for row in tables["responses"]]
        found["responses"] = response_figure(told, plan.confidence)
    return found


Named = Sequence[tuple[str, Row, Panels]]


def _words(design: Design) -> tuple[str, str]:
    plan = design.experiment.plan
    posts = "scripted posts" if plan.x == "scripted" else f"posts {plan.keyword or ''}".strip()
    return f"{posts} a day", f"{primary(plan)} a day"


_UNITS = {
    "b1": "units sold per post",
    "b2": "units sold per post squared",
    "spread slope": "variance of sentiment per post",
}


def _bars(confidence: float) -> str:
    return f"dot: estimate, bar: {percent(confidence)} interval"


def _coefficients(rows: Sequence[Row], made: Named, center: float | None, bars_are: str) -> Figure:
    """Return the coefficients of the primary curve of each condition."""
    at = "the mean of" if center is None else f"{center:.3g}"
    columns: list[tuple[str, list[Bar]]] = []
    for name, title in (("b1", f"b1: slope at {at} posts a day"), ("b2", "b2: bend")):
        bars = []
        for label, told, _ in made:
            row = _row(rows, told, role="primary")
            parts = [
                None if row is None else row[f"{name}{part}"] for part in ("", "_low", "_high")
            ]
            bars.append(Bar(label, *parts))
        columns.append((title, bars))
    return forest(columns, [_UNITS["b1"], _UNITS["b2"]], bars_are)


def _dispersion(rows: Sequence[Row], made: Named) -> Figure:
    shown = []
    for label, told, one in made:
        row = _row(rows, told, measure="variance")
        shown.append((label, one.spreads, None if row is None else row["slope"], one.void))
    return spread_scatter(shown)


def _ablations(rows: Sequence[Row], bars_are: str) -> Figure:
    """Return the difference of each coefficient between the sides of the contrasts."""
    names = [name for name in ("b2", "b1", "spread slope") if any(
        row["measure"] == name and row["difference"] is not None for row in rows)]  # fmt: skip
    columns = []
    for name in names:
        some = [row for row in rows if row["measure"] == name]
        bars = [
            Bar(name_of_contrast(row), row["difference"], row["low"], row["high"]) for row in some
        ]
        columns.append((f"difference of {name}", bars))
    return forest(columns, [_UNITS[name] for name in names], f"{bars_are} over pairs")


def _row(rows: Sequence[Row], told: Row, **more: str) -> Row | None:
    wanted = json.dumps({**told, **more}, sort_keys=True)
    keys = (*told, *more)
    return next(
        (r for r in rows if json.dumps({k: r.get(k) for k in keys}, sort_keys=True) == wanted),
        None,
    )
