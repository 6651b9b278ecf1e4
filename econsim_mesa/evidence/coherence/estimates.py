"""Estimates over seeds, with intervals, and what a rule says of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import linear_regression
from typing import Literal, NamedTuple

from econsim_mesa.analysis.inference import (
    mean_interval,
    t_critical,
    t_quantile,
    wilson_interval,
)

CONFIDENCE = 0.95
MOST_SEEDS = 1000
"""More seeds are not asked for: the value lies at the threshold, or nobody could run them."""
_NORMAL = 1.959964
"""Half the width of a 95 % interval of the normal distribution, in standard deviations."""
_POWER = 0.8
_DIGITS = 12
"""A slope is rounded to so many decimals, so that one which is zero but for rounding is zero."""
RuleOutcome = Literal["passed", "failed", "undecided"]
"""Undecided: the interval holds the threshold, so these seeds allow either."""
Sample = tuple[float | None, ...]
"""The numbers that one seed gives; None: there was nothing to count."""


class Judgement(NamedTuple):
    """What a rule says of the numbers of all seeds.

    Attributes:
        value: The estimate; None: there is too little to judge.
        low: Lower end of its interval.
        high: Upper end of its interval.
        outcome: Whether the rule holds.
        seeds: About how many seeds would decide what is undecided, or would give enough to judge;
            None: nothing is undecided, or no number up to ``MOST_SEEDS`` would do.
    """

    value: float | None
    low: float | None
    high: float | None
    outcome: RuleOutcome
    seeds: int | None = None


class SeedEstimate(NamedTuple):
    """An estimate from ``n`` seeds; ``spread`` is the standard deviation of one seed's number."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    spread: float = 0.0

    def judge_against(self, threshold: float, holds: Callable[[float], bool]) -> Judgement:
        """Return whether a rule holds at both ends of the interval, at neither, or at one.

        ``holds`` says whether a number keeps the rule, whose bound is ``threshold``.
        """
        outcome: RuleOutcome = "undecided"
        if self.low is not None and self.high is not None and holds(self.low) == holds(self.high):
            outcome = "passed" if holds(self.low) else "failed"
        seeds = self.seeds(threshold) if outcome == "undecided" else None
        return Judgement(self.value, self.low, self.high, outcome, seeds)

    def seeds(self, threshold: float) -> int | None:
        """Return with how many seeds the interval would leave out a threshold, at this value.

        It would do so in four of five tries, by the t-distribution. None: more than
        ``MOST_SEEDS`` would be needed.

        >>> SeedEstimate(1.0, -0.5, 2.5, 4, 2.0).seeds(0.0)
        34
        """
        if self.value is None or self.low is None:
            return None
        gap = abs(self.value - threshold)
        for n in range(self.n + 1, MOST_SEEDS + 1):
            errors = t_critical(CONFIDENCE, n - 1) + t_quantile(_POWER, n - 1)
            if errors * self.spread <= gap * math.sqrt(n):
                return n
        return None


def mean_estimate(values: Sequence[float]) -> SeedEstimate:
    """Return mean and t-interval of independent numbers.

    >>> mean_estimate([1.0, 1.0, 1.0])
    SeedEstimate(value=1.0, low=1.0, high=1.0, n=3, spread=0.0)
    """
    mean, sd, low, high, n = mean_interval(values, CONFIDENCE)
    return SeedEstimate(mean, low, high, n, sd or 0.0)


def share_estimate(samples: Sequence[Sample], column: int = 0) -> SeedEstimate:
    """Return the share that a column has of the last one, over all seeds together.

    Cases of one town resemble each other, so they count for fewer: for as many as would vary so
    much from seed to seed if they were independent (the design effect, Kish 1965).
    """
    cases, hits = total(samples), total(samples, column)
    share, n = hits / cases, len(samples)
    independent = share * (1 - share) / cases
    gaps = sum(((row[column] or 0) - share * (row[-1] or 0)) ** 2 for row in samples)
    between = n / (n - 1) * gaps / cases**2 if n > 1 else independent
    effect = max(between / independent, 1.0) if independent else 1.0
    low, high = wilson_interval(hits / effect, cases / effect, CONFIDENCE)
    low = max(low, 0.0) if hits else 0.0
    high = min(high, 1.0) if hits < cases else 1.0
    spread = max(share - low, high - share) / _NORMAL * math.sqrt(n)
    return SeedEstimate(share, low, high, n, spread)


def too_few_cases(samples: Sequence[Sample], fewest: int = 1) -> Judgement | None:
    """Return a judgement without a value if there are fewer cases than ``fewest``; else None.

    The cases are in the last column. The judgement says how many seeds might give enough.

    >>> too_few_cases([(1, 4), (2, 6)], 20)
    Judgement(value=None, low=None, high=None, outcome='undecided', seeds=4)
    """
    cases = total(samples)
    if cases >= fewest:
        return None
    seeds = math.ceil(len(samples) * fewest / cases) if cases else None
    return Judgement(None, None, None, "undecided", seeds)


def all_of(first: Judgement, *others: Judgement) -> Judgement:
    """Return the judgement of a rule of several parts: the first one's value, the worst outcome.

    >>> yes, no = Judgement(1.0, 1.0, 1.0, "passed"), Judgement(2.0, 2.0, 2.0, "failed")
    >>> all_of(yes, no)
    Judgement(value=1.0, low=1.0, high=1.0, outcome='failed', seeds=None)
    """
    parts = first, *others
    worst: tuple[RuleOutcome, ...] = ("failed", "undecided", "passed")
    outcome = next(outcome for outcome in worst if any(part.outcome == outcome for part in parts))
    needed = [part.seeds for part in parts if part.outcome == outcome]
    seeds = None if None in needed else max(filter(None, needed))
    return first._replace(outcome=outcome, seeds=seeds)


def exactly(holds: bool) -> Judgement:
    """Return the judgement of a part of a rule that is counted without doubt."""
    return Judgement(None, None, None, "passed" if holds else "failed")


def known_values(samples: Sequence[Sample], column: int = 0) -> list[float]:
    """Return the numbers of a column that are not None."""
    return [value for sample in samples if (value := sample[column]) is not None]


def total(samples: Sequence[Sample], column: int = -1) -> float:
    """Return the sum of a column; None counts 0."""
    return sum(sample[column] or 0 for sample in samples)


def slope(x: Sequence[float], y: Sequence[float]) -> float:
    """Return the least-squares slope of y on x.

    >>> slope([0, 1, 2], [1, 3, 5])
    2.0
    """
    return round(linear_regression(x, y).slope, _DIGITS)
