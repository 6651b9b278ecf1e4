"""Followers: how many each account has at the end of each day."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from econsim_mesa.analysis.daily import day_of_step
from econsim_mesa.runs.reader import Run

if TYPE_CHECKING:
    import pandas as pd


def followers(run: Run) -> pd.DataFrame:
    """Return day, account, kind, followers and how many it follows, at the end of each day."""
    import pandas as pd

    day = day_of_step(run)
    last = dict(zip(day, day.index.astype(int), strict=True))
    changes = run.follows.sort_values("step", kind="stable")
    steps = changes["step"].to_numpy()
    followed: Counter[str] = Counter()
    follows: Counter[str] = Counter()
    rows, begun = [], 0
    for date, end in last.items():
        until = int(steps.searchsorted(end, side="right"))
        part = changes.iloc[begun:until]
        for follower, target, change in zip(
            part["follower"], part["followed"], part["change"], strict=True
        ):
            followed[target] += change
            follows[follower] += change
        begun = until
        rows += [
            (date, name, kind, followed[name], follows[name])
            for name, kind in zip(run.accounts["name"], run.accounts["kind"], strict=True)
        ]
    return pd.DataFrame(rows, columns=["day", "account", "kind", "followers", "follows"])
