"""What is drawn of a condition's run-days: points, and the fitted quadratic with its band."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from econsim_mesa.analysis.clustered import ClusteredFit, fit_clustered
from econsim_mesa.analysis.design_matrix import NotIdentified, build_design, complete_cases
from econsim_mesa.analysis.inference import t_critical
from econsim_mesa.society.rng import Floats

if TYPE_CHECKING:
    import pandas as pd

_POINTS = 80


class Curve(NamedTuple):
    """Points of run-days, effects of run and day taken out, and the curve [x, y, low, high]."""

    x: Floats
    y: Floats
    line: tuple[Floats, Floats, Floats, Floats] | None


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
