"""What households did and met in one step: named columns, filled while the step is resolved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from econsim_mesa.read_only import read_only


class StepOutcomes(Mapping[str, Any]):
    """Columns of shape (households,) by name; a domain declares those that it fills.

    >>> outcomes = StepOutcomes({"ate": 0, "distance": 0.0}, households=2)
    >>> outcomes["ate"][1] += 1
    >>> outcomes["ate"].tolist(), outcomes["distance"].tolist()
    ([0, 1], [0.0, 0.0])
    """

    def __init__(self, declared: Mapping[str, float], households: int) -> None:
        """Begin with nothing done.

        Args:
            declared: Name of each column and the value that stands for nothing; a whole number
                makes a column of integers (int64), another one of floats (float64).
            households: Number of households.
        """
        self._declared = declared
        self._columns = {
            name: np.full(households, nothing, np.int64 if type(nothing) is int else np.float64)
            for name, nothing in declared.items()
        }
        self._households = households

    def __getitem__(self, name: str) -> Any:
        """Return a column, to be read or filled."""
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names of the columns."""
        return iter(self._columns)

    def __len__(self) -> int:
        """Return the number of columns."""
        return len(self._columns)

    def view(self) -> Mapping[str, Any]:
        """Return the columns, to be read."""
        return _OutcomesView(self._columns)

    def next(self) -> StepOutcomes:
        """Return the columns of the next step, with nothing done."""
        return StepOutcomes(self._declared, self._households)


class _OutcomesView(Mapping[str, Any]):
    """Columns that can only be read; they are made so when they are asked for."""

    def __init__(self, columns: Mapping[str, Any]) -> None:
        self._columns = columns

    def __getitem__(self, name: str) -> Any:
        return read_only(self._columns[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)
