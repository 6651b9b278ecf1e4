"""Probabilities of Student's t and of the sign test: the only place that knows SciPy's names.

NaN in, NaN out.
"""

from __future__ import annotations


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


def t_quantile(probability: float, degrees: int) -> float:
    """Return the Student t below which ``probability`` lies."""
    from scipy import stats

    return float(stats.t.ppf(probability, degrees))


def sign_test(below: int, above: int) -> float:
    """Return the two-sided p of as uneven a split by a fair coin; NaN for no throws.

    >>> sign_test(1, 9)
    0.021484375
    """
    from scipy import stats

    return float(stats.binomtest(below, below + above).pvalue) if below + above else float("nan")
