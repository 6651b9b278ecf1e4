"""What notebooks show of models and runs, and what nodes of a run's network say of agents."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from econsim_mesa import EconModel, load_run
from econsim_mesa.runs.reader import Run

PERSONA = {"traits": ["openness", "thrift"], "levels": 3, "names": ["Aiko", "Ben", "Chie"]}
SET = {"agents.Household.persona": PERSONA}


def make(folder: Path | None = None, *, steps: int | None = None) -> EconModel:
    """Make a town of three households, and some of its eight steps."""
    model = EconModel("pizza_place", seed=1, households=3, steps=8, store=folder, set=SET)
    while model.running and steps != model.town.t + 1:
        model.step()
    return model


def facts(shown: object) -> dict[str, str]:
    """Return the facts that a notebook shows of an object."""
    html = shown._repr_html_()  # type: ignore[attr-defined] # IPython's name
    assert re.fullmatch(r"<table>(<tr><th>[^<]*</th><td>[^<]*</td></tr>)+</table>", html)
    return dict(re.findall(r"<th>([^<]*)</th><td>([^<]*)</td>", html))


def test_a_model_says_how_far_it_is_and_what_happened() -> None:
    model = make()
    shown = facts(model)
    sold = model.datacollector.get_model_vars_dataframe()["units_sold"].sum()
    assert shown["steps"] == "8 of 8"
    assert shown["decided by"] == "utility"
    assert shown["sold"] == f"{int(sold)} items"
    assert facts(make(steps=0))["posts"] == "0 by households"


def test_a_sealed_run_says_who_decided_and_what_happened_and_reads_no_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "run")
    run = load_run(tmp_path / "run")
    monkeypatch.setattr(Run, "table", None)
    shown = facts(run)
    assert shown["run"].endswith("run, finished, sealed")
    assert shown["steps"] == "8 of 8"
    assert shown["decided by"].startswith("embedded utility model")
    assert re.fullmatch(r"Pizza Place \d+, Daily Mart \d+", shown["sold"])


def test_row_counts_are_those_of_the_tables(tmp_path: Path) -> None:
    make(tmp_path / "run")
    run = load_run(tmp_path / "run")
    assert run.row_counts() == {name: len(run.table(name)) for name in run.tables}


def test_a_live_run_and_one_that_was_stopped_show_themselves(tmp_path: Path) -> None:
    model = make(tmp_path / "run", steps=2)
    shown = facts(load_run(tmp_path / "run"))
    assert shown["run"].endswith("run, running, not sealed")
    assert shown["steps"] == "2 of 8"
    assert shown["decides"] == "utility"
    assert "agents 6" in shown["rows"]
    model.store.close("interrupted")  # type: ignore[union-attr,call-arg] # a recorder
    shown = facts(load_run(tmp_path / "run"))
    assert shown["run"].endswith("run, interrupted, sealed")


@pytest.mark.parametrize("file", ["scenario.json", "summary.json", "run.sqlite"])
def test_a_run_that_is_damaged_later_shows_the_rest(tmp_path: Path, file: str) -> None:
    make(tmp_path / "run")
    run = load_run(tmp_path / "run")
    (tmp_path / "run" / file).write_bytes(b"<i>\xff" * 9000)
    shown = facts(run)
    assert shown["seed"] == "1"
    assert any(fact.startswith("cannot be read: ") for fact in shown.values())


def nodes(run: Run, step: int | None = None) -> dict[str, dict[str, object]]:
    """Return the attributes of the nodes of a run's network."""
    return dict(run.network(step).nodes(data=True))


def test_nodes_have_what_is_recorded_and_what_the_town_was_built_with(tmp_path: Path) -> None:
    model = make(tmp_path / "run")
    run = load_run(tmp_path / "run")
    at_end, at_start = nodes(run), nodes(run, -1)
    for household in model.households:
        node, levels = at_end[household.name], model.town.personas.levels[household.index]
        assert (node["home_x"], node["home_y"]) == household.home
        assert (node["x"], node["y"]) == household.pos
        assert node["cash"] == household.cash
        assert node["hunger"] == pytest.approx(household.stress["hunger"])
        assert [node["trait_openness"], node["trait_thrift"]] == levels.tolist()
        assert at_start[household.name].items() <= node.items()
        assert "cash" not in at_start[household.name]
    assert at_end["H0"]["persona_name"] == "Aiko"
    assert at_end["H2"]["persona_name"] == "Chie"
    for store in model.stores:
        assert (at_end[store.name]["x"], at_end[store.name]["y"]) == store.pos
    for step in range(run.steps):
        cash = run.agents[run.agents["step"] == step].set_index("agent")["cash"]
        assert [nodes(run, step)[name]["cash"] for name in cash.index] == cash.tolist()


def test_the_network_of_a_run_whose_scenario_cannot_be_read_has_its_records(tmp_path: Path) -> None:
    make(tmp_path / "run")
    (tmp_path / "run/scenario.json").write_text("no JSON")
    shown = nodes(load_run(tmp_path / "run"))
    assert "cash" in shown["H0"]
    assert shown["Pizza Place"] == {"kind": "Restaurant"}
