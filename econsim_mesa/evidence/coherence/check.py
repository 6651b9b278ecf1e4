"""What a check is: a number from each seed, and a rule about these numbers."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from statistics import fmean, stdev
from typing import ClassVar, NamedTuple

from econsim_mesa.analysis.distributions import t_quantile
from econsim_mesa.evidence.coherence.lab import Lab
from econsim_mesa.scenario import Scenario

CONFIDENCE = 0.95
_DIGITS = 12
"""A slope that is zero but for rounding is zero."""
EMBEDDED = ("utility", "random", "idle")
"""Deciders that read no words and give no reasons."""
Sample = tuple[float | None, ...]
"""The numbers that one seed gives; None: nothing to count there."""


class Judged(NamedTuple):
    """What a rule says: the value, its interval, and whether the rule holds."""

    value: float | None
    low: float | None
    high: float | None
    passed: bool


class Check(ABC):
    """One behavioural check. Subclasses say the rule in words and judge by it."""

    name: ClassVar[str]
    rule: ClassVar[str]
    """The rule in words, with the unit of the value."""

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
        mean, low, high = interval(values(samples))
        return Judged(mean, low, high, low is not None and low > 0)


class Below(Check):
    """The mean over seeds lies below 0, its interval with it."""

    def judge(self, samples: Sequence[Sample]) -> Judged:
        """Return mean and t-interval over seeds."""
        mean, low, high = interval(values(samples))
        return Judged(mean, low, high, high is not None and high < 0)


class Share(Check):
    """Of all cases counted, a share of at least ``least`` (or at most ``most``) is as it should.

    A sample is (cases as described, all cases). The interval is Wilson's, over cases. Fewer than
    ``fewest`` cases say nothing.
    """

    fewest: ClassVar[int] = 20
    least: ClassVar[float] = 0.0
    most: ClassVar[float] = 1.0

    def judge(self, samples: Sequence[Sample]) -> Judged:
        """Return the share over all seeds; it must keep the bound, counted exactly."""
        hits = sum(sample[0] or 0 for sample in samples)
        cases = sum(sample[1] or 0 for sample in samples)
        if cases < self.fewest:
            return Judged(None, None, None, passed=False)
        share = hits / cases
        low, high = wilson(hits, cases)
        return Judged(share, low, high, self.least <= share <= self.most)


def values(samples: Sequence[Sample], column: int = 0) -> list[float]:
    """Return the numbers of one column that are there."""
    return [held for sample in samples if (held := sample[column]) is not None]


def interval(numbers: Sequence[float]) -> tuple[float | None, float | None, float | None]:
    """Return mean and t-interval of independent numbers.

    >>> interval([1.0, 1.0, 1.0])
    (1.0, 1.0, 1.0)
    """
    n = len(numbers)
    if n < 2:
        return (numbers[0] if n else None), None, None
    mean = fmean(numbers)
    half = t_quantile(0.5 + CONFIDENCE / 2, n - 1) * stdev(numbers) / math.sqrt(n)
    return mean, mean - half, mean + half


def wilson(hits: float, cases: float, z: float = 1.959964) -> tuple[float, float]:
    """Return Wilson's interval (1927) of a share.

    >>> [round(bound, 3) for bound in wilson(8, 10)]
    [0.49, 0.943]
    """
    share, square = hits / cases, z * z
    middle = (share + square / (2 * cases)) / (1 + square / cases)
    spread = share * (1 - share) / cases + square / (4 * cases * cases)
    half = z / (1 + square / cases) * math.sqrt(spread)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def slope(x: Sequence[float], y: Sequence[float]) -> float:
    """Return the least-squares slope of y on x.

    >>> slope([0, 1, 2], [1, 3, 5])
    2.0
    """
    middle, mean = fmean(x), fmean(y)
    spread = sum((one - middle) ** 2 for one in x)
    found = sum((a - middle) * (b - mean) for a, b in zip(x, y, strict=True)) / spread
    return round(found, _DIGITS)
