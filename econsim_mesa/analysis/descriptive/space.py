"""Moves: how far households walk, in cells, a diagonal being one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from econsim_mesa.analysis.daily import day_of_step
from econsim_mesa.runs.reader import Run

if TYPE_CHECKING:
    import pandas as pd


def distances(run: Run) -> pd.DataFrame:
    """Return day, household, cells walked and steps in which it moved."""
    agents = walked(run)
    found = agents[agents["step"] >= 0].groupby(["day", "agent"])[["cells", "moves"]].sum()
    return found.reset_index().rename(columns={"agent": "household"})


def walked(run: Run) -> pd.DataFrame:
    """Return the table ``agents`` with day, cells walked in the step, and moves (1 if any).

    The distance of a step is the king's move between the positions at the ends of steps, on a torus
    the shorter way round. The first step of a day counts none, because the way home over a skipped
    night is no walk.
    """
    day, grid = day_of_step(run), run.scenario.grid
    agents = run.agents.sort_values(["agent", "step"], kind="stable")
    agents = agents.assign(day=agents["step"].map(day))
    same = agents.groupby("agent")["day"].shift() == agents["day"]
    gaps = []
    for axis, size in (("x", grid.width), ("y", grid.height)):
        gap = agents.groupby("agent")[axis].diff().abs().to_numpy(float)
        gaps.append(np.minimum(gap, size - gap) if grid.torus else gap)
    cells = np.where(same, np.maximum(*gaps), 0.0)
    return agents.assign(cells=cells, moves=(cells > 0).astype(int))
