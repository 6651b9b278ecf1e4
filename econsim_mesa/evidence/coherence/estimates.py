"""Estimates over seeds, with intervals, and what a rule says of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import fmean, stdev
from typing import Literal, NamedTuple

from econsim_mesa.analysis.distributions import t_quantile

CONFIDENCE = 0.95
MOST_SEEDS = 1000
"""More seeds are not asked for: the value lies at the threshold, or nobody could run them."""
_NORMAL = 1.959964
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
            errors = t_quantile(0.5 + CONFIDENCE / 2, n - 1) + t_quantile(_POWER, n - 1)
            if errors * self.spread <= gap * math.sqrt(n):
                return n
        return None


def mean_estimate(values: Sequence[float]) -> SeedEstimate:
    """Return mean and t-interval of independent numbers.

    >>> mean_estimate([1.0, 1.0, 1.0])
    SeedEstimate(value=1.0, low=1.0, high=1.0, n=3, spread=0.0)
    """
    n = len(values)
    if n < 2:
        return SeedEstimate(values[0] if n else None, None, None, n)
    mean, spread = fmean(values), stdev(values)
    half = t_quantile(0.5 + CONFIDENCE / 2, n - 1) * spread / math.sqrt(n)
    return SeedEstimate(mean, mean - half, mean + half, n, spread)


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
    low, high = wilson_interval(hits / effect, cases / effect)
    spread = max(share - low, high - share) / _NORMAL * math.sqrt(n)
    return SeedEstimate(share, low, high, n, spread)


def wilson_interval(hits: float, cases: float, z: float = _NORMAL) -> tuple[float, float]:
    """Return the interval of a share of cases (Wilson 1927); cases need not be whole.

    >>> [round(bound, 3) for bound in wilson_interval(8, 10)]
    [0.49, 0.943]
    """
    share, square = hits / cases, z * z
    middle = (share + square / (2 * cases)) / (1 + square / cases)
    spread = share * (1 - share) / cases + square / (4 * cases * cases)
    half = z / (1 + square / cases) * math.sqrt(spread)
    low = 0.0 if hits == 0 else max(middle - half, 0.0)
    return low, 1.0 if hits == cases else min(middle + half, 1.0)


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
    mean_x, mean_y = fmean(x), fmean(y)
    spread = sum((value - mean_x) ** 2 for value in x)
    product = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return round(product / spread, _DIGITS)
