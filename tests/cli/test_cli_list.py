"""``list`` and ``schema`` show what there is to name and to write."""

from __future__ import annotations

import json

import pytest

from econsim_mesa.cli import main
from econsim_mesa.experiment import bundled as experiments
from econsim_mesa.experiment.types import experiment_schema
from econsim_mesa.prompts.reply_form import reply_schemas
from econsim_mesa.scenario import bundled, json_schema, load_scenario
from econsim_mesa.scenario.registry import names

SECTIONS = [
    "scenarios",
    "experiments",
    "deciders",
    "stressors",
    "events",
    "recommenders",
    "stores",
    "domains",
]


def test_list_has_a_line_for_every_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line and not line.startswith(" ")] == SECTIONS
    listed = [line.split(maxsplit=1) for line in lines if line.startswith("  ")]
    kinds = ("decider", "stressor", "event", "recommender", "store", "domain")
    files = [*bundled(), *experiments()]
    assert [name for name, _ in listed] == [*files, *(n for kind in kinds for n in names(kind))]
    assert all(title for _, title in listed)


def test_list_as_json_tells_whole_titles(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert list(listed) == SECTIONS
    assert listed["scenarios"]["pizza_place"].startswith("A pizza restaurant announces")
    assert "…" not in json.dumps(listed, ensure_ascii=False)


def test_quiet_list_is_names_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--quiet"]) == 0
    found = capsys.readouterr().out.splitlines()
    assert found[: len(bundled())] == list(bundled())
    assert "two_hop" in found


def test_schema_of_scenarios_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == json_schema("scenario")


def test_schema_of_experiments(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "experiment"]) == 0
    assert json.loads(capsys.readouterr().out) == experiment_schema()


def test_schema_of_actions_has_one_for_each_kind_of_agent(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["schema", "actions"]) == 0
    schemas = json.loads(capsys.readouterr().out)
    assert schemas == reply_schemas(load_scenario("pizza_place"))
    assert '"move_to"' in json.dumps(schemas["Household"])
    assert '"move_to"' not in json.dumps(schemas["Store"])


def test_schema_of_actions_is_that_of_a_town(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "actions", "two_towns", "--set", "market.swaps=false"]) == 0
    shown = capsys.readouterr().out
    assert '"Trattoria Ponte"' in shown
    assert '"propose"' not in shown
