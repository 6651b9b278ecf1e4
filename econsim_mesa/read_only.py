"""Arrays that can be read, and not be changed by those who are handed them."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

A = TypeVar("A", bound=NDArray[Any])


def read_only(array: A) -> A:
    """Return an array of the same numbers that nobody can write to, nor make writeable again.

    It shares the memory of ``array``, so it shows what becomes of it.

    >>> stock = np.array([3, 4])
    >>> shown = read_only(stock)
    >>> stock[0] = 2
    >>> shown.tolist(), shown.flags.writeable
    ([2, 4], False)
    """
    shown: A = np.asarray(array.data.toreadonly())  # type: ignore[assignment]
    return shown
