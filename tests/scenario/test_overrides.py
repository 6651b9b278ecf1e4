"""Overrides: dotted paths and short names reach every field, and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from econsim_mesa.errors import ScenarioError
from econsim_mesa.scenario import apply_overrides, load_scenario, parse_assignment
from econsim_mesa.scenario.overrides import SHORT


def test_dotted_paths_set_fields_of_every_sort() -> None:
    scenario = load_scenario(
        "pizza_place",
        set={
            "agents.Household.count": 100,
            "events.2.percent": 20,
            "agents.Restaurant.Pizza Place.capacity_per_step": 6,
            "$.agents.Restaurant.Pizza Place.at[0]": 3,
            "choice.go.distance.value": -0.3,
            "stress.weights.hunger": 2,
            "stress.stressors.sleep": {},
            "social.recommender.temperature": None,
        },
    )
    assert scenario.agents.Household.count == 100
    assert scenario.events[2].percent == 20  # type: ignore[attr-defined]
    assert scenario.agents.Restaurant["Pizza Place"].capacity_per_step == 6
    assert scenario.agents.Restaurant["Pizza Place"].at == (3, 2)
    assert scenario.choice.go.distance.value == -0.3
    assert scenario.stress.weights == {"hunger": 2}
    assert list(scenario.stress.stressors)[-1] == "sleep"
    assert scenario.social.recommender.temperature is None  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("path", "at", "words"),
    [
        ("agents.Houshold.count", "$.agents.Houshold", "did you mean 'Household'?"),
        ("agents.Restaurant.Piza.cash", "$.agents.Restaurant.Piza", "known: Pizza Place"),
        ("stres", "$.stres", "did you mean 'stress'?"),
        ("events.9.percent", "$.events[9]", "6 entries"),
        ("events.x.percent", "$.events.x", "6 entries"),
        ("events.-1.percent", '$.events["-1"]', "6 entries"),
        ("steps.x", "$.steps.x", "which has no fields"),
        ("agents.Government.cash", "$.agents.Government.cash", "null; set that as a whole"),
        ("", '$[""]', "known: $schema"),
    ],
)
def test_a_path_that_leads_nowhere_gives_the_nearest(path: str, at: str, words: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load_scenario("pizza_place", set={path: 1})
    (problem,) = caught.value.problems
    assert problem.path == at
    assert words in problem.message


def test_all_wrong_paths_are_reported_together() -> None:
    with pytest.raises(ScenarioError) as caught:
        load_scenario("pizza_place", set={"a": 1, "b.c": 2, "steps": 3})
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize("value", [float("nan"), object(), {1, 2}, b"x"])
def test_a_value_that_json_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises(ScenarioError, match=r"the new value is not JSON.* @ \$\.steps"):
        load_scenario("pizza_place", set={"steps": value})


def test_numpy_numbers_and_tuples_are_taken() -> None:
    changes = {"steps": np.int64(5), "grid.closed": ((0, 0), (1, 1))}
    scenario = load_scenario("pizza_place", set=changes)
    assert (scenario.steps, scenario.grid.closed) == (5, ((0, 0), (1, 1)))


def test_a_new_value_is_checked_like_the_file() -> None:
    with pytest.raises(ScenarioError) as caught:
        load_scenario("pizza_place", set={"agents.Household.count": 0, "stress.mode": "of"})
    paths = {problem.path for problem in caught.value.problems}
    assert paths == {"$.agents.Household.count", "$.stress.mode"}


def test_short_names_stand_for_their_paths() -> None:
    scenario = load_scenario(
        "pizza_place", households=7, steps=9, width=20, height=30, seed=5, discount=10
    )
    assert (scenario.agents.Household.count, scenario.steps, scenario.seed) == (7, 9, 5)
    assert (scenario.grid.width, scenario.grid.height) == (20, 30)
    assert scenario.events[2].percent == 10  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("stress", "mode"), [(True, "on"), (False, "off"), ("frozen", "frozen"), ("off", "off")]
)
def test_stress_takes_a_switch_or_a_mode(stress: bool | str, mode: str) -> None:
    assert load_scenario("pizza_place", stress=stress).stress.mode == mode


def test_a_discount_needs_a_promotion() -> None:
    with pytest.raises(ScenarioError, match="there is no promotion to change"):
        load_scenario("pizza_place_quiet", discount=10)
    percents = [
        event.percent  # type: ignore[attr-defined]
        for event in load_scenario("crowd", discount=15).events
        if event.type == "promotion"
    ]
    assert percents == [15.0] * 34


def test_an_unknown_short_name_gives_the_nearest_and_the_dotted_way() -> None:
    with pytest.raises(ScenarioError, match=r"did you mean 'households'.*set="):
        load_scenario("pizza_place", housholds=3)


def test_set_wins_over_a_short_name() -> None:
    assert load_scenario("pizza_place", set={"steps": 4}, steps=3).steps == 4


def test_apply_leaves_its_argument_alone() -> None:
    data: dict[str, Any] = {"grid": {"width": 3}}
    assert apply_overrides(data, {"grid.width": 5}) == {"grid": {"width": 5}}
    assert data == {"grid": {"width": 3}}


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("steps=5", ("steps", 5)),
        ("stress.mode=off", ("stress.mode", "off")),
        ('stress.hide=["hunger"]', ("stress.hide", ["hunger"])),
        ("x=null", ("x", None)),
        ("x=a=b", ("x", "a=b")),
        ("x=", ("x", "")),
        ("x=NaN", ("x", "NaN")),
        ("x=" + "9" * 5000, ("x", "9" * 5000)),
        ("x=" + "[" * 100_000, ("x", "[" * 100_000)),
        ("agents.Restaurant.Pizza Place.cash=1", ("agents.Restaurant.Pizza Place.cash", 1)),
    ],
    ids=range(10),
)
def test_assignments_are_json_or_a_bare_word(text: str, pair: tuple[str, Any]) -> None:
    assert parse_assignment(text) == pair


@pytest.mark.parametrize("text", ["steps", "=5", " =5", ""])
def test_an_assignment_needs_key_and_value(text: str) -> None:
    with pytest.raises(ScenarioError, match="KEY=VALUE"):
        parse_assignment(text)


def test_every_short_name_works() -> None:
    values = {"stress": "off", "discount": 5.0, "model": "some-model"}
    for name in SHORT:
        load_scenario("pizza_place", **{name: values.get(name, 12)})
