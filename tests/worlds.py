"""Panels for the tests of the analysis, made without the analysis."""

from __future__ import annotations

import numpy as np
import pandas as pd
import statsmodels.formula.api as smf


def world(seed: int = 1, runs: int = 6, days: int = 12, bend: float = -0.05) -> pd.DataFrame:
    """Return a panel with columns run, seed, day, x, y, price; y bends over x - 8."""
    luck = np.random.default_rng(seed)
    rows = []
    for run in range(runs):
        level = luck.normal(0, 3)
        for day in range(days):
            x = float(luck.poisson(8 + run % 3))
            y = 20 + level + 0.3 * day + bend * (x - 8) ** 2 + luck.normal(0, 1.5)
            price = 1200.0 if 4 <= day < 7 else 2000.0
            rows.append((f"r{run}", run, f"2025-12-{day + 1:02}", x, y, price))
    return pd.DataFrame(rows, columns=["run", "seed", "day", "x", "y", "price"])


def with_holes(panel: pd.DataFrame) -> pd.DataFrame:
    """Return a panel in which some days are gone and some values unknown."""
    panel = panel.drop(index=[3, 17, 40]).reset_index(drop=True)
    panel.loc[[5, 20], "y"] = np.nan
    panel.loc[9, "x"] = np.nan
    return panel


def jackknife(
    panel: pd.DataFrame, formula: str, terms: list[str], weights: str | None = None
) -> np.ndarray:
    """Return the covariance of coefficients by a formula without each run in turn."""
    rows = []
    for run in sorted(panel.run.unique()):
        some = panel[panel.run != run]
        weighing = 1.0 if weights is None else some[weights]
        rows.append(smf.wls(formula, some, weights=weighing).fit().params[terms].to_numpy())
    left = np.array(rows)
    apart = left - left.mean(axis=0)
    return np.asarray((len(left) - 1) / len(left) * apart.T @ apart)
