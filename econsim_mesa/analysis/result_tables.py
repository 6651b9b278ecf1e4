"""Tables of results for JSON: a value that cannot be computed is None, never 0 or NaN."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from econsim_mesa.analysis.clustered import Estimate
from econsim_mesa.analysis.design_matrix import NotIdentified

Row = dict[str, Any]
Tables = dict[str, list[Row]]

CANNOT_IDENTIFY = "cannot_identify"
"""Name of the table of numbers that the runs and days cannot identify, with the reasons."""


class ResultTables:
    """Adds rows about one condition or contrast to tables; each begins with ``named``."""

    def __init__(self, named: Mapping[str, Any], tables: Tables | None = None) -> None:
        self.named = dict(named)
        self.tables: Tables = {} if tables is None else tables

    def add(self, table: str, **row: Any) -> Row:
        """Add a row to a table, and return it."""
        whole = {**self.named, **{key: json_value(value) for key, value in row.items()}}
        self.tables.setdefault(table, []).append(whole)
        return whole

    @contextmanager
    def attempt(self, what: str) -> Iterator[None]:
        """Go on after ``NotIdentified``, with a row in ``CANNOT_IDENTIFY`` that says why."""
        try:
            yield
        except NotIdentified as error:
            self.add(CANNOT_IDENTIFY, what=what, why=str(error))


def json_value(value: Any) -> Any:
    """Return a value for JSON; a number that is not finite becomes None.

    >>> json_value(float("nan")), json_value(2.5), json_value(3)
    (None, 2.5, 3)
    """
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def estimate_columns(name: str, estimate: Estimate | None) -> Row:
    """Return an estimate as columns: its value under ``name``, then ``name_error`` and the others.

    All columns are None where there is no estimate.
    """
    parts = dict.fromkeys(Estimate._fields) if estimate is None else estimate._asdict()
    value = parts.pop("value")
    return {name: value} | {f"{name}_{part}": number for part, number in parts.items()}
