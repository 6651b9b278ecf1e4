"""Is the bend more than one run's, or one formula's? Runs left out, other shapes, signs run by run.

Leave-one-run-out: shapes are fitted, with effects of run and day, to all runs but one, and
judged on the one left out, measured from its own mean (its effect cannot be known beforehand).
A day that no other run has is not judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from econsim_mesa.analysis.design_matrix import (
    NotIdentified,
    build_design,
    complete_cases,
    independent_columns,
)
from econsim_mesa.analysis.inference import sign_test
from econsim_mesa.errors import BadInput
from econsim_mesa.society.rng import Floats
from econsim_mesa.studies.online_offline.spline import knots, spline_basis

if TYPE_CHECKING:
    import pandas as pd

SHAPES = ("flat", "linear", "log", "quadratic", "spline")


class LeftOut(NamedTuple):
    """Root mean square error of a shape on runs that it was not fitted to, in units of y."""

    shape: str
    error: float
    better_than_flat: int
    runs: int


@dataclass(frozen=True)
class Signs:
    """How many runs bend downward by themselves, and the sign test's two-sided p.

    ``unknown`` runs have too few days or values of x for a bend of their own.
    """

    below: int
    above: int
    unknown: int
    p: float


def leave_one_run_out(panel: pd.DataFrame, *, x: str = "x", y: str = "y") -> list[LeftOut]:
    """Return the error of each shape on runs left out, in the order of ``SHAPES``.

    "flat" has the effects alone. Raises ``NotIdentified`` for fewer than 3 runs, and
    ``BadInput`` if x is below 0, for which log(1 + x) is no shape.
    """
    frame, _ = complete_cases(panel, [x, y])
    runs = sorted(frame["run"].unique())
    if len(runs) < 3:
        raise NotIdentified(f"{len(runs)} runs: leaving one out needs 3 runs or more")
    if (frame[x] < 0).any():
        raise BadInput(f"{x} is below 0 on some day; log(1 + x) needs counts")
    found = {shape: [_held_out(frame, x, y, run, shape) for run in runs] for shape in SHAPES}
    sums = {shape: np.array([apart @ apart for apart in found[shape]]) for shape in SHAPES}
    judged = sum(len(apart) for apart in found["flat"])
    return [
        LeftOut(
            shape,
            float(np.sqrt(sums[shape].sum() / judged)),
            int((sums[shape] < sums["flat"]).sum()),
            len(runs),
        )
        for shape in SHAPES
    ]


def sign_count(panel: pd.DataFrame, *, x: str = "x", y: str = "y") -> Signs:
    """Return the signs of b2 of ordinary quadratics fitted to each run alone."""
    frame, _ = complete_cases(panel, [x, y])
    found = [
        _own_bend(run[x].to_numpy(float), run[y].to_numpy(float)) for _, run in frame.groupby("run")
    ]
    below = sum(bend < 0 for bend in found)
    above = sum(bend > 0 for bend in found)
    return Signs(below, above, len(found) - below - above, sign_test(below, above))


def _own_bend(xs: Floats, ys: Floats) -> float:
    """Return b2 of one run; NaN if its days cannot tell."""
    distance = xs - xs.mean()
    matrix = np.column_stack([np.ones_like(distance), distance, distance**2])
    if len(xs) < 4 or len(independent_columns(matrix)) < 3 or np.ptp(ys) == 0:
        return float("nan")
    return float(np.linalg.lstsq(matrix, ys, rcond=None)[0][2])


def _held_out(frame: pd.DataFrame, x: str, y: str, run: str, shape: str) -> Floats:
    """Return the errors, day by day, on one run of a shape fitted to the others."""
    others = frame[frame["run"] != run].reset_index(drop=True)
    own = frame[(frame["run"] == run) & frame["day"].isin(others["day"])]
    at = knots(others[x].to_numpy(float))
    terms = _terms(shape, others[x].to_numpy(float), at)
    columns = {f"{shape} {j}": terms[:, j] for j in range(terms.shape[1])}
    design = build_design(others, columns, clustered=False)
    beta = np.linalg.lstsq(design.matrix, others[y].to_numpy(float), rcond=None)[0]
    effect = dict(zip(design.names, beta, strict=True))
    days = np.array([effect.get(f"day {day}", 0.0) for day in own["day"]])
    first = design.matrix.shape[1] - design.interest
    predicted = days + _terms(shape, own[x].to_numpy(float), at) @ beta[first:]
    actual = own[y].to_numpy(float)
    apart: Floats = (actual - actual.mean()) - (predicted - predicted.mean())
    return apart


def _terms(shape: str, xs: Floats, at: Floats) -> Floats:
    """Return the columns of a shape."""
    shapes = {
        "flat": np.empty((len(xs), 0)),
        "linear": xs[:, None],
        "log": np.log1p(xs)[:, None],
        "quadratic": np.column_stack([xs, xs**2]),
        "spline": spline_basis(xs, at),
    }
    return shapes[shape]
