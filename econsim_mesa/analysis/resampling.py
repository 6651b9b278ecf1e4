"""The fixed-effect regression as a sum over runs, so that runs can be resampled cheaply.

Within a run all columns are measured from their (weighted) means, which removes the run effect.
The regression then needs only cross-products per run: a bootstrap draw is a count for each run, and
its coefficients solve the counted sums. So 2,000 draws over runs are one product of matrices: for
20 runs x 14 days they take 0.1 s of CPU, and 43 s if statsmodels fits each draw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from econsim_mesa.society.rng import Floats, Integers, Streams

if TYPE_CHECKING:
    import pandas as pd

_CHUNK = 250  # draws at a time: memory
_TOLERANCE = 1e-9
_SITE = "analysis.resampling"


def resampling_rng(*key: str) -> np.random.Generator:
    """Return the random generator of a resampling test, named by words.

    Each test of each condition has its own generator, so that its draws do not depend on other
    tests.

    >>> float(resampling_rng("wild", "a").random()) == float(resampling_rng("wild", "a").random())
    True
    """
    return Streams(0).stream(_SITE, 0, "\x1f".join(key))


class RunMoments:
    """Cross-products per run of a regression with effects of run; a row of counts counts runs.

    ``runs`` [rows] numbers the run of each row, below ``number``. ``effects`` [rows, d] (days,
    controls) are partialled out, and ``regressors`` [rows, q] are of interest. ``full`` states that
    the effects are identified for every choice of runs: each run has every day, without controls.
    """

    def __init__(
        self,
        runs: Integers,
        number: int,
        effects: Floats,
        regressors: Floats,
        y: Floats,
        weights: Floats | None = None,
        *,
        full: bool,
    ) -> None:
        everything = np.column_stack([effects, regressors, y])
        w = np.ones(len(y)) if weights is None else weights
        rows = [runs == run for run in range(number)]
        self._products = np.array([_products(everything[some], w[some]) for some in rows])
        self._effects, self._full = effects.shape[1], full

    def coefficients(self, counts: Floats) -> Floats:
        """Return [draws, q] coefficients of the regressors for [draws, runs] counts of runs.

        A draw that does not identify a coefficient gives NaN in its whole row.
        """
        parts = [self._solve(counts[i : i + _CHUNK]) for i in range(0, len(counts), _CHUNK)]
        found: Floats = np.concatenate(parts)
        return found

    def _solve(self, counts: Floats) -> Floats:
        sums = np.tensordot(counts, self._products, axes=1)
        d = self._effects
        rest = sums[:, d:, d:]
        if d:
            inner, cross = sums[:, :d, :d], sums[:, :d, d:]
            away = (
                np.linalg.solve(inner, cross)
                if self._full
                else np.linalg.pinv(inner, hermitian=True, rcond=_TOLERANCE) @ cross
            )
            rest = rest - np.swapaxes(cross, 1, 2) @ away
        scale = np.sqrt(np.einsum("bii->bi", sums[:, d:-1, d:-1]))
        known = (scale > 0).all(axis=1)
        scale = np.where(scale > 0, scale, 1.0)
        gram = rest[:, :-1, :-1] / scale[:, :, None] / scale[:, None, :]
        known &= np.linalg.eigvalsh(gram)[:, 0] > _TOLERANCE
        found = np.full(scale.shape, np.nan)
        right = (rest[known, :-1, -1] / scale[known])[:, :, None]
        found[known] = np.linalg.solve(gram[known], right)[:, :, 0] / scale[known]
        return found


def moments_of(
    panel: pd.DataFrame,
    regressors: Mapping[str, Floats],
    y: Floats,
    *,
    weights: Floats | None = None,
    order: Sequence[str] | None = None,
) -> RunMoments:
    """Return the moments of a panel with effects of day partialled out.

    ``order`` is the order of runs in every row of counts (default: sorted).
    """
    import pandas as pd

    labels = panel["run"].astype(str).to_numpy()
    names = tuple(sorted(set(labels)) if order is None else map(str, order))
    place = {name: number for number, name in enumerate(names)}
    runs = np.array([place[label] for label in labels], dtype=np.int64)
    days, _ = pd.factorize(panel["day"], sort=True)
    dummies = (days[:, None] == np.arange(1, days.max() + 1)).astype(float)
    held = {frozenset(days[runs == run].tolist()) for run in range(len(names))}
    terms = np.column_stack([np.asarray(one, dtype=float) for one in regressors.values()])
    return RunMoments(runs, len(names), dummies, terms, y, weights, full=len(held) == 1)


def jackknife_covariance(left_out: Floats) -> Floats:
    """Return the covariance [q, q] of estimates from [g, q] values with one run left out each.

    It is (g - 1) / g times the sum of squares about their mean, the cluster-robust CV3 of
    MacKinnon, Nielsen and Webb (2023). All entries are NaN if a value is unknown.
    """
    g = len(left_out)
    apart = left_out - left_out.mean(axis=0)
    found: Floats = (g - 1) / g * (apart.T @ apart)
    return found


def _products(rows: Floats, weights: Floats) -> Floats:
    """Return the weighted cross-products of columns measured from their means."""
    if not len(rows) or weights.sum() <= 0:
        return np.zeros((rows.shape[1], rows.shape[1]))
    apart = rows - np.average(rows, axis=0, weights=weights)
    found: Floats = (apart * weights[:, None]).T @ apart
    return found


def bootstrap_counts(runs: int, draws: int, generator: np.random.Generator) -> Floats:
    """Return [draws, runs]: how often each run stands in a draw of as many, with replacement."""
    chosen: Integers = generator.integers(0, runs, size=(draws, runs))
    counts = np.zeros((draws, runs))
    np.add.at(counts, (np.arange(draws)[:, None], chosen), 1.0)
    return counts


def leave_one_out_counts(runs: int) -> Floats:
    """Return [runs, runs]: every run once, but for the run of the row."""
    return np.ones((runs, runs)) - np.eye(runs)
