"""The tables of a run: which there are, and their columns."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, get_type_hints

from econsim_mesa.domains.body.records import Consumption
from econsim_mesa.domains.economy.records import (
    Order,
    Payment,
    Price,
    Sale,
    Stock,
    StoreState,
    Swap,
)
from econsim_mesa.domains.social.records import Follow, Post, Shown
from econsim_mesa.society.records import (
    AGENT_COLUMNS,
    STORE_TABLES,
    Decision,
    EventRecord,
    HouseholdStart,
    Input,
    Kind,
    Record,
    Rejection,
    Transfer,
)

_RECORDS: tuple[type[Record], ...] = (
    HouseholdStart,
    Decision,
    Rejection,
    Order,
    Sale,
    Swap,
    Consumption,
    Transfer,
    Payment,
    Post,
    Shown,
    Follow,
    Price,
    StoreState,
    Stock,
    EventRecord,
    Input,
)
TABLES = {record.table: record for record in _RECORDS}
"""Table name -> record type. The table ``agents`` has a column a stressor: see ``columns``."""

LATER = frozenset({HouseholdStart.table, Payment.table, Shown.table})
"""Tables that older runs lack."""


def added(table: str) -> int:
    """Return how many columns a table has that older runs lack: the last, which have a default."""
    return len(getattr((TABLES | STORE_TABLES).get(table), "_field_defaults", ()))


def columns(table: str, stressors: Iterable[str] = ()) -> dict[str, Kind]:
    """Return the columns of a table and their Python types, in order.

    ``stressors`` matters to ``agents`` only. Raises ``KeyError`` for an unknown table.
    """
    if table == "agents":
        return {**AGENT_COLUMNS, **dict.fromkeys(stressors, float)}
    return dict(columns_of((TABLES | STORE_TABLES)[table]))


@cache
def columns_of(record: type[Any]) -> dict[str, Kind]:
    """Return the columns of a class of records and their types."""
    hints = get_type_hints(record)
    return {column: hints[column] for column in record._fields}
