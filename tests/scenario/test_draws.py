"""A draw has the quantiles of its distribution, and bad ones are refused with their path."""

from __future__ import annotations

import json
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from towns import make, parsed, village

from econsim_mesa.errors import ScenarioError
from econsim_mesa.prompts import render
from econsim_mesa.scenario import load_scenario
from econsim_mesa.scenario.draws import Draw
from econsim_mesa.society.experience import experience
from econsim_mesa.society.individuals import amounts, numbers
from econsim_mesa.society.requests import Request

HALF, QUARTER = np.array([0.5]), np.array([0.25])


def draw(**said: Any) -> Draw:
    return Draw.model_validate_json(json.dumps(said))


def quantile(p: float) -> float:
    return NormalDist().inv_cdf(p)


def test_the_median_and_the_quarter_of_each_distribution() -> None:
    for said, half, quarter in (
        ({"normal": {"mean": 1000, "sd": 200}}, 1000.0, 1000 + 200 * quantile(0.25)),
        ({"lognormal": {"median": 1000, "sigma": 0.5}}, 1000.0, 1000 * np.exp(quantile(0.25) / 2)),
        ({"exponential": {"mean": 1000}}, 1000 * np.log(2), 1000 * np.log(4 / 3)),
        ({"uniform": [-1, 3]}, 1.0, 0.0),
    ):  # fmt: skip
        assert numbers(draw(**said), HALF, ())[0] == pytest.approx(half)
        assert numbers(draw(**said), QUARTER, ())[0] == pytest.approx(quarter)


def test_whole_numbers_are_drawn_from_both_bounds_of_a_uniform_draw() -> None:
    drawn = amounts(draw(uniform=[3, 5]), np.array([0.0, 0.34, 0.99]), ())
    assert (drawn.tolist(), drawn.dtype) == ([3, 4, 5], np.int64)


def test_bounds_cut_a_distribution_off_and_nothing_piles_up_at_them() -> None:
    cut = draw(normal={"mean": 0, "sd": 1}, least=0, most=1)
    below, above = NormalDist().cdf(0), NormalDist().cdf(1)
    for share in (0.0, 0.3, 0.9):
        wanted = quantile(below + share * (above - below))
        assert numbers(cut, np.array([share]), ())[0] == pytest.approx(wanted, abs=1e-12)
    luck = np.random.default_rng(1).random(2000)
    poor = amounts(draw(normal={"mean": 0, "sd": 1000}), luck, ())
    assert poor.min() >= 0
    assert (poor == 0).mean() < 0.01  # half of the mass is below 0


def test_a_draw_from_a_column_takes_the_rows_in_order() -> None:
    rows = ({"income": "900"}, {"income": "1200"})
    assert amounts(draw(column="income"), np.zeros(2), rows).tolist() == [900, 1200]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({}, "give one of uniform, normal, lognormal, exponential, column; found 0"),
        ({"uniform": [1, 2], "column": "a"}, "found 2 of them"),
        ({"uniform": [2, 1]}, "the lower bound is above the upper one"),
        ({"uniform": [1, 2], "least": 1}, "least and most do not go with uniform"),
        ({"normal": {"mean": 0, "sd": 0}}, "greater than 0"),
        ({"normal": {"mean": 0, "sd": 1}, "least": 20}, "almost nothing of it lies between 20"),
        ({"normal": {"mean": 0, "sd": 1}, "least": 2, "most": 1}, "above its largest one"),
    ],
)
def test_what_is_no_draw_is_refused(said: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        draw(**said)


TABLE = {"source": "made up", "consent": "nobody is described", "licence": "CC0"}


def with_table(*wages: str, **changes: Any) -> dict[str, Any]:
    rows = [{"name": "", "wage": wage} for wage in wages]
    persona = {"traits": [], "table": {**TABLE, "rows": rows}}
    return village(agents__Household__count=2, agents__Household__persona=persona, **changes)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (village(agents__Household__cash={"uniform": [0.5, 2]}),
         "bounds of amounts are whole numbers .* @ \\$.agents.Household.cash"),
        (village(agents__Household__endowment={"Pie": {"normal": {"mean": -900, "sd": 1}}}),
         "almost nothing .* @ \\$.agents.Household.endowment.Pie"),
        (village(agents__Household__tastes={"Pies": 1}),
         "unknown item 'Pies'.* @ \\$.agents.Household.tastes.Pies"),
        (village(agents__Household__needs={"thirst": 1}),
         "unknown stressor 'thirst'.* @ \\$.agents.Household.needs.thirst"),
        (village(agents__Household__needs={"money": 1}),
         "'money' has no target .* @ \\$.agents.Household.needs.money"),
        (village(agents__Household__needs={"hunger": {"uniform": [0, 2]}}),
         "a factor on a need is 0.01 or more.* @ \\$.agents.Household.needs.hunger"),
        (village(agents__Household__cash={"column": "wage"}),
         "there is no persona table.* @ \\$.agents.Household.cash.column"),
        (with_table("1", "2", agents__Household__cash={"column": "wages"}),
         "unknown column of the persona table 'wages'.* @ \\$.agents.Household.cash.column"),
        (with_table("1", "a lot", agents__Household__cash={"column": "wage"}),
         "must be a whole number .* found 'a lot' in row 1 @ \\$.agents.Household.cash.column"),
        (with_table("1", "2"), "unknown column 'wage'"),
    ],
)  # fmt: skip
def test_a_draw_that_does_not_fit_its_town_is_named_with_its_path(
    data: dict[str, Any], problem: str, write: Any
) -> None:
    with pytest.raises(ScenarioError, match=problem):
        load_scenario(write(data))


