"""What the domains in a scenario add to what its fields may name: topics and tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from econsim_mesa.scenario.mind import MEMORY_TOPICS
from econsim_mesa.scenario.registry import lookup, section_names
from econsim_mesa.scenario.types import Scenario

RECORD_COLUMNS = {
    "sales": "time store item quantity price amount net tax buyer order waited",
    "orders": "id buyer store item quantity ttl seen_price decided",
    "posts": "time author text kind id reply_to",
    "rejections": "agent decided action reason cause",
    "payments": "event name source target due paid",
    "consumption": "household item quantity eaten",
}
"""Columns of the records of every town that may set an event off."""


def memory_topics(scenario: Scenario | None = None) -> list[str]:
    """Return what ``memory.hide`` may name.

    Args:
        scenario: Whose domains count; None: those of all installed domains.
    """
    own = (getattr(domain, "memory_topics", {}) for domain in _domains(scenario))
    return [*MEMORY_TOPICS, *(topic for topics in own for topic in topics), "all"]


def event_tables(scenario: Scenario | None = None) -> dict[str, tuple[str, ...]]:
    """Return the tables whose records may set an event off, and their columns but ``step``.

    Args:
        scenario: Whose domains count; None: those of all installed domains.
    """
    tables = {table: tuple(columns.split()) for table, columns in RECORD_COLUMNS.items()}
    for domain in _domains(scenario):
        for record in getattr(domain, "records", ()):
            tables[record.table] = tuple(name for name in record._fields if name != "step")
    return tables


def _domains(scenario: Scenario | None) -> Iterable[Any]:
    """Return the classes of the domains that are not of the package."""
    chosen = section_names() if scenario is None else scenario.sections
    return [lookup("domain", name) for name in chosen]
