"""Contrasts of two conditions that share their seeds: the difference, with one interval and a p.

The difference itself is tested, since "significant here, not there" shows nothing. Runs of one seed
share their random numbers, so pairs of runs are resampled. There are two intervals: a
percentile bootstrap over pairs, and t with the jackknife over pairs, which is the cluster-robust
CV3 (MacKinnon, Nielsen and Webb 2023, J. Applied Econometrics 38(5)), with pairs - 1 degrees.
The bootstrap's interval over a few pairs is too narrow, and the jackknife, which leaves out one
pair at a time, does not notice that two or three pairs carry the difference. Hence the reported
interval is the wider of both, end by end, and the reported p is the larger one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from econsim_mesa.analysis.design_matrix import NotIdentified, complete_cases
from econsim_mesa.analysis.inference import (
    central_interval,
    t_critical,
    t_two_sided,
    tost_confidence,
)
from econsim_mesa.analysis.resampling import (
    bootstrap_counts,
    jackknife_covariance,
    leave_one_out_counts,
)
from econsim_mesa.errors import BadInput
from econsim_mesa.society.rng import Floats

if TYPE_CHECKING:
    import pandas as pd

Statistic = Callable[["pd.DataFrame", Sequence[str]], Callable[[Floats], Floats]]
"""From a panel and the order of its runs to a function: counts [draws, runs] -> values [draws].

