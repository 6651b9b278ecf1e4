"""Paired differences: two runs with common random numbers, day by day.

A fork and its parent share their random numbers. Hence they differ only by the effect of the
change, and not at all before the fork.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from econsim_mesa.analysis.daily import daily
from econsim_mesa.errors import BadInput
from econsim_mesa.runs.reader import Run

if TYPE_CHECKING:
    import pandas as pd


def paired_differences(run: Run, base: Run) -> pd.DataFrame:
    """Return ``run`` minus ``base``, one row a day that both have, columns as in ``daily``.

    Raises ``BadInput`` if the runs do not share seed and scenario, or have no day in common.
    """
    ours, theirs = run.scenario, base.scenario
    if (ours.name, ours.seed) != (theirs.name, theirs.seed):
        raise BadInput(
            f"{run.folder} ({ours.name}, seed {ours.seed}) and {base.folder} ({theirs.name}, "
            f"seed {theirs.seed}) are no pair; give two runs of one scenario and one seed"
        )
    left, right = daily(run), daily(base)
    days = left.index.intersection(right.index)
    columns = [column for column in left.columns if column in right.columns]
    if days.empty:
        raise BadInput(f"{run.folder} and {base.folder} have no day in common")
    return left.loc[days, columns] - right.loc[days, columns]
