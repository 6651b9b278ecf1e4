"""The definitions give tables that SQL and readers can rely on."""

from __future__ import annotations

import pytest

from econsim_mesa.domains.tables import TABLES, columns
from econsim_mesa.runs.reader import Run, Table
from econsim_mesa.society.records import STORE_TABLES, StepRecords


def test_columns_are_those_of_the_record_in_order() -> None:
    shape = columns("sales")
    assert list(shape)[:5] == ["step", "time", "store", "item", "quantity"]
    assert (shape["step"], shape["time"], shape["tax"]) == (int, str, int)


def test_agents_have_a_real_column_for_each_stressor() -> None:
    shape = columns("agents", ["hunger", "money"])
    assert list(shape.items())[-3:] == [("asleep", int), ("hunger", float), ("money", float)]


@pytest.mark.parametrize("table", [*TABLES, "agents", "steps", "calls"])
def test_a_record_begins_with_its_step(table: str) -> None:
    assert next(iter(columns(table).items())) == ("step", int)


def test_a_record_may_not_know_only_what_servers_tell_and_older_ones_lack() -> None:
    unknown = {
        (table, column)
        for table in TABLES | STORE_TABLES
        for column, kind in columns(table).items()
        if kind not in (int, str, float)
    }
    tokens = {("calls", f"{kind}_tokens") for kind in ("input", "output", "cached")}
    told = {
        ("calls", name) for name in ("reply", "seconds", "revision", "server", "characters", "cost")
    }
    assert unknown == tokens | told


def test_unknown_table() -> None:
    with pytest.raises(KeyError):
        columns("sails")


def test_step_records_have_every_table_that_the_model_fills() -> None:
    records = StepRecords(4, "2025-12-19T13:00:00", TABLES)
    records["sales"].append((4,))
    assert list(records.rows) == [*TABLES, "agents"]
    assert records.rows["sales"] == [(4,)]


def test_a_run_shows_every_table_but_what_it_gives_in_another_form() -> None:
    shown = {name for name, value in vars(Run).items() if isinstance(value, Table)}
    assert shown == {*TABLES, *STORE_TABLES, "agents"} - {"steps", "meta"}
    assert Run.sales.__doc__ == "A settled order, or the part of it that was served."
