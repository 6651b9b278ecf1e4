"""A kind of store outside the package serves at once if its class says so."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from towns import make, run, village

from econsim_mesa.scenario import register
from econsim_mesa.scenario.registry import own_registrations
from econsim_mesa.society.agents import Store


@pytest.fixture(autouse=True)
def kinds() -> Iterator[None]:
    """Register two kinds, of which one serves."""
    with own_registrations():

        @register("store", "Kiosk")
        class Kiosk(Store):
            """Sells snacks over the counter."""

            serves = True

        @register("store", "Stall")
        class Stall(Store):
            """Sells snacks to take away."""

        yield


@pytest.mark.parametrize(("kind", "serves"), [("Kiosk", True), ("Stall", False)])
def test_households_eat_where_they_are_served(kind: str, serves: bool) -> None:
    data = village(decider="utility", agents__Household__count=10)
    data["agents"][kind] = data["agents"].pop("Restaurant")
    decisions = run(make(data, seed=3), 40)["decisions"]
    orders = [
        [action["do"] for action in actions]
        for actions in (json.loads(decision.actions) for decision in decisions)
        if any(action.get("store") == "Cafe" for action in actions)
    ]
    assert orders
    assert any("eat" in verbs for verbs in orders) == serves
