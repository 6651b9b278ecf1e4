"""Placebos: the same test where no effect can be, or where its order in time is broken.

Shuffled days: within each run the days of x are put in random order, which keeps how much is
posted and destroys when. Lags: x of days before and after, since what posts do comes after
them, and what sales do to posts comes before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from econsim_mesa.analysis.clustered import Estimate, fit_clustered, refuse_constant
from econsim_mesa.analysis.design_matrix import NotIdentified, build_design, complete_cases
from econsim_mesa.runs.reader import Run
from econsim_mesa.society.rng import Floats, Integers
from econsim_mesa.studies.online_offline.curve import Curve, inverted_u
from econsim_mesa.studies.online_offline.panel import PanelSpec, run_day_panel

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ShuffledDays:
    """Clustered t of b2 beside its values on shuffled days; p is the two-sided share."""

    t: float
    p: float
    p_below: float
    draws: int


class Lag(NamedTuple):
    """Slope of y on x of ``days`` days before (negative: after); ``why`` if there is none."""

    days: int
    slope: Estimate | None
    run_days: int
    why: str = ""


def keyword_placebo(
    runs: Mapping[str, Run], spec: PanelSpec, *, center: float, warm_up_days: int = 0
) -> Curve:
    """Return the inverted-U test for a keyword and sales that promotion and crowd leave alone.

    For the case study: ``salad`` against the sales of the retailer.
    """
    panel = run_day_panel(runs, spec, warm_up_days=warm_up_days)
    return inverted_u(panel, center=center)


def shuffled_days(
    panel: pd.DataFrame,
    generator: np.random.Generator,
    *,
    center: float,
    x: str = "x",
    y: str = "y",
    draws: int = 999,
) -> ShuffledDays:
    """Compare the t of b2 with its distribution when x is shuffled over the days of each run.

    Raises ``NotIdentified`` as ``inverted_u`` does.
    """
    frame, _ = complete_cases(panel, [x, y])
    distance = frame[x].to_numpy(float) - center
    design = build_design(frame, {x: distance, f"{x}^2": distance**2})
    rest = frame[y].to_numpy(float)
    refuse_constant(design, rest)
    effects = np.linalg.qr(design.matrix[:, :-2])[0]
    rest = rest - effects @ (effects.T @ rest)
    drawn = distance[_orders(design.runs, draws, generator)]
    everything = np.concatenate([distance[:, None], drawn], axis=1)
    (rows, columns), number = design.matrix.shape, len(design.run_names)
    factor = number / (number - 1) * (rows - 1) / (rows - columns)
    ts = _t_of_square(everything, effects, rest, design.runs) / np.sqrt(factor)
    t, again = float(ts[0]), ts[1:]
    reached = int((~(np.abs(again) < abs(t))).sum())
    below = int((~(again > t)).sum())
    return ShuffledDays(t, (1 + reached) / (1 + draws), (1 + below) / (1 + draws), draws)


def lags(
    panel: pd.DataFrame,
    *,
    x: str = "x",
    y: str = "y",
    reach: Sequence[int] = (-3, -2, -1, 0, 1, 2, 3),
    confidence: float = 0.95,
) -> list[Lag]:
    """Return the slope of y on x shifted by each lag, with effects of run and day.

    Beside another day's x stands that of the same day: where the two go together by luck, or by
    the run's mean that both are measured from, the same day's effect is not taken for the other's.
    Days are counted along all days of the panel, so a day that a run lacks shifts nothing. Each
    lag is a regression of its own on the days that have both.
    """
    complete_cases(panel, [x, y])  # all columns are there, and each run-day once
    xs, ys = (panel.pivot(index="run", columns="day", values=name) for name in (x, y))
    return [_lag(xs, ys, days, confidence) for days in reach]


def _lag(xs: pd.DataFrame, ys: pd.DataFrame, days: int, confidence: float) -> Lag:
    """Return the slope for one lag; ``xs`` and ``ys`` have a row for each run, a column a day."""
    import pandas as pd

    shifted = xs.shift(days, axis=1).to_numpy(float)
    regressors = {"shifted": shifted} | ({"same": xs.to_numpy(float)} if days else {})
    outcome = ys.to_numpy(float)
    both = np.isfinite([outcome, *regressors.values()]).all(axis=0)
    run, day = np.nonzero(both)
    place = pd.DataFrame({"run": ys.index[run], "day": ys.columns[day]})
    try:
        design = build_design(place, {name: term[both] for name, term in regressors.items()})
        fit = fit_clustered(design, outcome[both], confidence=confidence)
    except NotIdentified as error:
        return Lag(days, None, len(place), str(error))
    return Lag(days, fit.coefficient("shifted"), len(place))


def _orders(runs: Integers, draws: int, generator: np.random.Generator) -> Integers:
    """Return [run-days, draws] row numbers: each column shuffles the rows of every run."""
    orders = np.empty((len(runs), draws), dtype=np.int64)
    for run in range(int(runs.max()) + 1):
        rows = np.flatnonzero(runs == run)
        orders[rows] = rows[np.argsort(generator.random((len(rows), draws)), axis=0)]
    return orders


def _t_of_square(distance: Floats, effects: Floats, y: Floats, runs: Integers) -> Floats:
    """Return b2 / clustered error for each column of ``distance`` [run-days, draws].

    By Frisch, Waugh and Lovell: effects, then the linear term, are taken out of the square.
    The finite-sample factor, which all columns share, is left to the caller.
    """
    linear = distance - effects @ (effects.T @ distance)
    square = distance**2
    square = square - effects @ (effects.T @ square)
    length = (linear**2).sum(axis=0)
    alone = square - linear * ((linear * square).sum(axis=0) / length)
    b2 = (alone * y[:, None]).sum(axis=0) / (alone**2).sum(axis=0)
    apart = y[:, None] - linear * ((linear * y[:, None]).sum(axis=0) / length) - alone * b2
    member = (runs == np.arange(runs.max() + 1)[:, None]).astype(float)
    error = np.sqrt(((member @ (alone * apart)) ** 2).sum(axis=0)) / (alone**2).sum(axis=0)
    found: Floats = b2 / error
    return found
