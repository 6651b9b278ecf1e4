"""Temporal patterns: what happens at which hour of the day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from econsim_mesa.analysis.descriptive.space import walked
from econsim_mesa.runs.reader import Run

if TYPE_CHECKING:
    import pandas as pd


def by_hour(run: Run) -> pd.DataFrame:
    """Return what happens at each hour of the day.

    Columns: hour, steps, and per step sales, posts by households, moves, meals, households
    asleep, and the mean stress of each kind.
    """
    import pandas as pd

    steps = run.table("steps")
    steps = steps[steps["step"] >= 0]
    hour = pd.Series(steps["time"].str[11:13].astype(int).to_numpy(), index=steps["step"])
    table = pd.DataFrame({"steps": hour.value_counts().sort_index()})
    posts = run.posts[run.posts["kind"] == "Household"]
    meals = run.consumption[run.consumption["eaten"] == 1]
    agents = walked(run)
    counted = {
        "sales": run.sales,
        "posts": posts,
        "moves": agents[agents["moves"] == 1],
        "meals": meals,
        "asleep": agents[agents["asleep"] == 1],
    }
    for name, rows in counted.items():
        at = rows["step"].map(hour).dropna()
        table[name] = at.value_counts().reindex(table.index).fillna(0) / table["steps"]
    lived = agents[agents["step"] >= 0]
    levels = lived.groupby(lived["step"].map(hour))
    for stressor in run.stressors:
        table[f"stress {stressor}"] = levels[stressor].mean()
    return table.rename_axis("hour").reset_index()
