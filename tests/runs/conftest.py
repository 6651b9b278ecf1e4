"""Run folders for the tests of records."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from econsim_mesa.domains.tables import TABLES, columns
from econsim_mesa.runs.store import SqliteStore
from econsim_mesa.society.records import StepRecords

STRESSORS = ("hunger", "fatigue")
ACCOUNTS = (("H0", "household"), ("H1", "household"), ("Pizza Place", "store"))

Fill = Callable[[int, int], StepRecords]
Make = Callable[..., SqliteStore]


def row(table: str, step: int, number: int) -> tuple[Any, ...]:
    """A valid row of any table, different for each step and number."""
    made: list[Any] = [step]
    for place, kind in enumerate(list(columns(table, STRESSORS).values())[1:]):
        value = 1000 * step + 10 * number + place
        text = f"{table} {value}" if table != "households" else f'{{"name": "{value}"}}'  # JSON
        made.append({int: value, float: value / 7, str: text}[kind])
    return tuple(made)


@pytest.fixture
def fill() -> Fill:
    """Make the records of a step: so many rows in every table."""

    def make(step: int, rows: int = 3) -> StepRecords:
        records = StepRecords(step, f"2025-12-19T{step % 24:02}:00:00", TABLES)
        for table in [*TABLES, "agents"]:
            records[table].extend(row(table, step, number) for number in range(rows))
        records.rows["follows"] = []
        return records

    return make


@pytest.fixture
def make_store(tmp_path: Path) -> Make:
    """Make a store in a folder of the test."""

    def make(name: str = "run", **changes: Any) -> SqliteStore:
        given: dict[str, Any] = {
            "stressors": STRESSORS,
            "scenario_json": '{"name": "é"}\n',
            "meta": {"host": "here"},
            "accounts": ACCOUNTS,
        }
        return SqliteStore.create(tmp_path / name, **(given | changes))

    return make
