"""Probabilities of t, F, chi-squared and of the sign test: where SciPy's names are known.

NaN in, NaN out.
"""

from __future__ import annotations

from functools import cache


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


def level_of(confidence: float) -> float:
    """Return the level of a test whose interval has this confidence.

    >>> level_of(0.95), level_of(0.9)
    (0.05, 0.1)
    """
    return round(1.0 - confidence, 12)


def middle_of(confidence: float) -> tuple[float, float]:
    """Return the probabilities between which an interval of this confidence lies.

    >>> middle_of(0.9)
    (0.05, 0.95)
    """
    tail = round(level_of(confidence) / 2, 12)
    return tail, 1.0 - tail


def narrow_of(confidence: float) -> float:
    """Return the confidence of the interval that two one-sided tests at the same level make.

    >>> narrow_of(0.95)
    0.9
    """
    return round(2.0 * confidence - 1.0, 12)


def normal_quantile(probability: float) -> float:
    """Return the standard normal value below which ``probability`` lies."""
    from scipy import stats

    return float(stats.norm.ppf(probability))


def f_tail(f: float, degrees: int, left: int) -> float:
    """Return the probability of an F above ``f``."""
    from scipy import stats

    return float(stats.f.sf(f, degrees, left))


def f_quantile(probability: float, degrees: int, left: int) -> float:
    """Return the F below which ``probability`` lies."""
    from scipy import stats

    return float(stats.f.ppf(probability, degrees, left))


def chi2_quantile(probability: float, degrees: int) -> float:
    """Return the chi-squared value below which ``probability`` lies."""
    from scipy import stats

    return float(stats.chi2.ppf(probability, degrees))


def sign_test(below: int, above: int) -> float:
    """Return the two-sided p of as uneven a split by a fair coin; NaN for no throws.

    >>> sign_test(1, 9)
    0.021484375
    """
    from scipy import stats

    return float(stats.binomtest(below, below + above).pvalue) if below + above else float("nan")
