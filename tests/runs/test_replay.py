"""Replay: the recorded inputs alone give every record again; any other value is found."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from recorded import CONTENT, keep
from towns import Script, make, village

from econsim_mesa.deciders.utility import Utility
from econsim_mesa.domains.body.actions import Eat
from econsim_mesa.domains.economy.actions import AnswerProposal, PlaceOrder, Propose, SetPrice
from econsim_mesa.domains.mobility.actions import MoveTo
from econsim_mesa.domains.social.actions import Follow, Publish, Unfollow
from econsim_mesa.domains.tables import TABLES
from econsim_mesa.errors import BadInput
from econsim_mesa.runs.comparison import Irreproducible
from econsim_mesa.runs.reader import load_run
from econsim_mesa.runs.replay import replay
from econsim_mesa.runs.store import DATABASE
from econsim_mesa.scenario import bundled
from econsim_mesa.society.action import Action
from econsim_mesa.society.model import EconModel
from econsim_mesa.society.records import AGENT_COLUMNS

STEPS = {"crowd": 3}
INPUTS = {
    ("decisions", "decider"),
    ("decisions", "outcome"),
    ("decisions", "thought"),
    ("decisions", "actions"),
    ("inputs", "content"),
}
"""What a replay takes as given: a change of them shows in what comes of it, if anything does."""


@pytest.mark.parametrize("name", list(bundled()))
def test_a_replay_of_every_bundled_scenario_is_identical(name: str, tmp_path: Path) -> None:
    steps = STEPS.get(name, 40)
    folder = keep(EconModel(name, seed=3, steps=steps), tmp_path / "run")
    assert replay(folder) == steps


@pytest.mark.parametrize("decider", ["random", "idle"])
def test_a_replay_of_every_decider_is_identical(decider: str, tmp_path: Path) -> None:
    model = EconModel("two_towns", seed=3, steps=20, decider=decider)
    assert replay(keep(model, tmp_path / "run")) == 20


def test_a_replay_of_a_mixed_town_is_identical(tmp_path: Path) -> None:
    mixed = {"agents.Household.mixed": {"random": 7, "idle": 3}}
    model = EconModel("pizza_place", seed=3, steps=20, set=mixed)
    assert replay(keep(model, tmp_path / "run")) == 20


def test_a_replay_asks_nobody_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = keep(EconModel("pizza_place", seed=3, steps=15), tmp_path / "run")
    before = {path: path.read_bytes() for path in folder.rglob("*")}

    def refuse(self: Utility, requests: object) -> None:
        raise AssertionError("asked again")

    monkeypatch.setattr(Utility, "decide", refuse)
    assert replay(folder) == 15
    assert {path: path.read_bytes() for path in folder.rglob("*")} == before


def test_a_replay_of_a_run_that_was_stopped_is_identical(tmp_path: Path) -> None:
    folder = keep(EconModel("pizza_place", seed=3, steps=15), tmp_path / "run", until=7)
    assert replay(folder) == 7


LANE = village(
    steps=6,
    grid={"width": 3, "height": 1},
    agents__Restaurant__Cafe__at=[0, 0],
    agents__Retailer__Shop__at=[2, 0],
    agents__Household__endowment={"Tea": 1},
    events=[
        {"type": "salary", "when": {"every": 2}, "amount": 7},
        {"type": "restock", "when": {"every": 3}, "mode": "add", "level": 4},
    ],
)
"""A village of three cells: everybody lives between the two stores."""
ACTS: dict[int, dict[str, tuple[Action, ...]]] = {
    0: {
        "H0": (MoveTo("Cafe"), Publish("To the cafe!")),
        "H1": (MoveTo("Cafe"), Follow("Cafe"), Eat("Tea", 1)),
        "H2": (Propose("H3", "coin", 5, "Tea", 1, 4), Follow("Shop")),
        "H3": (Eat("Flour", 1), MoveTo("nowhere")),
    },
    1: {
        "H0": (PlaceOrder("Cafe", "Pie", 2, 2), Eat("Pie", 1), Publish("A pie!", 0)),
        "H1": (PlaceOrder("Cafe", "Tea", 3, 2), Unfollow("Cafe")),
        "H3": (AnswerProposal(0, True),),
        "Cafe": (SetPrice("Tea", 25),),
    },
    3: {"H1": (Eat("Tea", 2), Publish("Still here"), MoveTo("home"))},
}


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short run that leaves rows in every table."""
    model = make(LANE | {"agents": _all_scripted()}, decider=Script(ACTS))
    model.intervene({"type": "grant", "when": {"at": 2}, "item": "Bread", "quantity": 2})
    model.intervene({"type": "expense", "when": {"at": 3}, "name": "fee", "amount": 1})
    return keep(model, tmp_path_factory.mktemp("rich") / "run")


def _all_scripted() -> dict[str, Any]:
    """Return the agents of the lane, the cafe decided for by the script as well."""
    agents: dict[str, Any] = json.loads(json.dumps(LANE["agents"]))
    agents["Restaurant"]["Cafe"]["decider"] = LANE["decider"]
    return agents


