"""Arrays and mappings that can be read, and not be changed by those who are handed them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

if TYPE_CHECKING:
    from numpy.typing import NDArray

A = TypeVar("A", bound="NDArray[Any]")
K = TypeVar("K")
V = TypeVar("V")


def read_only(array: A) -> A:
    """Return an array of the same numbers that nobody can write to, nor make writeable again.

    It shares the memory of ``array``, so it shows what becomes of it.

    >>> import numpy as np
    >>> stock = np.array([3, 4])
    >>> shown = read_only(stock)
    >>> stock[0] = 2
    >>> shown.tolist(), shown.flags.writeable
    ([2, 4], False)
    """
    import numpy as np  # who reads a scenario alone does not wait for it

    shown: A = np.asarray(array.data.toreadonly())  # type: ignore[assignment]
    return shown


class ReadOnlyDict(dict[K, V]):
    """A dict that stays as it was made; unlike a mapping proxy it can be pickled.

    >>> ReadOnlyDict({"Rice": 9})["Rice"] = 1
    Traceback (most recent call last):
    TypeError: this mapping can be read only; make a dict of it to change a copy
    """

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("this mapping can be read only; make a dict of it to change a copy")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy it by way of a plain dict."""
        return type(self), (dict(self),)
