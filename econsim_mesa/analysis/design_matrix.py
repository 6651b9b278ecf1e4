"""Designs with effects of run and calendar day, whose aliased columns are named and dropped.

Columns stand in a fixed order: constant, runs, days, controls, regressors of interest. A column
that is a combination of those before it is *aliased*. An aliased effect or control is dropped
and named; a regressor of interest that is aliased makes the design a refusal, never a number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from econsim_mesa.errors import BadInput
from econsim_mesa.society.rng import Floats, Integers

if TYPE_CHECKING:
    import pandas as pd

_TOLERANCE = 1e-7  # of a column's length, as in R's lm


class NotIdentified(BadInput):
    """The runs and days cannot identify what was asked. The message says what is missing."""


class Aliased(NamedTuple):
    """A column that was dropped, and the columns it is a combination of."""

    name: str
    of: tuple[str, ...]

    def __str__(self) -> str:
        shown = ", ".join(self.of[:4]) + (f" and {len(self.of) - 4} more" * (len(self.of) > 4))
        return f"{self.name} dropped: a combination of {shown}"


@dataclass(frozen=True)
class DesignMatrix:
    """Independent columns of a linear model.

    ``matrix`` is [run-days, columns]; its last ``interest`` columns are the regressors of interest.
    ``runs`` [run-days] numbers the run of each row in the order of ``run_names``.
    """

    names: tuple[str, ...]
    matrix: Floats
    interest: int
    runs: Integers
    run_names: tuple[str, ...]
    days: int
    aliased: tuple[Aliased, ...]

    @property
    def within(self) -> slice:
        """The columns that vary within runs and are not of interest: days and controls."""
        return slice(len(self.run_names), self.matrix.shape[1] - self.interest)

    @property
    def full(self) -> bool:
        """Whether each run has every day, and no control stands beside their effects."""
        columns = range(self.matrix.shape[1])[self.within]
        whole = len(self.runs) == len(self.run_names) * self.days
        return whole and len(columns) == self.days - 1

    def scaled(self) -> tuple[Floats, Floats]:
        """Return the columns at length 1, and their lengths.

        Unscaled, a column of squares may be longer than a dummy by so many digits that a solver
        would treat the dummy as zero.
        """
        lengths: Floats = np.linalg.norm(self.matrix, axis=0)
        return self.matrix / lengths, lengths


def complete_cases(panel: pd.DataFrame, columns: Sequence[str]) -> tuple[pd.DataFrame, int]:
    """Return the run-days on which all of ``columns`` are known, and how many are not.

    A missing value is left out and counted, never filled in. Raises ``BadInput`` for columns
    that are not there, or if a run has a day twice.
    """
    absent = [name for name in ("run", "day", *columns) if name not in panel]
    if absent:
        raise BadInput(f"the panel has no column {', '.join(absent)}; it has {list(panel)}")
    if len(set(zip(panel["run"], panel["day"], strict=True))) < len(panel):
        raise BadInput("a run has a day twice in the panel; give each run a label of its own")
    known = np.isfinite(panel[list(columns)].to_numpy(float)).all(axis=1)
    return panel[known].reset_index(drop=True), int((~known).sum())


def build_design(
    panel: pd.DataFrame,
    regressors: Mapping[str, Floats],
    controls: Mapping[str, Floats] | None = None,
    *,
    day_effects: bool = True,
    clustered: bool = True,
) -> DesignMatrix:
    """Return the design of ``regressors`` beside effects of run and day, and of ``controls``.

    The arrays are aligned with the rows of ``panel`` (columns run, day), which must be complete.
    ``clustered`` asks for as many runs as errors clustered by run need. Raises ``NotIdentified``
    if runs or days are too few, or a regressor of interest is aliased.
    """
    import pandas as pd

    runs, run_names = pd.factorize(panel["run"], sort=True)
    days, day_names = pd.factorize(panel["day"], sort=True)
    if clustered:
        _refuse_few(len(run_names), len(day_names), list(regressors))
    columns: dict[str, Floats] = {"constant": np.ones(len(panel))}
    columns |= _dummies("run", runs, run_names)
    if day_effects:
        columns |= _dummies("day", days, day_names)
    columns |= controls or {}
    _refuse_taken(columns, regressors)
    columns |= regressors
    names = tuple(columns)
    matrix = np.column_stack([np.asarray(column, dtype=float) for column in columns.values()])
    kept = independent_columns(matrix)
    lost = [j for j in range(len(names)) if j not in kept]
    aliased = tuple(_explain(matrix, names, kept, j) for j in lost)
    _refuse_saturated(len(panel), len(kept), len(run_names), len(day_names))
    _refuse_aliased(aliased, regressors)
    return DesignMatrix(
        tuple(names[j] for j in kept),
        matrix[:, kept],
        len(regressors),
        np.asarray(runs, dtype=np.int64),
        tuple(map(str, run_names)),
        len(day_names),
        aliased,
    )


def independent_columns(matrix: Floats) -> list[int]:
    """Return the columns of ``matrix`` that no combination of earlier ones makes up.

    QR with limited column pivoting: a column whose part orthogonal to those kept is shorter
    than 1e-7 of its own length is put behind, as by LINPACK's dqrdc2 in R's ``lm``. Plain
    pivoting would find the rank too, but could drop a regressor in place of a dummy.
    """
    basis = np.zeros((matrix.shape[0], min(matrix.shape)))
    kept: list[int] = []
    for j, column in enumerate(matrix.T):
        known = basis[:, : len(kept)]
        rest = column - known @ (known.T @ column)
        rest = rest - known @ (known.T @ rest)  # twice is enough (Kahan, Parlett)
        length = float(np.linalg.norm(rest))
        if len(kept) < basis.shape[1] and length > _TOLERANCE * float(np.linalg.norm(column)):
            basis[:, len(kept)] = rest / length
            kept.append(j)
    return kept


def _dummies(kind: str, codes: Integers, names: pd.Index[Any]) -> dict[str, Floats]:
    """Return a column for each level but the first, which is the reference."""
    return {f"{kind} {names[k]}": (codes == k).astype(float) for k in range(1, len(names))}


def _explain(matrix: Floats, names: tuple[str, ...], kept: Sequence[int], lost: int) -> Aliased:
    """Return an aliased column with the columns before it that make it up."""
    before = [j for j in kept if j < lost]
    lengths = np.linalg.norm(matrix[:, before], axis=0)
    weights = np.linalg.lstsq(matrix[:, before], matrix[:, lost], rcond=None)[0] * lengths
    large = np.abs(weights) > 1e-6 * max(float(np.abs(weights).max(initial=0.0)), 1e-300)
    return Aliased(
        names[lost], tuple(names[j] for j, some in zip(before, large, strict=True) if some)
    )


def _refuse_few(runs: int, days: int, regressors: Sequence[str]) -> None:
    needed = len(regressors) + 1
    if runs < needed:
        raise NotIdentified(
            f"{runs} run{'s' * (runs != 1)} cannot identify {', '.join(regressors)}: {needed} runs "
            "or more are needed, each with its own seed, since errors are clustered by run"
        )
    if days < 2:
        raise NotIdentified(
            f"{days} day{'s' * (days != 1)} cannot identify {', '.join(regressors)}: with an "
            "effect of its run, a run of one day says nothing; give runs of several days"
        )


def _refuse_taken(columns: Mapping[str, Floats], regressors: Mapping[str, Floats]) -> None:
    taken = [name for name in regressors if name in columns]
    if taken:
        raise BadInput(f"{', '.join(taken)}: a regressor of interest is no control; leave it out")


def _refuse_aliased(aliased: Sequence[Aliased], regressors: Mapping[str, Floats]) -> None:
    for column in aliased:
        if column.name in regressors:
            values = np.unique(regressors[column.name]).size
            made_up = f"a combination of {', '.join(column.of[:4])}" if column.of else "always 0"
            raise NotIdentified(
                f"cannot identify {column.name} ({values} distinct value{'s' * (values != 1)}): "
                f"on these run-days it is {made_up}{' ...' if len(column.of) > 4 else ''}; "
                "give runs in which it varies otherwise"
            )


def _refuse_saturated(rows: int, columns: int, runs: int, days: int) -> None:
    if rows <= columns:
        raise NotIdentified(
            f"{rows} run-days ({runs} runs, {days} days) leave nothing over after {columns} "
            "independent columns: no error can be estimated; give more runs or days"
        )
