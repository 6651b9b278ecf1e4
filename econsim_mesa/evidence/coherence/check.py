"""What a check is: a number from each seed, and a rule about these numbers."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from statistics import linear_regression
from typing import ClassVar, Literal, NamedTuple

from econsim_mesa.analysis.inference import (
    mean_interval,
    t_critical,
    t_quantile,
    wilson_interval,
)
from econsim_mesa.evidence.coherence.lab import Lab
from econsim_mesa.scenario import Scenario

CONFIDENCE = 0.95
MOST_SEEDS = 1000
"""More than these are not asked for: the value lies at the threshold, or nobody could run them."""
_NORMAL = 1.959964
_POWER = 0.8
_DIGITS = 12
"""A slope that is zero but for rounding is zero."""
EMBEDDED = ("utility", "random", "idle")
"""Deciders that read no words and give no reasons."""
Outcome = Literal["passed", "failed", "undecided"]
"""Undecided: the interval holds the threshold, so these seeds allow either."""
Sample = tuple[float | None, ...]
"""The numbers that one seed gives; None: nothing to count there."""


class Judged(NamedTuple):
    """What a rule says of the numbers of all seeds.

    ``value`` None: there is too little to judge. ``seeds``: about how many would decide what is
    undecided, or give enough to judge; None: nothing is, or no number up to ``MOST_SEEDS`` would.
    """

    value: float | None
    low: float | None
    high: float | None
    outcome: Outcome
    seeds: int | None = None


def too_few(samples: Sequence[Sample], fewest: int = 1) -> Judged | None:
    """Return that there are not ``fewest`` cases to judge by, and how many seeds might give them.

    The cases are in the last column. None: there are enough.

    >>> too_few([(1, 4), (2, 6)], 20)
    Judged(value=None, low=None, high=None, outcome='undecided', seeds=4)
    """
    cases = counted(samples)
    if cases >= fewest:
        return None
    seeds = math.ceil(len(samples) * fewest / cases) if cases else None
    return Judged(None, None, None, "undecided", seeds)


class Check(ABC):
    """One behavioural check. Subclasses say the rule in words and judge by it."""

    name: ClassVar[str]
    rule: ClassVar[str]
    """The rule in words, with the unit of the value."""
    controlled: ClassVar[bool] = True
    """Whether the random agent is put to it: not where it has no way to break the rule."""

    def reason_against(self, scenario: Scenario, decider: str) -> str:
        """Say why the check cannot be made of this town and decider; empty: it can."""
        return ""

    @abstractmethod
    def sample(self, lab: Lab) -> Sample:
        """Return the numbers that one seed gives."""

    @abstractmethod
    def judge(self, samples: Sequence[Sample]) -> Judged:
        """Return what the rule says of the numbers of all seeds."""


class Above(Check):
    """The mean over seeds lies above 0, its interval with it."""

    def judge(self, samples: Sequence[Sample]) -> Judged:
        """Return mean and t-interval over seeds."""
        return interval(values(samples)).judged(0.0, lambda bound: bound > 0)


class Below(Check):
    """The mean over seeds lies below 0, its interval with it."""

    def judge(self, samples: Sequence[Sample]) -> Judged:
        """Return mean and t-interval over seeds."""
        return interval(values(samples)).judged(0.0, lambda bound: bound < 0)


class Share(Check):
    """Of all cases counted, a share of at least ``least`` is as it should be.

    A sample is (cases as described, all cases). Fewer than ``fewest`` cases say nothing.
    """

    fewest: ClassVar[int] = 20
    least: ClassVar[float]

    def judge(self, samples: Sequence[Sample]) -> Judged:
        """Return the share over all seeds."""
        if lacking := too_few(samples, self.fewest):
            return lacking
        return share(samples).judged(self.least, lambda bound: bound >= self.least)


def all_of(first: Judged, *others: Judged) -> Judged:
    """Return what a rule of several parts comes to: the first one's value, the worst outcome.

    >>> yes, no = Judged(1.0, 1.0, 1.0, "passed"), Judged(2.0, 2.0, 2.0, "failed")
    >>> all_of(yes, no)
    Judged(value=1.0, low=1.0, high=1.0, outcome='failed', seeds=None)
    """
    parts = first, *others
    worst: tuple[Outcome, ...] = ("failed", "undecided", "passed")
    outcome = next(one for one in worst if any(part.outcome == one for part in parts))
    needed = [part.seeds for part in parts if part.outcome == outcome]
    seeds = None if None in needed else max(filter(None, needed))
    return first._replace(outcome=outcome, seeds=seeds)


def exactly(held: bool) -> Judged:
    """Return what comes of a part of a rule that is counted without doubt."""
    return Judged(None, None, None, "passed" if held else "failed")


def values(samples: Sequence[Sample], column: int = 0) -> list[float]:
    """Return the numbers of one column that are there."""
    return [held for sample in samples if (held := sample[column]) is not None]


def counted(samples: Sequence[Sample], column: int = -1) -> float:
    """Return the sum of a column; what is not there counts 0."""
    return sum(sample[column] or 0 for sample in samples)


class Estimate(NamedTuple):
    """A value of ``n`` seeds; ``spread`` is the standard deviation of one seed's number."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    spread: float = 0.0

    def judged(self, threshold: float, holds: Callable[[float], bool]) -> Judged:
        """Return whether a rule holds at both ends of the interval, at none, or at one.

        ``holds`` says on which side of ``threshold`` a number keeps the rule.
        """
        outcome: Outcome = "undecided"
        if self.low is not None and self.high is not None and holds(self.low) == holds(self.high):
            outcome = "passed" if holds(self.low) else "failed"
        seeds = self.seeds(threshold) if outcome == "undecided" else None
        return Judged(self.value, self.low, self.high, outcome, seeds)

    def seeds(self, threshold: float) -> int | None:
        """Return with how many seeds the interval would leave a threshold out, at this value.

        In four of five tries; by the t-distribution. None: more than ``MOST_SEEDS``.

        >>> Estimate(1.0, -0.5, 2.5, 4, 2.0).seeds(0.0)
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


def interval(numbers: Sequence[float]) -> Estimate:
    """Return mean and t-interval of independent numbers.

    >>> interval([1.0, 1.0, 1.0])
    Estimate(value=1.0, low=1.0, high=1.0, n=3, spread=0.0)
    """
    mean, sd, low, high, n = mean_interval(numbers, CONFIDENCE)
    return Estimate(mean, low, high, n, sd or 0.0)


def share(samples: Sequence[Sample], column: int = 0) -> Estimate:
    """Return the share of a column in the last one, of all seeds together.

    Cases of one town resemble each other, so they count for fewer: as many as would vary so
    much from seed to seed if they were independent (the design effect, Kish 1965).
    """
    cases, hits = counted(samples), counted(samples, column)
    found, n = hits / cases, len(samples)
    alone = found * (1 - found) / cases
    gaps = sum(((one[column] or 0) - found * (one[-1] or 0)) ** 2 for one in samples)
    between = n / (n - 1) * gaps / cases**2 if n > 1 else alone
    effect = max(between / alone, 1.0) if alone else 1.0
    low, high = wilson(hits / effect, cases / effect)
    spread = max(found - low, high - found) / _NORMAL * math.sqrt(n)
    return Estimate(found, low, high, n, spread)


def wilson(hits: float, cases: float) -> tuple[float, float]:
    """Return Wilson's interval of a share, which ends at 0 or 1 where no case is otherwise.

    >>> [round(bound, 3) for bound in wilson(8, 10)]
    [0.49, 0.943]
    """
    low, high = wilson_interval(hits, cases, CONFIDENCE)
    return (
        0.0 if hits == 0 else max(low, 0.0),
        1.0 if hits == cases else min(high, 1.0),
    )


def slope(x: Sequence[float], y: Sequence[float]) -> float:
    """Return the least-squares slope of y on x.

    >>> slope([0, 1, 2], [1, 3, 5])
    2.0
    """
    return round(linear_regression(x, y).slope, _DIGITS)
