"""The interval of a turning point, which is a ratio of two estimates: Fieller, or a bootstrap.

The delta method is left out: it is symmetric and too short where the bend is weak.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from econsim_mesa.analysis.clustered import ClusteredFit
from econsim_mesa.analysis.inference import central_interval, t_critical
from econsim_mesa.analysis.resampling import bootstrap_counts, moments_of
from econsim_mesa.society.rng import Floats

if TYPE_CHECKING:
    import pandas as pd


def fieller_interval(fit: ClusteredFit, center: float) -> tuple[float, float]:
    """Return the interval of c - b1 / (2 b2) from coefficients (b1, b2), at the fit's confidence.

    By the clustered errors, as all parts of the verdict.

    It holds all z with (b1 + 2 z b2)^2 <= t^2 Var(b1 + 2 z b2) (Fieller 1954, J. Royal Stat.
    Soc. B 16(2)). Where b2 is not significantly other than 0 that set has no bounds: then
    (-inf, inf).
    """
    (b1, b2), v = fit.values, fit.clustered
    t2 = t_critical(fit.confidence, fit.degrees) ** 2
    a = 4 * (b2**2 - t2 * v[1, 1])
    b = 4 * (b1 * b2 - t2 * v[0, 1])
    c = b1**2 - t2 * v[0, 0]
    if not a > 0:
        return -np.inf, np.inf
    root = float(np.sqrt(max(b * b - 4 * a * c, 0.0)))
    return float(center + (-b - root) / (2 * a)), float(center + (-b + root) / (2 * a))


def bootstrap_interval(
    panel: pd.DataFrame,
    terms: Mapping[str, Floats],
    controls: Sequence[Floats],
    y: Floats,
    center: float,
    draws: int,
    generator: np.random.Generator,
    confidence: float = 0.95,
) -> tuple[float, float]:
    """Return the percentile interval of the turning point over draws of whole runs.

    ``terms`` are (x - c) and its square. (NaN, NaN) if a draw in 20 or more identifies nothing.
    """
    besides = {f"control {j}": column for j, column in enumerate(controls)}
    moments = moments_of(panel, {**terms, **besides}, y)
    found = moments.coefficients(bootstrap_counts(panel["run"].nunique(), draws, generator))
    known = found[np.isfinite(found).all(axis=1) & (found[:, 1] != 0)]
    if len(known) <= 0.95 * draws:
        return float("nan"), float("nan")
    tops = center - known[:, 0] / (2 * known[:, 1])
    low, high = np.quantile(tops, central_interval(confidence))
    return float(low), float(high)
