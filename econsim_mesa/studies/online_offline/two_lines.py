"""The two-lines test: one line up to a breakpoint, another after it (Simonsohn 2018).

Advances in Methods and Practices in Psychological Science 1(4). An inverted U asks for a first
slope above 0 and a second below 0, each with a two-sided p below the level; no shape is assumed.
The breakpoint is set by the "Robin Hood" rule: within the flat top of a smooth curve, toward the
line whose slope is known better. Here with effects of run and day, errors by the jackknife over
runs, and a restricted cubic spline for the smooth curve.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from econsim_mesa.analysis.clustered import Estimate, fit_clustered
from econsim_mesa.analysis.design_matrix import NotIdentified, build_design, complete_cases
from econsim_mesa.analysis.inference import alpha
from econsim_mesa.society.rng import Floats
from econsim_mesa.studies.online_offline.spline import knots, spline_basis

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class TwoLines:
    """Slopes left and right of ``breakpoint`` (a value of x), and whether they turn over."""

    verdict: Literal["inverted U", "no inverted U"]
    breakpoint: float
    first: Estimate
    second: Estimate
    missing: int

    def to_rows(self) -> list[dict[str, object]]:
        """Return one row a part, ready for a table."""
        return [
            {"part": "verdict", "value": self.verdict},
            {"part": "breakpoint", "value": self.breakpoint},
            {"part": "first slope", **self.first._asdict()},
            {"part": "second slope", **self.second._asdict()},
            {"part": "missing", "value": self.missing},
        ]


def two_lines(
    panel: pd.DataFrame, *, x: str = "x", y: str = "y", confidence: float = 0.95
) -> TwoLines:
    """Test for an inverted U of ``y`` over ``x`` by two lines. Raises ``NotIdentified``.

    ``confidence`` is that of intervals, and 1 less it the level of the verdict.
    """
    frame, missing = complete_cases(panel, [x, y])
    xs, ys = frame[x].to_numpy(float), frame[y].to_numpy(float)
    flat = _flat_top(frame, xs, ys)
    first, second = interrupted(frame, xs, ys, float(np.median(flat)))
    strength = abs(first.t), abs(second.t)
    known = bool(np.isfinite(sum(strength))) and sum(strength) > 0
    at = float(np.quantile(flat, strength[1] / sum(strength) if known else 0.5))
    first, second = interrupted(frame, xs, ys, at, confidence)
    turns = first.value > 0 > second.value and max(first.p, second.p) < alpha(confidence)
    return TwoLines("inverted U" if turns else "no inverted U", at, first, second, missing)


def interrupted(
    frame: pd.DataFrame,
    xs: Floats,
    ys: Floats,
    at: float,
    confidence: float = 0.95,
    *,
    controls: Mapping[str, Floats] | None = None,
) -> tuple[Estimate, Estimate]:
    """Return the slopes before and after ``at``; values at it belong to the line that is asked.

    The lines need not meet, hence a jump as a control: a bent line would let one slope lean on
    the other.
    """
    slopes = []
    for name, below in (("before", xs <= at), ("after", xs < at)):
        terms = {
            "before": np.where(below, xs - at, 0.0),
            "after": np.where(below, 0.0, xs - at),
        }
        jump = {"jump": (~below).astype(float)}
        design = build_design(frame, terms, {**(controls or {}), **jump})
        slopes.append(fit_clustered(design, ys, confidence=confidence).coefficient(name))
    return slopes[0], slopes[1]


def _flat_top(frame: pd.DataFrame, xs: Floats, ys: Floats) -> Floats:
    """Return the x of run-days whose smooth curve comes within an error of its top.

    Only the middle 80 % of x may be the top, so that both lines have days to lean on.
    """
    basis = spline_basis(xs, knots(xs))
    basis = basis - basis.mean(axis=0)
    design = build_design(frame, {f"spline {j}": basis[:, j] for j in range(basis.shape[1])})
    fit = fit_clustered(design, ys)
    curve = basis @ fit.values
    error = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", basis, fit.clustered, basis), 0.0))
    low, high = np.quantile(xs, [0.10, 0.90])
    middle = (xs > low) & (xs < high)
    if not middle.any():
        raise NotIdentified(
            f"no day's x lies between {low:g} and {high:g}, its 10th and 90th percentile; two "
            "lines need a middle: give more days"
        )
    flat: Floats = xs[middle & (curve + error >= curve[middle].max())]
    return flat