A value that cannot be computed is NaN."""


@dataclass(frozen=True)
class ContrastEstimate:
    """First condition minus second: ``low`` to ``high`` is the wider of both intervals.

    ``narrow_low`` to ``narrow_high`` is the interval of two one-sided tests of equivalence at the
    same level: 90 % beside 95 %. ``error``, ``t`` and ``p`` are the jackknife's. ``p_bootstrap`` is
    the level at which the bootstrap's interval would end at 0. ``first`` and ``second`` are the
    statistic in each condition. ``unpaired`` lists the seeds that were left out because only one
    condition has them. ``failed`` counts draws that identify nothing.
    """

    difference: float
    low: float
    high: float
    error: float
    t: float
    p: float
    first: float
    second: float
    pairs: int
    unpaired: tuple[int, ...]
    draws: int
    failed: int
    p_bootstrap: float
    narrow_low: float
    narrow_high: float

    @property
    def p_larger(self) -> float:
        """The larger of both p; NaN if either is not known."""
        return float(np.maximum(self.p, self.p_bootstrap))


def paired_contrast(
    first: pd.DataFrame,
    second: pd.DataFrame,
    statistic: Statistic,
    generator: np.random.Generator,
    *,
    draws: int = 2000,
    confidence: float = 0.95,
) -> ContrastEstimate:
    """Return the difference of a statistic between two panels (columns run, seed, day, ...).

    Pairs are runs of one seed. Raises ``NotIdentified`` for fewer than 3 pairs, ``BadInput`` if
    a condition has two runs of one seed.
    """
    return averaged_contrast(
        [(first, second)], statistic, generator, draws=draws, confidence=confidence
    )


def averaged_contrast(
    panels: Sequence[tuple[pd.DataFrame, pd.DataFrame]],
    statistic: Statistic,
    generator: np.random.Generator,
    *,
    draws: int = 2000,
    confidence: float = 0.95,
) -> ContrastEstimate:
    """Return the mean over several pairs of panels of the difference of a statistic.

    A seed is drawn in all panels at once, and counts only if all have it. Raises the same errors as
    ``paired_contrast``.
    """
    by_seed = [(_by_seed(first), _by_seed(second)) for first, second in panels]
    held = [set(runs) for pair in by_seed for runs in pair]
    seeds = sorted(set.intersection(*held))
    unpaired = tuple(sorted(set.union(*held) - set(seeds)))
    pairs = len(seeds)
    if pairs < 3:
        raise NotIdentified(
            f"{pairs} pairs of runs with one seed (unpaired seeds: {list(unpaired)}): the "
            "error of a difference needs 3 pairs or more; run both conditions with the same seeds"
        )
    sides = [
        [_prepared(statistic, panel, [runs[seed] for seed in seeds])
         for panel, runs in zip(pair, held_by, strict=True)]
        for pair, held_by in zip(panels, by_seed, strict=True)
    ]  # fmt: skip

    def mean(counts: Floats, side: int) -> Floats:
        found: Floats = np.mean([pair[side](counts) for pair in sides], axis=0)
        return found

    once = np.ones((1, pairs))
    values = [float(mean(once, side)[0]) for side in (0, 1)]
    counts = bootstrap_counts(pairs, draws, generator)
    drawn = mean(counts, 0) - mean(counts, 1)
    left = leave_one_out_counts(pairs)
    error = jackknife_error(mean(left, 0) - mean(left, 1))
    difference = values[0] - values[1]
    t = difference / error if error > 0 else float("nan")
    p = t_two_sided(t, pairs - 1)
    narrow = tost_confidence(confidence)
    low, high = _wider(_interval(drawn, confidence), difference, error, pairs, confidence)
    failed = int(np.isnan(drawn).sum())
    return ContrastEstimate(
        difference,
        low,
        high,
        error,
        t,
        p,
        values[0],
        values[1],
        pairs,
        unpaired,
        draws,
        failed,
        _p_bootstrap(drawn),
        *_wider(_interval(drawn, narrow), difference, error, pairs, narrow),
    )


def _prepared(
    statistic: Statistic, panel: pd.DataFrame, runs: Sequence[str]
) -> Callable[[Floats], Floats]:
    return statistic(panel[panel["run"].isin(runs)].reset_index(drop=True), runs)


def mean_of(column: str) -> Statistic:
    """Return the mean of a column, over the days of a run and then over runs."""

    def prepare(panel: pd.DataFrame, runs: Sequence[str]) -> Callable[[Floats], Floats]:
        frame, _ = complete_cases(panel, [column])
        means = frame.groupby("run")[column].mean().reindex(list(runs)).to_numpy(float)
        return lambda counts: counts @ means / counts.sum(axis=1)

    return prepare


def jackknife_error(left_out: Floats) -> float:
    """Return the standard error from values with one pair left out each; NaN if one failed."""
    return float(np.sqrt(jackknife_covariance(left_out[:, None])[0, 0]))


def _by_seed(panel: pd.DataFrame) -> dict[int, str]:
    """Return the run of each seed."""
    found = panel[["seed", "run"]].drop_duplicates()
    twice = found["seed"][found["seed"].duplicated()].tolist()
    if twice:
        raise BadInput(f"seeds {twice} have several runs in one condition; which pairs is unclear")
    return dict(zip(found["seed"].tolist(), found["run"].tolist(), strict=True))


def _interval(drawn: Floats, confidence: float) -> tuple[float, float]:
    """Return the middle of the draws; NaN if one in 20 or more failed."""
    known = drawn[np.isfinite(drawn)]
    if len(known) <= 0.95 * len(drawn):
        return float("nan"), float("nan")
    low, high = np.quantile(known, central_interval(confidence))
    return float(low), float(high)


def _wider(
    drawn: tuple[float, float], difference: float, error: float, pairs: int, confidence: float
) -> tuple[float, float]:
    """Return the outer ends of the bootstrap's and the jackknife's interval.

    They are NaN if either interval is unknown.
    """
    half = t_critical(confidence, pairs - 1) * error
    low, high = np.minimum(drawn[0], difference - half), np.maximum(drawn[1], difference + half)
    return float(low), float(high)


def _p_bootstrap(drawn: Floats) -> float:
    """Return twice the smaller share of draws on one side of 0, the sample counted as a draw."""
    known = drawn[np.isfinite(drawn)]
    if len(known) <= 0.95 * len(drawn):
        return float("nan")
    smaller = min(int((known <= 0).sum()), int((known >= 0).sum()))
    return min(1.0, 2 * (1 + smaller) / (1 + len(known)))
