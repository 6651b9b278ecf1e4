"""Least squares with errors clustered by run, and what follows for a combination of coefficients.

Cluster-robust covariance with the finite-sample factor R/(R-1) (N-1)/(N-K) and Student's t with
R - 1 degrees of freedom (Cameron and Miller 2015, J. Human Resources 50(2)), by statsmodels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from econsim_mesa.analysis.design import Design, NotIdentified
from econsim_mesa.analysis.distributions import middle_of, t_quantile, t_tail, t_two_sided
from econsim_mesa.rng import Floats


class Estimate(NamedTuple):
    """A number with its standard error, t, two-sided p and interval of the fit's confidence."""

    value: float
    error: float
    t: float
    p: float
    low: float
    high: float


@dataclass(frozen=True)
class ClusteredFit:
    """The coefficients of interest, in the order of the design, and their covariance [q, q]."""

    names: tuple[str, ...]
    values: Floats
    covariance: Floats
    degrees: int
    run_days: int
    confidence: float = 0.95

    def estimate(self, weights: Sequence[float] | Floats) -> Estimate:
        """Return the combination of coefficients with these weights."""
        value, error, t = self._ratio(weights)
        margin = t_quantile(middle_of(self.confidence)[1], self.degrees) * error
        p = t_two_sided(t, self.degrees)
        return Estimate(value, error, t, p, value - margin, value + margin)

    def coefficient(self, name: str) -> Estimate:
        """Return one coefficient by name."""
        return self.estimate([float(name == other) for other in self.names])

    def p_above(self, weights: Sequence[float] | Floats) -> float:
        """Return the one-sided p of "the combination is not above 0"."""
        return t_tail(self._ratio(weights)[2], self.degrees)

    def _ratio(self, weights: Sequence[float] | Floats) -> tuple[float, float, float]:
        w = np.asarray(weights, dtype=float)
        value = float(w @ self.values)
        error = float(np.sqrt(max(float(w @ self.covariance @ w), 0.0)))
        return value, error, value / error if error > 0 else float("nan")


def fit_clustered(
    design: Design, y: Floats, weights: Floats | None = None, *, confidence: float = 0.95
) -> ClusteredFit:
    """Fit ``y`` [run-days] on a design, weighted if ``weights`` are given.

    ``confidence`` is that of all intervals of the fit.
    Raises ``NotIdentified`` if ``y`` does not vary within any run: then every error would be 0.
    """
    from statsmodels.regression.linear_model import OLS, WLS

    refuse_constant(design, y)
    matrix, scale = design.scaled()
    model = OLS(y, matrix) if weights is None else WLS(y, matrix, weights=weights)
    fit = model.fit(cov_type="cluster", cov_kwds={"groups": design.runs}, use_t=True)
    first = matrix.shape[1] - design.interest
    covariance = np.asarray(fit.cov_params(), dtype=float) / np.outer(scale, scale)
    return ClusteredFit(
        design.names[first:],
        (np.asarray(fit.params, dtype=float) / scale)[first:],
        covariance[first:, first:],
        len(design.run_names) - 1,
        len(y),
        confidence,
    )


def refuse_constant(design: Design, y: Floats) -> None:
    """Raise ``NotIdentified`` if ``y`` [run-days] takes one value on all days of each run."""
    order = np.lexsort((y, design.runs))
    rise = np.diff(y[order])[np.diff(design.runs[order]) == 0]
    if not (rise > 0).any():
        raise NotIdentified(
            "what is to be explained takes one value on all days of each run; there is nothing "
            "to explain: choose another item, keyword or longer runs"
        )
