"""Least squares with errors clustered by run, and tests of combinations of coefficients.

The error of an estimate is its jackknife over runs: the same regression without each run in turn
(CV3; MacKinnon, Nielsen and Webb 2023, J. Applied Econometrics 38(5)), with Student's t of R - 1
degrees of freedom. Beside it stands the clustered error, the sandwich with the factor
R/(R-1) (N-1)/(N-K) (CV1; Cameron and Miller 2015, J. Human Resources 50(2)). That is too small
where a few runs or a few days of high x carry the estimate, as where noise grows with x.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from econsim_mesa.analysis.design_matrix import DesignMatrix, NotIdentified
from econsim_mesa.analysis.inference import t_interval, t_tail, t_two_sided
from econsim_mesa.analysis.resampling import RunMoments, jackknife_covariance, leave_one_out_counts
from econsim_mesa.society.rng import Floats


class Estimate(NamedTuple):
    """A number with its error, t, two-sided p and interval of the fit's confidence.

    These are of the jackknife over runs; ``clustered_error`` and its p stand beside them. NaN:
    without one of the runs the estimate could not be made.
    """

    value: float
    error: float
    t: float
    p: float
    low: float
    high: float
    clustered_error: float
    clustered_p: float


@dataclass(frozen=True)
class ClusteredFit:
    """The coefficients of interest, in the order of the design.

    ``covariance`` [q, q] is the jackknife's over runs, and ``clustered`` [q, q] the sandwich.
    ``noise`` is the standard deviation of the residuals.
    """

    names: tuple[str, ...]
    values: Floats
    covariance: Floats
    clustered: Floats
    noise: float
    degrees: int
    run_days: int
    confidence: float = 0.95

    def estimate(self, weights: Sequence[float] | Floats) -> Estimate:
        """Return the combination of coefficients with these weights."""
        value, error = self._with_error(weights, self.covariance)
        t = _ratio(value, error)
        beside = self._with_error(weights, self.clustered)
        return Estimate(
            value,
            error,
            t,
            t_two_sided(t, self.degrees),
            *t_interval(value, error, self.degrees, self.confidence),
            beside[1],
            t_two_sided(_ratio(*beside), self.degrees),
        )

    def coefficient(self, name: str) -> Estimate:
        """Return one coefficient by name."""
        return self.estimate([float(name == other) for other in self.names])

    def p_above(self, weights: Sequence[float] | Floats) -> float:
        """Return the one-sided p of "the combination is not above 0", by the clustered error."""
        return t_tail(_ratio(*self._with_error(weights, self.clustered)), self.degrees)

    def _with_error(
        self, weights: Sequence[float] | Floats, covariance: Floats
    ) -> tuple[float, float]:
        w = np.asarray(weights, dtype=float)
        variance = float(w @ covariance @ w)
        error = float(np.sqrt(variance if np.isnan(variance) else max(variance, 0.0)))
        return float(w @ self.values), error


def _ratio(value: float, error: float) -> float:
    return value / error if error > 0 else float("nan")


def fit_clustered(
    design: DesignMatrix, y: Floats, weights: Floats | None = None, *, confidence: float = 0.95
) -> ClusteredFit:
    """Fit ``y`` [run-days] on a design, weighted if ``weights`` are given.

    All intervals of the fit have this ``confidence``.
    Raises ``NotIdentified`` if ``y`` does not vary within any run: then every error would be 0.
    """
    refuse_constant(design, y)
    matrix, scale = design.scaled()
    root = np.ones(len(y)) if weights is None else np.sqrt(weights)
    rows, columns = matrix.shape
    q, r = np.linalg.qr(matrix * root[:, None])
    bread = np.linalg.inv(r)
    values = bread @ (q.T @ (root * y))
    rest = root * (y - matrix @ values)
    first = columns - design.interest
    number = len(design.run_names)
    member = (design.runs == np.arange(number)[:, None]).astype(float)
    scores = (member @ (q * rest[:, None])) @ bread[first:].T
    factor = number / (number - 1) * (rows - 1) / (rows - columns)
    scale = scale[first:]
    return ClusteredFit(
        design.names[first:],
        values[first:] / scale,
        jackknife_covariance(_left_out(design, y, weights)) / np.outer(scale, scale),
        factor * (scores.T @ scores) / np.outer(scale, scale),
        float(np.sqrt(rest @ rest / (rows - columns))),
        number - 1,
        rows,
        confidence,
    )


def _left_out(design: DesignMatrix, y: Floats, weights: Floats | None) -> Floats:
    """Return [runs, q] coefficients of interest of the scaled columns, without each run in turn."""
    number, matrix = len(design.run_names), design.scaled()[0]
    effects, terms = matrix[:, design.within], matrix[:, -design.interest :]
    moments = RunMoments(design.runs, number, effects, terms, y, weights, full=design.full)
    return moments.coefficients(leave_one_out_counts(number))


def refuse_constant(design: DesignMatrix, y: Floats) -> None:
    """Raise ``NotIdentified`` if ``y`` [run-days] takes one value on all days of each run."""
    order = np.lexsort((y, design.runs))
    rise = np.diff(y[order])[np.diff(design.runs[order]) == 0]
    if not (rise > 0).any():
        raise NotIdentified(
            "what is to be explained takes one value on all days of each run; there is nothing "
            "to explain: choose another item, keyword or longer runs"
        )
