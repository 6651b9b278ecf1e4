"""Actions: how many of each kind a day, and how often at low and high stress."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from econsim_mesa.analysis.daily import day_of_step
from econsim_mesa.runs.reader import Run

if TYPE_CHECKING:
    import pandas as pd

NOTHING = "nothing"
"""Counted as an action of a household that did nothing."""
TIMES = 4
"""Number of equal parts into which the range of stress, 0 to 100, is divided."""


def action_counts(run: Run) -> pd.DataFrame:
    """Return day, kind of agent, action and number; rejected actions are counted as well."""
    done = _actions(run)
    day = day_of_step(run)
    counted = done.assign(day=done["step"].map(day)).groupby(["day", "kind", "action"]).size()
    return counted.rename("actions").reset_index()


def stress_and_actions(run: Run) -> pd.DataFrame:
    """Return for each stressor, part of its range and action: share of decisions with the action.

    The level is the household's at the end of the step before, when it decided. A part of the range
    without decisions has no row. The shares of a stressor and part may add up to more than 1,
    because a decision may hold several actions. They show no effect of stress, since stress and
    actions have common causes.
    """
    import pandas as pd

    agents = run.agents.set_index(["agent", "step"])
    households = run.decisions[run.decisions["kind"] == "Household"]
    before = pd.MultiIndex.from_arrays([households["agent"], households["step"] - 1])
    done = _actions(run)
    done = done[done["kind"] == "Household"].drop_duplicates(["step", "agent", "action"])
    names = sorted(done["action"].unique())
    parts = []
    for stressor in run.stressors:
        level = agents[stressor].reindex(before).to_numpy(float)
        part = np.minimum((level / 100 * TIMES).astype(float), TIMES - 1)
        felt = households[["step", "agent"]].assign(part=np.floor(part))
        felt = felt[np.isfinite(level)]
        asked = felt.groupby("part").size()
        both = felt.merge(done[["step", "agent", "action"]], on=["step", "agent"])
        counts = both.groupby(["part", "action"]).size()
        for one, total in asked.items():
            low = 100 * float(str(one)) / TIMES
            share = counts.get(one, pd.Series(dtype=float))
            parts += [
                (stressor, low, low + 100 / TIMES, name, share.get(name, 0) / total, total)
                for name in names
            ]
    columns = ["stressor", "level_from", "level_to", "action", "share", "decisions"]
    return pd.DataFrame(parts, columns=columns)


def _actions(run: Run) -> pd.DataFrame:
    """Return step, agent, kind and action of every action that was decided."""
    import pandas as pd

    known: dict[str, list[str]] = {}
    rows = []
    decisions = run.decisions
    for step, agent, kind, text in zip(
        decisions["step"],
        decisions["agent"],
        decisions["kind"],
        decisions["actions"],
        strict=True,
    ):
        if text not in known:
            known[text] = [one["do"] for one in json.loads(text)] or [NOTHING]
        rows += [(step, agent, kind, verb) for verb in known[text]]
    return pd.DataFrame(rows, columns=["step", "agent", "kind", "action"])