@pytest.fixture
def change(rich: Path, tmp_path: Path) -> Callable[..., Path]:
    """Change the database of a copy of the rich run by SQL."""

    def make_one(sql: str, *values: object) -> Path:
        folder = tmp_path / "copy"
        shutil.copytree(rich, folder)
        with closing(sqlite3.connect(folder / DATABASE)) as connection:
            assert connection.execute(sql, values).rowcount == 1
            connection.commit()
        return folder

    return make_one


def columns() -> list[tuple[str, str]]:
    """Return all columns that hold what was made, not what was given."""
    model = make(LANE)
    shapes = {name: list(record._fields) for name, record in TABLES.items()}
    shapes["agents"] = [*AGENT_COLUMNS, *model.town.stress.names]
    return [
        (table, column)
        for table, shape in shapes.items()
        for column in shape
        if column != "step" and (table, column) not in INPUTS
    ]


def test_the_rich_run_has_rows_in_every_table_and_repeats(rich: Path) -> None:
    with load_run(rich) as run:
        assert [table for table in CONTENT if not next(run.rows(table), None)] == []
    assert replay(rich) == 6


@pytest.mark.parametrize(("table", "column"), columns())
def test_a_changed_value_is_found_with_step_agent_and_field(
    table: str, column: str, rich: Path, change: Callable[..., Path]
) -> None:
    with load_run(rich) as run:
        names = {name for _, name, _ in run.rows("accounts")} | {"the town"}
        number = len(list(run.rows(table))) // 2 + 1
    x = f'"{column}"'
    other = (
        f"CASE typeof({x}) WHEN 'integer' THEN {x} + 1 WHEN 'real' THEN {x} + 0.5 ELSE {x} || '?'"
    )
    folder = change(f"UPDATE {table} SET {x} = {other} END WHERE rowid = ?", number)
    with pytest.raises(Irreproducible) as found:
        replay(folder)
    error = found.value
    assert error.exit_code == 4
    assert (error.table, error.field) == (table, column)
    assert -1 <= error.step < 6
    assert error.was != error.now
    changed_name = column in ("agent", "household", "buyer", "author", "follower", "proposer")
    assert error.who in names or changed_name or column in ("store", "source", "target")
    assert str(error.step) in str(error)
    assert column in str(error)


@pytest.mark.parametrize("table", CONTENT)
@pytest.mark.parametrize("deed", ["deleted", "doubled", "moved"])
def test_a_row_too_few_or_too_many_is_found(
    table: str, deed: str, rich: Path, change: Callable[..., Path]
) -> None:
    with load_run(rich) as run:
        count = len(list(run.rows(table)))
    number = (count + 1) // 2
    if deed == "deleted":
        folder = change(f"DELETE FROM {table} WHERE rowid = ?", number)
    elif deed == "doubled":
        if table in ("accounts", "steps"):
            table = "agents"  # their numbers are keys, which cannot be doubled
        folder = change(f"INSERT INTO {table} SELECT * FROM {table} WHERE rowid = ?", number)
    else:
        key = "id" if table == "accounts" else "step"
        folder = change(f"UPDATE {table} SET {key} = {key} + 50 WHERE rowid = ?", number)
    with pytest.raises((Irreproducible, BadInput)) as found:
        replay(folder)
    assert found.value.exit_code == (2 if table == "steps" else 4)


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("steps", "time", "2026-01-05T03:30:00"),
        ("accounts", "name", "H9"),
        ("accounts", "kind", "Store"),
        ("decisions", "actions", '[{"place":"Cafe","do":"move_to"}]'),
        ("decisions", "actions", '[{"do":"fly"}]'),
        ("decisions", "actions", '[{"do":"eat","item":7,"quantity":"x"}]'),
        ("decisions", "agent", "world"),
        ("inputs", "kind", "evnt"),
        ("inputs", "content", '{"type":"grant","when":{"at":2},"item":"Bread","quantity":3}'),
        ("inputs", "content", "{"),
        ("inputs", "content", '{"type":"grant","when":{"at":2},"item":"Gold","quantity":3}'),
    ],
)
def test_what_no_run_can_have_recorded_is_found(
    table: str, column: str, value: str, change: Callable[..., Path]
) -> None:
    folder = change(f"UPDATE {table} SET {column} = ? WHERE rowid = 1", value)
    with pytest.raises(Irreproducible) as found:
        replay(folder)
    assert found.value.exit_code == 4


def test_another_decision_shows_in_what_comes_of_it(change: Callable[..., Path]) -> None:
    actions = '[{"do":"order","item":"Pie","quantity":1,"store":"Cafe","ttl":2}]'
    folder = change("UPDATE decisions SET actions = ? WHERE step = 1 AND agent = 'H0'", actions)
    with pytest.raises(Irreproducible) as found:
        replay(folder)
    assert found.value.step == 1
    assert found.value.who == "H0"


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [('"steps": 6', '"steps": 4', "step 4"), ('"seed": 1', '"seed": 2', "step -1")],
    ids=["fewer steps", "another seed"],
)
def test_another_scenario_is_found(
    old: str, new: str, where: str, rich: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(rich, folder)
    path = folder / "scenario.json"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(Irreproducible, match=where):
        replay(folder)
