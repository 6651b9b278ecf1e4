"""Panels for the tests of the analysis, made without the analysis."""

from __future__ import annotations

import numpy as np
import pandas as pd


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
