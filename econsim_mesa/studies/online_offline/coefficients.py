"""Coefficients of the study: b1 and b2 of the curve, and the slope of the spread of sentiment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from econsim_mesa.analysis.contrast import Statistic
from econsim_mesa.analysis.design_matrix import NotIdentified, complete_cases
from econsim_mesa.analysis.resampling import moments_of
from econsim_mesa.experiment.study import Coefficient
from econsim_mesa.experiment.types import AnalysisPlan
from econsim_mesa.society.rng import Floats
from econsim_mesa.studies.online_offline.condition_panels import ConditionPanels, x_of
from econsim_mesa.studies.online_offline.dispersion import thick_days

if TYPE_CHECKING:
    import pandas as pd


def coefficients(plan: AnalysisPlan, panels: Sequence[ConditionPanels]) -> dict[str, Coefficient]:
    """Return the coefficients by name; ``panels`` are those of all conditions.

    Without a centre in the plan b1 is the slope at the mean of x, on each side of a contrast at
    its own.
    """
    days, spreads = [made.days for made in panels], [made.spreads for made in panels]
    sound, void = [None] * len(panels), [made.void for made in panels]
    x, center = x_of(plan), plan.center
    return {
        "b2": Coefficient(curvature(center=center, x=x), days, sound),
        "b1": Coefficient(curvature(center=center, x=x, order=1), days, sound),
        "spread slope": Coefficient(spread_slope(), spreads, void),
    }


def curvature(
    *, center: float | None = None, x: str = "x", y: str = "y", order: int = 2
) -> Statistic:
    """Return b2 of the inverted-U model as a statistic; ``order`` 1: its b1, the slope at c.

    ``center`` is c; None: the mean of x over the run-days of each panel.
    """

    def prepare(panel: pd.DataFrame, runs: Sequence[str]) -> Callable[[Floats], Floats]:
        frame, _ = complete_cases(panel, [x, y])
        if frame.empty:
            raise NotIdentified(f"a side has no day with both {x} and {y}")
        xs = frame[x].to_numpy(float)
        distance = xs - (float(panel[x].mean()) if center is None else center)
        terms = {"linear": distance, "quadratic": distance**2}
        moments = moments_of(frame, terms, frame[y].to_numpy(float), order=runs)
        return lambda counts: moments.coefficients(counts)[:, order - 1]

    return prepare


def spread_slope(*, measure: str = "variance") -> Statistic:
    """Return the slope of ``dispersion`` as a statistic of a table made by ``spreads``."""

    def prepare(panel: pd.DataFrame, runs: Sequence[str]) -> Callable[[Floats], Floats]:
        frame = thick_days(panel, measure)
        if frame.empty:
            raise NotIdentified("a side has no day with as many authors as a spread needs")
        posts, weights = frame["posts"].to_numpy(float), frame["authors"].to_numpy(float) - 1
        values = frame[measure].to_numpy(float)
        moments = moments_of(frame, {"posts": posts}, values, weights=weights, order=runs)
        return lambda counts: moments.coefficients(counts)[:, 0]

    return prepare
