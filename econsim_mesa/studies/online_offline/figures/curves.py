"""Heat against heat: run-days and the curve with its band, a panel a condition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from econsim_mesa.analysis.clustered import ClusteredFit, fit_clustered
from econsim_mesa.analysis.design_matrix import NotIdentified, build_design, complete_cases
from econsim_mesa.analysis.figures.style import BAND, COLORS, panel_each, style, wrapped
from econsim_mesa.analysis.inference import t_critical
from econsim_mesa.numbers import percent
from econsim_mesa.society.rng import Floats

if TYPE_CHECKING:
    import pandas as pd

_POINTS = 80


class Curve(NamedTuple):
    """Points of run-days, effects of run and day taken out, and the curve [x, y, low, high]."""

    x: Floats
    y: Floats
    line: tuple[Floats, Floats, Floats, Floats] | None


def heat_scatter(
    conditions: Sequence[tuple[str, pd.DataFrame]],
    *,
    x: str,
    y: str,
    words: tuple[str, str],
    confidence: float = 0.95,
) -> Figure:
    """Draw y over x for each condition, with the fitted quadratic and the band of its interval.

    ``words`` name x and y. Where the curve cannot be identified the days stand alone.
    """
    with style():
        figure, places, rest = panel_each(conditions)
        drawn = [(axes, label, curve(panel, x, y, confidence)) for axes, (label, panel) in places]
        top = max((float(days.y.max()) for _, _, days in drawn if days.y.size), default=1.0)
        for axes, label, days in drawn:
            axes.scatter(days.x, days.y, s=7, color="#888888", alpha=0.6, linewidths=0)
            if days.line is not None:
                at, middle, low, high = days.line
                axes.fill_between(at, low, high, color=COLORS[0], alpha=BAND, linewidth=0)
                axes.plot(at, middle, color=COLORS[0])
            alone = "" if days.line is not None else "\nno curve: days as they are"
            axes.set_title(wrapped(label) + alone)
            axes.set_ylim(min(0.0, float(days.y.min()) if days.y.size else 0.0), 1.08 * top)
        band = f"line: quadratic; band: {percent(confidence)} interval{rest}"
        figure.supxlabel(f"{words[0]} ({band})", fontsize=8)
        figure.supylabel(f"{words[1]},\neffects of run and day taken out", fontsize=8)
        return figure


def curve(panel: pd.DataFrame, x: str, y: str, confidence: float = 0.95) -> Curve:
    """Return what is drawn of a condition: the fit of the inverted-U test without controls."""
    if panel.empty:
        return Curve(np.empty(0), np.empty(0), None)
    frame, _ = complete_cases(panel, [x, y])
    xs, ys = frame[x].to_numpy(float), frame[y].to_numpy(float)
    center = float(xs.mean())
    d = xs - center
    try:
        design = build_design(frame, {"linear": d, "square": d**2})
        fit = fit_clustered(design, ys, confidence=confidence)
    except NotIdentified:
        return Curve(xs, ys, None)
    terms = np.column_stack([d, d**2])
    effects = design.matrix[:, :-2]
    rest = ys - terms @ fit.values
    rest = rest - effects @ np.linalg.lstsq(effects, rest, rcond=None)[0]
    level = float(ys.mean())
    points = level + (terms - terms.mean(axis=0)) @ fit.values + rest
    return Curve(xs, points, _line(fit, terms.mean(axis=0), xs, center, level))


def _line(
    fit: ClusteredFit, mean: Floats, xs: Floats, center: float, level: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return the curve about the mean of y, and its band: that of the distance from the mean."""
    at = np.linspace(xs.min(), xs.max(), _POINTS)
    rows = np.column_stack([at - center, (at - center) ** 2]) - mean
    middle = level + rows @ fit.values
    error = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", rows, fit.covariance, rows), 0.0))
    half = t_critical(fit.confidence, fit.degrees) * error
    return at, middle, middle - half, middle + half
