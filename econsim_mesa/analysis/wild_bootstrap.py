"""Wild cluster bootstrap: a p-value that is reliable with few runs.

Restricted (the hypothesis is imposed), one Rademacher sign a run, studentized with the same
clustered error as the test itself (Cameron, Gelbach and Miller 2008, Review of Economics and
Statistics 90(3)). With R runs there are 2^R patterns of signs: if that is no more than the
draws asked for, all of them are used and the result depends on no generator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from econsim_mesa.analysis.design_matrix import DesignMatrix
from econsim_mesa.errors import BadInput
from econsim_mesa.society.rng import Floats, Integers

Alternative = Literal["two-sided", "greater", "less"]


@dataclass(frozen=True)
class WildTest:
    """The t of a combination of coefficients and the share of draws at least as extreme.

    ``smallest`` is the least p that so few runs can give: where it is above .05, no result of
    this test can be significant at that level.
    """

    t: float
    p: float
    draws: int
    every_pattern: bool
    smallest: float


def wild_cluster_test(
    design: DesignMatrix,
    y: Floats,
    weights: Sequence[float],
    generator: np.random.Generator,
    *,
    draws: int = 1999,
    alternative: Alternative = "two-sided",
) -> WildTest:
    """Test that the combination ``weights`` of the coefficients of interest is 0.

    ``generator`` is seeded by the caller. Raises ``BadInput`` for weights of another number.
    """
    if len(weights) != design.interest:
        raise BadInput(f"{len(weights)} weights for {design.interest} coefficients of interest")
    matrix, scale = design.scaled()
    w = np.zeros(matrix.shape[1])
    w[-design.interest :] = weights
    w /= scale
    runs = len(design.run_names)
    every = 2**runs <= draws
    signs = _all_signs(runs) if every else _drawn_signs(runs, draws, generator)
    bread = np.linalg.inv(matrix.T @ matrix)
    direction = bread @ w
    fitted, apart = _restricted(matrix, y, bread @ (matrix.T @ y), direction, w)
    t = float(_studentized(matrix, design.runs, direction, y[:, None])[0])
    drawn = fitted[:, None] + apart[:, None] * signs[design.runs]
    again = _studentized(matrix, design.runs, direction, drawn)
    p = _share(again, t, alternative, every)
    sides = 2 if alternative == "two-sided" else 1
    return WildTest(t, p, len(again), every, sides / 2**runs)


def _share(again: Floats, t: float, alternative: Alternative, every: bool) -> float:
    """Return the share of draws at least as extreme as ``t``; a draw without a t counts as one.

    The sample itself is among the patterns, so equality holds but for rounding.
    """
    if not np.isfinite(t):
        return float("nan")
    sign = {"two-sided": 1.0, "greater": 1.0, "less": -1.0}[alternative]
    drawn, seen = (
        (np.abs(again), abs(t)) if alternative == "two-sided" else (sign * again, sign * t)
    )
    count = int((~(drawn < seen - 1e-9 * abs(seen))).sum())
    return count / len(again) if every else (1 + count) / (1 + len(again))


def _restricted(
    matrix: Floats, y: Floats, beta: Floats, direction: Floats, w: Floats
) -> tuple[Floats, Floats]:
    """Return fitted values and residuals of the fit in which the combination is 0."""
    fitted: Floats = matrix @ (beta - direction * float(w @ beta) / float(w @ direction))
    return fitted, y - fitted


def _studentized(matrix: Floats, numbers: Integers, direction: Floats, ys: Floats) -> Floats:
    """Return t of the combination for each column of ``ys`` [run-days, draws].

    ``numbers`` [run-days] has the number of the run of each row.
    """
    rows, columns = matrix.shape
    runs = int(numbers.max()) + 1
    basis = np.linalg.qr(matrix)[0]
    influence = matrix @ direction
    residuals = ys - basis @ (basis.T @ ys)
    member = (numbers == np.arange(runs)[:, None]) * influence
    scores = member @ residuals
    factor = runs / (runs - 1) * (rows - 1) / (rows - columns)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = (influence @ ys) / np.sqrt(factor * (scores**2).sum(axis=0))
    return found


def _all_signs(runs: int) -> Floats:
    """Return [runs, 2^runs]: every pattern of signs, the first of all +1."""
    patterns = np.arange(2**runs)
    return np.asarray(1 - 2 * ((patterns >> np.arange(runs)[:, None]) & 1), dtype=np.float64)


def _drawn_signs(runs: int, draws: int, generator: np.random.Generator) -> Floats:
    return np.asarray(1 - 2 * generator.integers(0, 2, size=(runs, draws)), dtype=np.float64)
