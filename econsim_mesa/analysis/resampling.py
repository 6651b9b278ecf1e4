"""The fixed-effect regression as a sum over runs, so that runs can be drawn again cheaply.

Within a run everything is measured from its (weighted) mean, which is the run effect. What is
left are cross-products per run; a bootstrap draw is a count for each run, and its coefficients
solve the counted sums. So 2,000 draws over runs are one product of matrices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from econsim_mesa.rng import Floats, Integers

if TYPE_CHECKING:
    import pandas as pd

_CHUNK = 250  # draws at a time: memory
_TOLERANCE = 1e-9


class RunMoments:
    """Cross-products per run of a regression with effects of run, and of day unless told.

    ``run_names`` is the order of runs in every row of counts, sorted unless ``order`` is given.
    """

    def __init__(
        self,
        panel: pd.DataFrame,
        regressors: Mapping[str, Floats],
        y: Floats,
        *,
        weights: Floats | None = None,
        day_effects: bool = True,
        order: Sequence[str] | None = None,
    ) -> None:
        import pandas as pd

        labels = panel["run"].astype(str).to_numpy()
        self.run_names = tuple(sorted(set(labels)) if order is None else map(str, order))
        days, _ = pd.factorize(panel["day"], sort=True)
        dummies = (days[:, None] == np.arange(1, days.max() + 1)).astype(float)
        self._days = dummies.shape[1] if day_effects else 0
        columns = [dummies[:, : self._days], *regressors.values(), y]
        everything = np.column_stack([np.asarray(column, dtype=float) for column in columns])
        w = np.ones(len(y)) if weights is None else weights
        products = [
            _products(everything[labels == run], w[labels == run]) for run in self.run_names
        ]
        self._products = np.array(products)
        held = [frozenset(days[labels == run].tolist()) for run in self.run_names]
        self._balanced = len(set(held)) == 1

    def coefficients(self, counts: Floats) -> Floats:
        """Return [draws, q] coefficients of the regressors for [draws, runs] counts of runs.

        A draw that does not identify a coefficient gives NaN in its whole row.
        """
        parts = [self._solve(counts[i : i + _CHUNK]) for i in range(0, len(counts), _CHUNK)]
        found: Floats = np.concatenate(parts)
        return found

    def _solve(self, counts: Floats) -> Floats:
        sums = np.tensordot(counts, self._products, axes=1)
        d = self._days
        rest = sums[:, d:, d:]
        if d:
            inner, cross = sums[:, :d, :d], sums[:, :d, d:]
            away = (
                np.linalg.solve(inner, cross)
                if self._balanced
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


def _products(rows: Floats, weights: Floats) -> Floats:
    """Return the weighted cross-products of columns measured from their means."""
    if weights.sum() <= 0:
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