def test_a_drawn_scenario_is_written_as_it_was_given() -> None:
    said = {"lognormal": {"median": 1000, "sigma": 0.5}, "most": 9000}
    town = parsed(village(agents__Household__cash=said, agents__Household__tastes={"Pie": -1}))
    dumped = town.model_dump(mode="json")["agents"]["Household"]
    assert (dumped["cash"], dumped["tastes"]) == (said, {"Pie": -1})


def test_a_household_keeps_its_luck_when_another_item_or_household_is_added() -> None:
    taste = {"normal": {"mean": 0, "sd": 1}}
    few = make(village(agents__Household__tastes={"Pie": taste})).town.individuals.tastes
    data = village(agents__Household__tastes={"Tea": taste, "Pie": taste})
    data["agents"]["Household"]["count"] = 6
    many = make(data).town.individuals.tastes
    assert np.array_equal(few[:, 0], many[:4, 0])
    assert not np.any(few[:, 1:])
    assert len(set(many[:, :2].ravel().tolist())) == 12


def test_endowments_of_each_own_are_on_record_and_move_in_the_ledger() -> None:
    model = make(village(agents__Household__endowment={"Flour": {"uniform": [1, 500]}}))
    held = model.town.economy.holdings()[:, 3]
    given = [row.amount for row in model.town.records["transfers"] if row.target in
             model.town.roster.names[:4] and row.commodity == "Flour"]  # fmt: skip
    assert held.tolist() == given
    assert len(set(given)) == 4
    model.town.ledger.check()


def test_a_need_is_a_factor_on_the_target_of_hunger() -> None:
    rows = with_table("1", "2", agents__Household__needs={"hunger": {"column": "wage"}})
    rows["stress"]["stressors"]["hunger"] = {"target": 10.0, "window": 40, "gamma": 0.98}
    rows["stress"]["warm_start"] = False
    model = make(rows)
    hunger = model.town.stress.stressors[0]
    assert hunger.need.tolist() == [1.0, 2.0]
    model.town.begin(0)
    model.town.outcomes["nutrition"][:] = 5.0
    experience(model.town, np.empty((2, 0), dtype=np.int32))
    assert model.town.stress.own[:, 0].tolist() == [50.0, 75.0]


def test_a_prompt_tells_of_large_tastes_and_needs_alone() -> None:
    tastes, needs = {"Pie": 1.2, "Tea": -2, "Bread": 0.3}, {"hunger": 1.4}
    model = make(village(agents__Household__tastes=tastes, agents__Household__needs=needs))
    persona = render(Request(model.look(), 0, "Household")).parts["persona"]
    assert persona == "[you] H0; likes Pie; dislikes Tea; needs 1.4 times as much food as most"
    plain = make(village(agents__Household__needs={"hunger": 1.01}))
    assert render(Request(plain.look(), 0, "Household")).parts["persona"] == "[you] H0"
