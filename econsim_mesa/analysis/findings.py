"""Tables that grow row by row; what cannot be computed is None in them, never 0 and never NaN."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from econsim_mesa.analysis.clustered import Estimate
from econsim_mesa.analysis.design import NotIdentified

Row = dict[str, Any]
Tables = dict[str, list[Row]]

CANNOT = "cannot_identify"
"""Table of what the runs and days at hand cannot tell, and why."""


class Findings:
    """The tables of one condition or contrast; ``named`` stands first in every row."""

    def __init__(self, named: Mapping[str, Any], tables: Tables | None = None) -> None:
        self.named = dict(named)
        self.tables: Tables = {} if tables is None else tables

    def add(self, table: str, **row: Any) -> Row:
        """Add a row to a table, and return it."""
        made = {**self.named, **{key: plain(value) for key, value in row.items()}}
        self.tables.setdefault(table, []).append(made)
        return made

    @contextmanager
    def attempt(self, what: str) -> Iterator[None]:
        """Note what could not be identified, and go on."""
        try:
            yield
        except NotIdentified as error:
            self.add(CANNOT, what=what, why=str(error))


def plain(value: Any) -> Any:
    """Return a value as JSON holds it; a number that is not finite is None.

    >>> plain(float("nan")), plain(2.5), plain(3)
    (None, 2.5, 3)
    """
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def columns_of(name: str, found: Estimate) -> Row:
    """Return an estimate as columns: its value under ``name``, the others behind it."""
    told = found._asdict()
    return {name: told.pop("value")} | {f"{name}_{part}": one for part, one in told.items()}
