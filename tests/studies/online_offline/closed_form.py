"""The curve's statistics for thousands of balanced panels at once, in closed form.

Nothing of the analysis is used: effects of run and day are taken out by means, the jackknife makes
each regression anew. Arrays are [panels, runs, days]; ``test_error_rates`` holds it against the
analysis, panel by panel.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import stats

Array = np.ndarray


class Fits(NamedTuple):
    """Quadratics of many panels: b [panels, 2] at c [panels], and both covariances."""

    c: Array
    b: Array
    clustered: Array
    jackknife: Array
    noise: Array
    straight: Array
    straight_error: Array
    runs: int


def within(a: Array) -> Array:
    """Return what is left of [panels, runs, days] without effects of run and day."""
    return a - a.mean(2, keepdims=True) - a.mean(1, keepdims=True) + a.mean((1, 2), keepdims=True)


def least_squares(terms: list[Array], y: Array) -> tuple[Array, Array]:
    """Return coefficients [panels, k] and their clustered covariance."""
    w = np.stack([within(term) for term in terms], -1)
    scale = np.sqrt((w**2).sum((1, 2))) + 1e-300
    w, left = w / scale[:, None, None], within(y)
    gram = np.einsum("prdi,prdj->pij", w, w) + 1e-12 * np.eye(len(terms))
    inverse = np.linalg.inv(gram)
    b = np.einsum("pij,prdj,prd->pi", inverse, w, left)
    rest = left - np.einsum("prdi,pi->prd", w, b)
    scores = np.einsum("prdi,prd->pri", w, rest)
    meat = np.einsum("pri,prj->pij", scores, scores)
    _, runs, days = y.shape
    rows, columns = runs * days, runs + days - 1 + len(terms)
    factor = runs / (runs - 1) * (rows - 1) / (rows - columns)
    covariance = factor * inverse @ meat @ inverse / (scale[:, :, None] * scale[:, None, :])
    return b / scale, covariance


def fits(x: Array, y: Array) -> Fits:
    c = x.mean((1, 2))
    d = x - c[:, None, None]
    _, runs, days = x.shape
    b, clustered = least_squares([d, d**2], y)
    straight, _ = least_squares([d], y)
    left, left_straight = without_each_run(d, y)
    rest = within(y) - b[:, 0, None, None] * within(d) - b[:, 1, None, None] * within(d**2)
    noise = np.sqrt((rest**2).sum((1, 2)) / (runs * days - runs - days - 1))
    jackknife, error = _jackknife(left), np.sqrt(_jackknife(left_straight)[:, 0, 0])
    return Fits(c, b, clustered, jackknife, noise, straight[:, 0], error, runs)


def without_each_run(d: Array, y: Array) -> tuple[Array, Array]:
    """Return the coefficients [panels, runs, k] without each run: of d and d**2, and of d alone."""
    terms = [one - one.mean((1, 2), keepdims=True) for one in (d, d**2)]
    lengths = np.stack([np.sqrt((one**2).sum((1, 2))) for one in terms], -1)[:, None]
    terms = [one / lengths[..., k, None] for k, one in enumerate(terms)]
    y = y - y.mean((1, 2), keepdims=True)
    (dd, dq, dy), (_, qq, qy) = (
        [_products_left(one, other) for other in (*terms, y)] for one in terms
    )
    determinant = dd * qq - dq**2
    both = np.stack([(qq * dy - dq * qy), (dd * qy - dq * dy)], -1) / determinant[..., None]
    return both / lengths, (dy / dd)[..., None] / lengths[..., :1]


def _products_left(a: Array, b: Array) -> Array:
    """Return the inner products [panels, runs] of what is left of two terms without each run."""
    _, runs, days = a.shape
    (a_run, b_run), (a_day, b_day) = (a.sum(2), b.sum(2)), (a.sum(1), b.sum(1))
    a_all, b_all = (one.sum(1)[:, None] - one for one in (a_run, b_run))
    own, of_run = (a * b).sum(2), a_run * b_run
    of_day = ((a_day[:, None] - a) * (b_day[:, None] - b)).sum(2)
    own, of_run = (one.sum(1)[:, None] - one for one in (own, of_run))
    return np.asarray(
        own - of_run / days - of_day / (runs - 1) + a_all * b_all / ((runs - 1) * days)
    )


def _jackknife(values: Array) -> Array:
    apart = values - values.mean(1, keepdims=True)
    runs = values.shape[1]
    return np.asarray((runs - 1) / runs * np.einsum("pri,prj->pij", apart, apart))


def combination(weights: Array, fit: Fits, covariance: Array) -> tuple[Array, Array]:
    """Return values and errors of weights [panels, 2]."""
    value = (weights * fit.b).sum(1)
    return value, np.sqrt(np.einsum("pi,pij,pj->p", weights, covariance, weights))


def covers(fit: Fits, b1: Array, b2: float, covariance: Array) -> tuple[float, float]:
    """Return how often the 95 % intervals hold the truth."""
    t = stats.t.ppf(0.975, fit.runs - 1)
    errors = np.sqrt(np.einsum("pii->pi", covariance))
    apart = np.abs(fit.b - np.stack([b1, np.full_like(b1, b2)], 1))
    return tuple((apart <= t * errors).mean(0))


def four_parts(x: Array, fit: Fits, slopes: Array, turning: Array) -> Array:
    """Return where the parts of the verdict without the line hold.

    ``slopes`` and ``turning`` are the covariances by which they are judged.
    """
    panels, degrees = len(x), fit.runs - 1
    flat = x.reshape(panels, -1)
    low, tenth, ninetieth, high = np.quantile(flat, [0.05, 0.1, 0.9, 0.95], axis=1)
    one = np.ones(panels)
    rise, rise_error = combination(np.stack([one, 2 * (low - fit.c)], 1), fit, slopes)
    fall, fall_error = combination(np.stack([one, 2 * (high - fit.c)], 1), fit, slopes)
    least = stats.t.ppf(0.95, degrees)
    b1, b2, v, t2 = fit.b[:, 0], fit.b[:, 1], turning, stats.t.ppf(0.975, degrees) ** 2
    a = 4 * (b2**2 - t2 * v[:, 1, 1])
    b, c = 4 * (b1 * b2 - t2 * v[:, 0, 1]), b1**2 - t2 * v[:, 0, 0]
    with np.errstate(all="ignore"):
        root = np.sqrt(np.maximum(b * b - 4 * a * c, 0))
        begins, ends = fit.c + (-b - root) / (2 * a), fit.c + (-b + root) / (2 * a)
        top = turning_point(fit)
        ok = (b2 < 0) & (rise > least * rise_error) & (fall < -least * fall_error)
        ok &= (a > 0) & (begins >= tenth) & (ends <= ninetieth)
    sides = (flat < top[:, None]).mean(1), (flat > top[:, None]).mean(1)
    return ok & (np.minimum(*sides) >= 0.1)


def turning_point(fit: Fits) -> Array:
    with np.errstate(all="ignore"):
        return np.nan_to_num(fit.c - fit.b[:, 0] / (2 * fit.b[:, 1]))


def line_falls(x: Array, y: Array, fit: Fits) -> Array:
    """Return where a line beyond the turning point falls, one-sided p below .1."""
    at = turning_point(fit)[:, None, None]
    after = x >= at
    terms = [after.astype(float), np.where(after, 0.0, x - at), np.where(after, x - at, 0.0)]
    b, v = least_squares(terms, y)
    return np.asarray(b[:, 2] < -stats.t.ppf(0.9, fit.runs - 1) * np.sqrt(v[:, 2, 2]))


def verdicts(x: Array, y: Array, fit: Fits) -> Array:
    """Return the verdict on each panel."""
    t = stats.t.ppf(0.975, fit.runs - 1)
    found = four_parts(x, fit, fit.clustered, fit.clustered)
    if found.any():  # the line is asked for where all else holds
        some = fit._replace(c=fit.c[found], b=fit.b[found])
        found[found] = line_falls(x[found], y[found], some)
    bent = np.abs(fit.b[:, 1]) > t * np.sqrt(fit.jackknife[:, 1, 1])
    sloped = np.abs(fit.straight) > t * fit.straight_error
    rest = np.where(bent, np.where(fit.b[:, 1] < 0, "concave", "inconclusive"),
                    np.where(sloped, "linear", "inconclusive"))  # fmt: skip
    return np.where(found, "inverted U", rest)


def refuted(x: Array, verdict: Array, fit: Fits, size: float = 0.3, reach: float = 3.0) -> Array:
    """Return where an inverted U is refuted."""
    panels, degrees = len(x), fit.runs - 1
    low, high = np.quantile(x.reshape(panels, -1), [0.05, 0.95], axis=1)
    width, middle, one = high - low, (high + low) / 2, np.ones(panels)
    wide, narrow = stats.t.ppf(0.975, degrees), stats.t.ppf(0.95, degrees)
    v = fit.jackknife
    first, first_error = combination(np.stack([one, 2 * (low - fit.c)], 1), fit, v)
    last, last_error = combination(np.stack([one, 2 * (high - fit.c)], 1), fit, v)
    hump, hump_error = combination(np.stack([0 * one, -(width**2) / 4], 1), fit, v)
    rise, rise_error = combination(np.stack([width, 2 * (middle - fit.c) * width], 1), fit, v)
    falls, rises = first + wide * first_error < 0, last - wide * last_error > 0
    sizes = size * fit.noise
    flat = (verdict == "inconclusive") & (hump + narrow * hump_error < sizes)
    flat &= np.abs(rise) + narrow * rise_error < reach * sizes
    flat &= ~rises & ~(first + wide * first_error < 0)
    return np.asarray((verdict != "inverted U") & ((falls & rises) | flat))
