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
