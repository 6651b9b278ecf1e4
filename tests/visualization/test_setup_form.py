"""What the forms ask for is checked like a scenario file, and said in place."""

from __future__ import annotations

import pytest
from econsim_mesa.visualization import setup_form
from econsim_mesa.visualization.components.setup_dialog import problems_of
from econsim_mesa.visualization.scenario_files import ScenarioFiles
from econsim_mesa.visualization.setup_form import (
    fork_changes,
    form_values,
    promotion_percents,
    read_upload,
    scenario_from_form,
)

from econsim_mesa.errors import BadInput, ScenarioError
from econsim_mesa.scenario import bundled, load_scenario, to_json

BASE = load_scenario("pizza_place")


@pytest.mark.parametrize("name", bundled())
def test_an_untouched_form_changes_nothing(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario_from_form(scenario, form_values(scenario)) == scenario
    assert read_upload(f"{name}.json", to_json(scenario), ScenarioFiles()) == scenario


def test_a_form_changes_what_it_names() -> None:
    form = {"households": 50, "steps": 24, "seed": 9, "stress": "off", "discount": 15}
    llm = {"decider": "llm", "model": "m", "base_url": "http://127.0.0.1:1/v1", "max_calls": 7}
    scenario = scenario_from_form(BASE, form_values(BASE) | form | llm)
    assert scenario.agents.Household.count == 50
    assert (scenario.steps, scenario.seed, scenario.stress.mode) == (24, 9, "off")
    assert promotion_percents(scenario) == [15]
    assert (scenario.decider, scenario.llm.model, scenario.llm.max_calls) == ("llm", "m", 7)


def test_every_problem_is_told_with_its_place() -> None:
    with pytest.raises(ScenarioError) as caught:
        scenario_from_form(BASE, form_values(BASE) | {"households": -5, "steps": 0})
    places = [where for where, _ in problems_of(caught.value)]
    assert sorted(places) == ["$.agents.Household.count", "$.steps"]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"a": NaN}', "[" * 10_000, '{"name": 1, "name": 2}', "\ud800", '"<b>"'],
)
def test_a_bad_upload_is_refused(text: str) -> None:
    with pytest.raises(ScenarioError):
        read_upload("../../etc/<script>.json", text, ScenarioFiles())


def test_an_upload_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup_form, "MOST_CHARACTERS", 100)
    with pytest.raises(BadInput, match="too long"):
        read_upload("a.json", to_json(BASE), ScenarioFiles())


def test_a_fork_takes_settings_but_not_what_is_built() -> None:
    form = {"stress": "off", "discount": 10, "feed": "blocked", "lines": "stress.scope=own\n\n"}
    assert fork_changes(BASE, form) == {
        "stress.mode": "off",
        "social.feed": "blocked",
        "events.2.percent": 10,
        "stress.scope": "own",
    }
    assert fork_changes(BASE, {"stress": "on", "discount": 40.0, "feed": "on", "lines": ""}) == {}
    for line in ("grid.width=5", "seed=2", "stress.mode=sideways", "nonsense"):
        with pytest.raises(BadInput):
            fork_changes(BASE, {"lines": line})


SAYS = {"stress": "on", "discount": 40.0, "feed": "on"}
"""What the fields of the form for a fork say before anybody touches them."""


@pytest.mark.parametrize(
    ("form", "lines", "where"),
    [
        ({}, "social.feed=blocked", "What people read is on above and blocked in a line"),
        ({"feed": "shuffled"}, "social.feed=blocked", "shuffled above and blocked"),
        ({"stress": "off"}, "stress.mode=frozen", "Stress is off above and frozen in a line"),
        ({}, "events.2.percent=5", "Discount, % is 40.0 above and 5.0 in a line"),
        ({"discount": 10}, "$.events[2].percent=5", "Discount, % is 10 above and 5.0 in a line"),
        ({}, "stress.scope=own\nstress.scope=full", "two lines set stress.scope"),
        ({}, 'stress.hide=["money"]\nstress={}', "two lines set stress:"),
    ],
)
def test_a_fork_that_says_two_things_of_one_setting_is_refused(
    form: dict[str, object], lines: str, where: str
) -> None:
    with pytest.raises(BadInput) as caught:
        fork_changes(BASE, SAYS | form | {"lines": lines})
    assert where in str(caught.value)


def test_a_field_and_a_line_may_say_the_same() -> None:
    form = SAYS | {"stress": "frozen", "lines": "stress.mode=frozen\nevents.2.percent=40"}
    assert fork_changes(BASE, form) == {"stress.mode": "frozen", "events.2.percent": 40}
