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


class ShownState:
    """Base of a state whose arrays stay where they are, so that what shows it is made once.

    A subclass makes that in a ``cached_property`` named ``_shown``. What shows a state shows
    nothing of its copies: each makes its own.
    """

    def __getstate__(self) -> dict[str, object]:
        """Return all that is copied or pickled."""
        return {name: value for name, value in self.__dict__.items() if name != "_shown"}

    def _show_anew(self) -> None:
        """Make what shows the state anew: an array has been replaced."""
        self.__dict__.pop("_shown", None)
