"""The paper's own figures, computed as it did, beside ours and labelled as such.

It pools all days of all runs, drops days without a sale, z-scores both sides, fits a quadratic
without an effect of run, and correlates volume with the sample standard deviation of sentiment.
Its x counts occurrences of the keyword in all posts, the store's own included (column
``mentions`` of the panel). The p-values are ours: ordinary least squares as if days were
independent, which they are not. Do not conclude from these figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from econsim_mesa.analysis.design_matrix import NotIdentified, complete_cases
from econsim_mesa.analysis.inference import t_two_sided
from econsim_mesa.society.rng import Floats

if TYPE_CHECKING:
    import pandas as pd

LABEL = "as the paper computes it: pooled, z-scored, no effect of run, days without a sale dropped"


@dataclass(frozen=True)
class PooledQuadratic:
    """z(y) = b0 + linear z(x) + quadratic z(x)^2, and ordinary two-sided p-values."""

    label: str
    linear: float
    quadratic: float
    p_linear: float
    p_quadratic: float
    r_squared: float
    run_days: int
    dropped: int

    @property
    def says_inverted_u(self) -> bool:
        """Whether its quadratic is below 0 at p < .05, all that this method looks at."""
        return self.quadratic < 0 and self.p_quadratic < 0.05


@dataclass(frozen=True)
class PooledCorrelation:
    """Pearson's correlation over pooled days, and its ordinary two-sided p-value."""

    label: str
    correlation: float
    p: float
    run_days: int


def pooled_quadratic(
    panel: pd.DataFrame, *, x: str = "mentions", y: str = "y", drop_zero: bool = True
) -> PooledQuadratic:
    """Return the paper's quadratic of ``y`` over ``x``. Raises ``NotIdentified`` if too few."""
    from statsmodels.regression.linear_model import OLS

    frame, _ = complete_cases(panel, [x, y])
    kept = frame[frame[y] != 0] if drop_zero else frame
    xs, ys = kept[x].to_numpy(float), kept[y].to_numpy(float)
    if len(kept) < 4 or np.unique(xs).size < 3 or np.unique(ys).size < 2:
        raise NotIdentified(
            f"{len(kept)} days with a sale, {np.unique(xs).size} values of {x}: a quadratic "
            "needs 4 days or more, 3 values of x and 2 of y"
        )
    z = _z(xs)
    fit = OLS(_z(ys), np.column_stack([np.ones_like(z), z, z**2])).fit()
    (_, linear, quadratic), (_, p_linear, p_quadratic) = fit.params, fit.pvalues
    return PooledQuadratic(
        LABEL,
        float(linear),
        float(quadratic),
        float(p_linear),
        float(p_quadratic),
        float(fit.rsquared),
        len(kept),
        len(frame) - len(kept),
    )


def volume_spread_correlation(spreads: pd.DataFrame) -> PooledCorrelation:
    """Return the correlation of posts a day with the sample sd of their sentiment.

    ``spreads`` has columns run, day, posts and sd; days with fewer than two posts have no sd and
    are left out. The sample sd grows with the number of posts by itself, which is what is wrong
    with it.
    """
    frame, _ = complete_cases(spreads, ["posts", "sd"])
    posts, sd = frame["posts"].to_numpy(float), frame["sd"].to_numpy(float)
    if len(frame) < 3 or np.unique(posts).size < 2 or np.unique(sd).size < 2:
        raise NotIdentified(f"{len(frame)} days: 3 or more are needed with 2 posts each")
    r = float(np.corrcoef(posts, sd)[0, 1])
    t = r * float(np.sqrt((len(frame) - 2) / max(1 - r**2, 1e-300)))
    return PooledCorrelation(
        "as the paper computes it: pooled, sample standard deviation",
        r,
        t_two_sided(t, len(frame) - 2),
        len(frame),
    )


def _z(values: Floats) -> Floats:
    """Return values in standard deviations (ddof 0) from their mean."""
    found: Floats = (values - values.mean()) / values.std()
    return found
