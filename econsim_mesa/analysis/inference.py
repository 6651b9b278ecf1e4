"""Levels, intervals and p-values, computed by SciPy and statsmodels.

Both libraries are imported when they are first used, because that takes a second. An argument of
NaN gives NaN.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from statistics import fmean, stdev
from typing import NamedTuple

from econsim_mesa.errors import BadInput


def alpha(confidence: float) -> float:
    """Return the level of a test whose interval has this confidence.

    >>> alpha(0.95), alpha(0.9)
    (0.05, 0.1)
    """
    return round(1.0 - confidence, 12)


def central_interval(confidence: float) -> tuple[float, float]:
    """Return the probabilities between which the central interval of this confidence lies.

    >>> central_interval(0.9)
    (0.05, 0.95)
    """
    tail = round(alpha(confidence) / 2, 12)
    return tail, 1.0 - tail


def tost_confidence(confidence: float) -> float:
    """Return the confidence of the interval that two one-sided tests at the same level make.

    >>> tost_confidence(0.95)
    0.9
    """
    return round(2.0 * confidence - 1.0, 12)


def t_tail(t: float, degrees: int) -> float:
    """Return the probability of a Student t above ``t``."""
    from scipy import stats

    return float(stats.t.sf(t, degrees))


def t_two_sided(t: float, degrees: int) -> float:
    """Return the probability of a Student t at least as far from 0 as ``t``.

    >>> round(t_two_sided(2.262, 9), 3)
    0.05
    """
    return 2.0 * t_tail(abs(t), degrees)


@cache  # few are asked for, many times; SciPy takes milliseconds for each
def t_quantile(probability: float, degrees: int) -> float:
    """Return the Student t below which ``probability`` lies."""
    from scipy import stats

    return float(stats.t.ppf(probability, degrees))


def t_critical(confidence: float, degrees: int) -> float:
    """Return the half width of a t-interval of this confidence, in standard errors.

    >>> round(t_critical(0.95, 9), 3)
    2.262
    """
    return t_quantile(central_interval(confidence)[1], degrees)


def t_interval(value: float, error: float, degrees: int, confidence: float) -> tuple[float, float]:
    """Return the t-interval of an estimate with its standard error."""
    half = t_critical(confidence, degrees) * error
    return value - half, value + half


class MeanInterval(NamedTuple):
    """Mean and standard deviation (ddof 1) of ``n`` values, with the t-interval of the mean.

    A number is None if there are too few values for it.
    """

    mean: float | None
    sd: float | None
    low: float | None
    high: float | None
    n: int


def mean_interval(values: Sequence[float], confidence: float) -> MeanInterval:
    """Return mean, standard deviation and t-interval of independent values.

    >>> [round(x, 3) for x in mean_interval([1.0, 2.0, 3.0], 0.95)[:4]]
    [2.0, 1.0, -0.484, 4.484]
    """
    n = len(values)
    if n < 2:
        return MeanInterval(values[0] if n else None, None, None, None, n)
    mean, sd = fmean(values), stdev(values)
    half = t_critical(confidence, n - 1) * sd / math.sqrt(n)
    return MeanInterval(mean, sd, mean - half, mean + half, n)


def wilson_interval(hits: float, cases: float, confidence: float) -> tuple[float, float]:
    """Return the interval of a share of cases (Wilson 1927); cases need not be whole.

    >>> [round(bound, 3) for bound in wilson_interval(8, 10, 0.95)]
    [0.49, 0.943]
    """
    from scipy import stats

    # statsmodels' proportion_confint rounds otherwise: tables of sealed experiments would differ
    # in their last digits from those made anew, and would have to be sealed again.
    rate = hits / cases
    z2 = float(stats.norm.ppf(central_interval(confidence)[1])) ** 2
    middle = (rate + z2 / (2 * cases)) / (1 + z2 / cases)
    inside = rate * (1 - rate) * z2 / cases + (z2 / (2 * cases)) ** 2
    half = math.sqrt(inside) / (1 + z2 / cases)
    return middle - half, middle + half


def sign_test(below: int, above: int) -> float:
    """Return the two-sided p of a split this uneven under a fair coin; NaN without throws.

    >>> sign_test(1, 9)
    0.021484375
    """
    from scipy import stats

    return float(stats.binomtest(below, below + above).pvalue) if below + above else math.nan


def holm(p: Mapping[str, float]) -> dict[str, float]:
    """Return p-values adjusted for several tests (Holm 1979, Scand. J. Stat. 6), by name.

    A p of NaN (a test that could not be made) stays NaN, and still counts as a member of the
    family, so that a failed test makes no other one easier. Raises ``BadInput`` for a p outside
    0 to 1.

    >>> {name: round(q, 3) for name, q in holm({"a": 0.01, "b": 0.04, "c": 0.03}).items()}
    {'a': 0.03, 'b': 0.06, 'c': 0.06}
    """
    from statsmodels.stats.multitest import multipletests

    for name, value in p.items():
        if not (0 <= value <= 1 or math.isnan(value)):
            raise BadInput(f"{name}: {value} is no p-value")
    if not p:
        return {}
    # A p of 1 stands last in Holm's order: it makes the family larger, and no other p smaller.
    tested = [1.0 if math.isnan(value) else value for value in p.values()]
    adjusted = multipletests(tested, method="holm")[1]
    return {
        name: math.nan if math.isnan(value) else float(q)
        for (name, value), q in zip(p.items(), adjusted, strict=True)
    }
