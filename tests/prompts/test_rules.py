"""The system prompt says what holds in this town, and nothing of what it has not."""

from __future__ import annotations

from typing import Any

import pytest
from towns import parsed, village

from econsim_mesa.prompts import load_template, system_prompt, template_names
from econsim_mesa.prompts.system import rules_of
from econsim_mesa.scenario import load_scenario

SALARY = {"type": "salary", "amount": 30}


def said(kind: str = "Household", template: str = "default", **changes: Any) -> str:
    return system_prompt(parsed(village(**changes)), kind, load_template(template))


def rules(**changes: Any) -> dict[str, str]:
    return rules_of(parsed(village(**changes)), "Household")


def test_income_is_told_with_its_rhythm() -> None:
    daily = {**SALARY, "when": {"every": "day", "time": "08:00"}}
    assert rules(events=[daily])["income"] == "30 coin every day at 08:00"
    both = [daily, {**SALARY, "when": {"every": 12}}]
    assert rules(events=both)["income"] == "30 coin every day at 08:00; 30 coin every 12 steps"
    assert "Income of every household: 30 coin every day at 08:00." in said(events=[daily])
    weekly = {**SALARY, "when": {"every": "day", "weekdays": ["sun", "SAT"], "time": "09:00"}}
    assert rules(events=[weekly])["income"] == "30 coin every Saturday and Sunday at 09:00"
    late = {**SALARY, "when": {"every": 2, "weekdays": ["fri"], "hours": ["20:00", "02:00"]}}
    told = "30 coin every 2 steps from 20:00 to 02:00 on Friday"
    assert rules(events=[late])["income"] == told
    assert "Income" not in said()


@pytest.mark.parametrize(
    "when",
    [{"at": 5}, {"every": "day", "between": [24, 48]}, {"every": "day", "probability": 0.5}],
)
def test_what_comes_once_for_a_while_or_by_chance_is_a_surprise(when: dict[str, Any]) -> None:
    assert rules(events=[{**SALARY, "when": when}])["income"] == ""
    restock = {"type": "restock", "when": when}
    assert said(events=[restock]) == said()


def test_what_stores_get_and_what_is_paid_back_is_told() -> None:
    apples = {"after": {"record": "sales", "where": {"item": "Pie"}}}
    told = rules(
        events=[
            {"type": "restock", "when": {"every": "day"}, "items": ["Pie", "Tea"]},
            {"type": "restock", "when": {"every": 1}, "items": ["Cart"]},
            {"type": "restock", "when": {"every": 2}, "stores": ["Shop"], "items": ["Tea"]},
            {"type": "restock", "when": {"every": 3}, "stores": ["Cafe", "Shop"]},
            {"type": "restock", "when": {"every": 4}, "level": 0},
            {"type": "subsidy", "when": apples, "percent": 20.0},
        ]
    )
    assert told["restock"] == (
        "Pie, Tea every day at 00:00; Cart every step; Tea at Shop every 2 steps; "
        "at Cafe, Shop every 3 steps"
    )
    assert told["subsidy"] == "20 % for Pie"
    cheap = {"type": "subsidy", "when": {**apples, "weekdays": ["mon"]}, "percent": 20.0}
    assert rules(events=[cheap])["subsidy"] == "20 % for Pie on Monday"


def test_the_need_of_a_day_is_that_of_the_scenario() -> None:
    hunger = {"hunger": {"target": 10.0, "window": 40, "gamma": 1.0}}
    assert rules(stress={"stressors": hunger})["food_need"] == "6.0 points"  # 10 / 40 * 24
    assert rules(stress={"stressors": {"sleep": {}}})["sleep_need"] == "8 hours"
    bare = rules(stress={"stressors": {}})
    assert (bare["food_need"], bare["sleep_need"], bare["home_comfort"]) == ("", "", "")


def test_who_serves_at_once_is_told() -> None:
    assert rules()["serves_at_once"] == "every store"
    decides = {"agents__Retailer__Shop__acceptance": "decide"}
    assert rules(**decides)["serves_at_once"] == "Cafe"
    assert rules(**decides)["serves_later"] == "Shop"
    assert "one step later at Shop" in said(**decides)
    assert "later at" not in said()


@pytest.mark.parametrize("template", template_names())
def test_what_a_town_has_not_is_not_told(template: str) -> None:
    plain = {
        "market": {"swaps": False, "intentions": False},
        "items": {"Pie": {"price": 100}, "Tea": {"price": 20}},
        "agents__Retailer": {},
        "stress": {"stressors": {}},
    }
    text = said(template=template, **plain)
    for name in ("propose", "[offers]", "react", "[plan]", "[stress]", "Nutrition", "nourish"):
        assert name not in text
    assert not [line for line in text.split("\n") if line.startswith("{") and line[1] != '"']
    store = said("Restaurant", template, **plain)
    assert "react" not in store
    assert "[orders]" not in store


def test_what_may_be_followed_and_what_is_torus_or_vehicle() -> None:
    told = said(agents__Government={"name": "City Hall"}, grid__torus=True)
    assert "City Hall may be followed like a store." in told
    assert "Opposite edges touch." in told
    assert "Cart 3 cells" in told
    assert "touch" not in said()


def test_actions_stand_in_the_order_in_which_they_are_done() -> None:
    sequence = rules()["sequence"]
    assert sequence == "sleep_hours; order; react; propose; eat; post, follow, unfollow; move_to"
    store = rules_of(load_scenario("pizza_place"), "Restaurant")
    assert store["sequence"] == "set_prices, post"
