"""The table ``households``: what there was before step 0, in every way of reading a run."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from recorded import keep
from towns import make, village

from econsim_mesa.errors import BadInput
from econsim_mesa.runs.comparison import Irreproducible
from econsim_mesa.runs.fork import fork
from econsim_mesa.runs.reader import load_run
from econsim_mesa.runs.replay import replay
from econsim_mesa.runs.store import DATABASE


def data() -> dict[str, Any]:
    rows = [{"name": name, "wage": wage} for name, wage in (("Aiko", "900"), ("", "30"))]
    persona = {
        "traits": ["openness"],
        "table": {"source": "made up", "consent": "nobody", "licence": "CC0", "rows": rows},
    }
    return village(
        agents__Household__count=2,
        agents__Household__persona=persona,
        agents__Household__cash={"column": "wage"},
        agents__Household__endowment={"Flour": 250},
        agents__Household__tastes={"Pie": {"normal": {"mean": 0, "sd": 1}}},
        agents__Household__needs={"hunger": {"lognormal": {"median": 1, "sigma": 0.2}}},
        events=[
            {"type": "salary", "when": {"every": "day"}, "amount": {"column": "wage"}},
            {"type": "expense", "name": "rent", "when": {"every": 36}, "amount": 70},
        ],
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return keep(make(data()), tmp_path / "run", until=3)


def test_each_household_is_a_row_with_all_that_is_its_own(folder: Path) -> None:
    model, run = make(data()), load_run(folder)
    space, own = model.town.mobility.space, model.town.individuals
    households = run.households
    assert households["household"].tolist() == ["H0", "H1"]
    assert households["step"].tolist() == [-1, -1]
    assert households["home_x"].tolist() == space.home_x.tolist()
    assert households["home_y"].tolist() == space.home_y.tolist()
    assert households["cash"].tolist() == [900, 30]
    assert json.loads(households["endowment"][1]) == {"Flour": 250}
    traits = {"openness": int(model.town.personas.levels[0, 0])}
    assert json.loads(households["persona"][0]) == {"name": "Aiko", "traits": traits}
    assert json.loads(households["drawn"][0]) == {
        "income": [{"name": "wage", "amount": 900}],
        "expenses": [{"name": "rent", "amount": 70}],
        "tastes": {"Pie": float(own.tastes[0, 0])},
        "needs": {"hunger": float(own.needs["hunger"][0])},
    }
    assert (run.follows["step"] == -1).sum() == 2  # whom they follow at the start is there


def test_a_network_has_the_homes_and_personas_of_the_table(folder: Path) -> None:
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        connection.execute("UPDATE households SET home_x = 77 WHERE household = 'H0'")
        connection.commit()
    node = load_run(folder).network().nodes["H0"]
    assert (node["home_x"], node["persona_name"]) == (77, "Aiko")
    with pytest.raises(Irreproducible, match="H0, field home_x of table households"):
        replay(folder)


def test_a_persona_that_is_no_json_is_a_damaged_file(folder: Path) -> None:
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        connection.execute("UPDATE households SET persona = 'Aiko'")
        connection.commit()
    with pytest.raises(BadInput, match="the persona of H0 is none"):
        load_run(folder).network()


def test_a_fork_begins_with_the_same_households(folder: Path, tmp_path: Path) -> None:
    fork(folder, 2, {"events.1.amount": {"uniform": [5, 9]}}, tmp_path / "branch")[1].close()
    branch, parent = load_run(tmp_path / "branch"), load_run(folder)
    assert branch.households.equals(parent.households)
    assert replay(folder) == 3
