"""The bundled scenarios say what the case study says."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from econsim_mesa.scenario import Scenario, load_scenario, to_json
from econsim_mesa.scenario.load import bundled


def differences(one: Any, other: Any, at: str = "") -> set[str]:
    """Return the dotted paths at which two dumps differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        found: set[str] = set()
        for key in {*one, *other}:
            found |= differences(one.get(key), other.get(key), f"{at}.{key}")
        return found
    return set() if one == other else {at.removeprefix(".")}


def dump(name: str) -> Any:
    return load_scenario(name).model_dump(mode="json", by_alias=True)


def events(scenario: Scenario, kind: str) -> list[Any]:
    return [event for event in scenario.events if event.type == kind]


def test_pizza_place_is_the_case_study() -> None:
    town = load_scenario("pizza_place")
    assert (town.grid.width, town.grid.height, town.agents.Household.count) == (10, 10, 30)
    assert {name: item.price for name, item in town.items.items()} == {
        "Rice": 1000,
        "Pizza": 2000,
        "Soda": 150,
        "Tomatoes": 200,
        "Soup": 300,
        "Bread": 400,
        "Salad": 500,
    }
    assert {name: item.nutrition for name, item in town.items.items()} == {
        "Rice": 3,
        "Pizza": 3,
        "Soda": 0.1,
        "Tomatoes": 0.3,
        "Soup": 1,
        "Bread": 2,
        "Salad": 1.5,
    }
    assert {name: item.keeps_steps for name, item in town.items.items() if item.keeps_steps} == {
        "Pizza": 2
    }
    stores = {
        name: (kind, store.at, list(store.sells)) for kind, name, store in town.agents.stores()
    }
    assert stores == {
        "Pizza Place": ("Restaurant", (2, 2), ["Pizza", "Soda"]),
        "Daily Mart": ("Retailer", (8, 8), ["Rice", "Tomatoes", "Soup", "Bread", "Salad"]),
    }
    assert all(
        offer.stock == 50 and offer.price is None
        for _, _, store in town.agents.stores()
        for offer in store.sells.values()
    )
    clock = town.clock.clock()
    assert clock.time(0) == datetime(2025, 12, 19, 9)
    assert clock.time(town.steps - 1) == datetime(2025, 12, 28, 20)
    assert clock.steps_per_day == 12
    assert (town.social.follow_cap, town.social.initial.k) == (8, 3)
    assert town.keywords == ("pizza",)


def test_pizza_place_sells_cheaper_for_three_days_and_posts_once_a_day() -> None:
    town = load_scenario("pizza_place")
    clock = town.clock.clock()
    (promotion,) = events(town, "promotion")
    assert (promotion.store, promotion.items, promotion.percent) == ("Pizza Place", ("Pizza",), 40)
    on = {clock.time(t).day for t in range(town.steps) if promotion.when.holds(t, clock)}
    assert on == {23, 24, 25}
    assert sum(promotion.when.holds(t, clock) for t in range(town.steps)) == 36
    posting = [
        [clock.time(t) for t in range(town.steps) if event.when.holds(t, clock)]
        for event in events(town, "scripted_posts")
    ]
    assert [[moment.day for moment in phase] for phase in posting] == [
        [19, 20, 21, 22],
        [23, 24, 25],
        [26, 27, 28],
    ]
    assert {moment.hour for phase in posting for moment in phase} == {9}
    assert {event.author for event in events(town, "scripted_posts")} == {"Pizza Place"}
    (salary,) = events(town, "salary")
    (restock,) = events(town, "restock")
    for daily in (salary, restock):
        assert sum(daily.when.holds(t, clock) for t in range(town.steps)) == 10
    assert (salary.amount, restock.mode, restock.level) == (1000, "top_up", None)


def test_the_stress_of_pizza_place_is_the_published_one() -> None:
    stressors = dump("pizza_place")["stress"]["stressors"]
    assert list(stressors) == ["hunger", "fatigue", "congestion", "money"]
    hunger, fatigue, congestion, money = stressors.values()
    assert (hunger["target"], hunger["window"], hunger["gamma"]) == (10, 40, 0.98)
    assert (fatigue["limit"], fatigue["window"], fatigue["gamma"]) == (15, 24, 0.95)
    assert fatigue["home_comfort"] == 0.4
    assert (congestion["target"], congestion["radius"], congestion["smoothing"]) == (3, 1, 1)
    assert (money["buffer"], money["relative_wealth"], money["growth"]) == (20, -1, -0.1)
    weights = (money["buffer_weight"], money["relative_weight"], money["growth_weight"])
    assert (weights, money["window"]) == ((1.5, 0.9, 0.3), 5)


WORDS = {"name", "title", "description", "exclusions", "data_sources"}


def test_the_quiet_town_differs_by_its_events_alone() -> None:
    found = differences(dump("pizza_place"), dump("pizza_place_quiet"))
    assert found - WORDS == {"events"}
    kinds = [event.type for event in load_scenario("pizza_place_quiet").events]
    assert kinds == ["salary", "restock"]


def test_the_published_town_differs_by_the_settings_put_back_alone() -> None:
    found = differences(dump("pizza_place"), dump("pizza_place_published"))
    assert found - WORDS == {
        "stress.warm_start",
        "stress.stressors.hunger.two_sided",
        "stress.stressors.fatigue.two_sided",
        "stress.stressors.fatigue.target",
        "stress.stressors.congestion.two_sided",
        "social.initial.k",
        "clock.sleep",
        "market.swaps",
        "market.intentions",
        "agents.Restaurant.Pizza Place.acceptance",
        "agents.Retailer.Daily Mart.acceptance",
    }


def test_two_towns_shows_what_pizza_place_does_not() -> None:
    town = load_scenario("two_towns")
    assert len(town.agents.Restaurant) > 1
    assert len(town.agents.Retailer) > 1
    assert not town.clock.clock().skips_nights
    assert "sleep" in town.stress.stressors
    assert town.agents.Government is not None
    assert town.market.consumption_tax > 0
    assert any(item.decimals for item in town.items.values())
    assert any(item.speed for item in town.items.values())
    river = {x for x, _ in town.grid.closed}
    gaps = set(range(town.grid.height)) - {y for _, y in town.grid.closed}
    assert (len(river), len(gaps)) == (1, 2)


def test_crowd_has_the_density_of_pizza_place() -> None:
    crowd = load_scenario("crowd")
    assert (crowd.agents.Household.count, crowd.grid.width, crowd.grid.height) == (1000, 60, 60)
    assert len(crowd.agents.stores()) == 67


@pytest.mark.parametrize("name", list(bundled()))
def test_labour_and_financial_markets_are_excluded_in_words(name: str) -> None:
    said = " ".join(load_scenario(name).exclusions).lower()
    assert "labour market" in said
    assert "financial market" in said


@pytest.mark.parametrize("name", list(bundled()))
def test_a_bundled_file_fits_in_a_hundred_columns_where_text_allows(name: str) -> None:
    lines = bundled()[name].read_text(encoding="utf-8").splitlines()
    long = [line for line in lines if len(line) > 100 and '": "' not in line]
    assert not [line for line in long if not line.strip().startswith('"')]
    assert "\t" not in to_json(load_scenario(name))
