"""Rows: tuples with named columns and methods, as light as ``collections.namedtuple``.

Records and actions are rows. Their classes share a base, which a ``typing.NamedTuple`` cannot.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable
from typing import Any, ClassVar, Self, dataclass_transform

_COPIED = ("__new__", "__repr__", "__getnewargs__", "__match_args__", "_make")


@dataclass_transform(frozen_default=True)
class _RowType(type):
    """Makes a class whose annotations name columns into a tuple with those columns."""

    def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> _RowType:
        body.setdefault("__slots__", ())
        hints = body.get("__annotations__", {})
        columns = [column for column, hint in hints.items() if "ClassVar" not in str(hint)]
        if columns:
            defaults = {column: body.pop(column) for column in columns if column in body}
            plain = namedtuple(name, columns, defaults=defaults.values())  # type: ignore[misc]
            body |= {key: vars(plain)[key] for key in (*_COPIED, *columns)}
            body["_fields"], body["_field_defaults"] = tuple(columns), defaults
        return super().__new__(cls, name, bases, body)


class Row(tuple[Any, ...], metaclass=_RowType):
    """Base of a tuple with named columns: annotate them in a subclass, in their order.

    >>> class Point(Row):
    ...     x: int
    ...     y: int = 0
    >>> Point(3), Point(3) == (3, 0), Point(3).x
    (Point(x=3, y=0), True, 3)
    """

    _fields: ClassVar[tuple[str, ...]] = ()
    """Names of the columns, in order."""
    _field_defaults: ClassVar[dict[str, Any]] = {}
    """Values of columns that may be left out."""

    @classmethod
    def _make(cls, values: Iterable[Any]) -> Self:
        """Return the row of some values, one a column."""
        return cls(*values)

    def _replace(self, **changes: Any) -> Self:
        """Return the row with other values in some columns."""
        return type(self)(**{**self._asdict(), **changes})

    def _asdict(self) -> dict[str, Any]:
        """Return the values by the names of their columns."""
        return dict(zip(self._fields, self, strict=True))
