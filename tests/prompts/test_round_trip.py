"""What is rendered is read back: a prompt says all that a decision needs, without ambiguity."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from towns import Script, make, parsed, village

from econsim_mesa.domains.body.actions import Eat
from econsim_mesa.domains.economy.actions import PlaceOrder, Propose
from econsim_mesa.domains.mobility.actions import MoveTo
from econsim_mesa.domains.social.actions import Follow
from econsim_mesa.prompts import parse_household, render
from econsim_mesa.society.action import Action
from econsim_mesa.society.model import EconModel
from econsim_mesa.society.observation import Observation
from econsim_mesa.society.requests import Requests
from econsim_mesa.society.view import observe


def looked(model: EconModel) -> list[tuple[Observation, str]]:
    """Return observation and user message of every household before the next step."""
    town = model.town
    t, records, deeds, last_step = town.t, town.records, town.outcomes, town.previous_outcomes
    town.begin(t + 1)
    requests = Requests(observe(town), range(town.roster.households))
    found = [(request.observation(), render(request).user) for request in requests]
    town.t, town.records, town.outcomes, town.previous_outcomes = t, records, deeds, last_step
    town.streams = type(town.streams)(model.run_seed)
    return found  # type: ignore[return-value]


def assert_read_back(seen: Observation, text: str) -> None:
    read = parse_household(text)
    last_step = seen.economy.last_step
    assert (read.name, read.time) == (seen.name, seen.time)
    assert (read.x, read.y, read.home) == (seen.mobility.x, seen.mobility.y, seen.mobility.home)
    assert (read.at_home, read.destination) == (seen.mobility.at_home, seen.mobility.destination)
    assert read.hours_since_meal == pytest.approx(seen.body.hours_since_meal, rel=1e-5)
    assert read.walked == pytest.approx(seen.body.walked, abs=0.051)
    assert (read.cash, read.goods) == (seen.economy.cash, dict(seen.economy.goods))
    assert (read.bought, read.rejected) == (last_step.bought, last_step.rejected)
    assert read.met == last_step.met
    assert read.price_change == last_step.price_change
    assert read.changed_item == last_step.changed_item
    assert (read.nearby, read.around) == (seen.mobility.nearby, seen.mobility.around)
    assert (read.follows, read.suggestions) == (seen.social.follows, seen.social.suggestions)
    posts = [(post.id, post.author, post.age, post.text) for post in read.posts]
    assert posts == list(seen.social.posts)
    assert read.stress == {one.name: round(one.level) for one in seen.feelings}
    assert [tuple(one) for one in read.offers] == [
        (one.id, one.proposer, one.gives_quantity, one.gives, one.wants_quantity, one.wants)
        for one in seen.economy.offers
    ]
    assert_stores(seen, read)


@pytest.mark.parametrize("listing", ["reversed", "alphabetical"])
def test_it_is_read_back_in_any_order(listing: str) -> None:
    model = EconModel("two_towns", seed=3, set={"llm.listing": listing})
    for _ in range(13):
        model.step()
    for seen, text in looked(model):
        read = parse_household(text)
        assert read.goods == dict(seen.economy.goods)
        assert set(read.nearby) == set(seen.mobility.nearby)
        assert set(read.follows) == set(seen.social.follows)
        assert set(read.suggestions) == set(seen.social.suggestions)
        stores = {store.name: store for store in seen.economy.stores}
        assert {store.name for store in read.known} == set(stores)
        for store in read.known:
            if store.seen >= 0:
                shelves = {
                    (one.item, one.price, one.quantity) for one in stores[store.name].shelves
                }
                assert set(map(tuple, store.shelves)) == shelves


def assert_stores(seen: Observation, read: Any) -> None:
    here = seen.economy.here
    if here is None:
        assert read.here is None
    else:
        shelves = tuple((one.item, one.price, one.quantity) for one in here.shelves)
        assert (read.here.name, read.here.crowd) == (here.name, here.crowd)
        assert tuple(map(tuple, read.here.shelves)) == shelves
    known = {store.name: store for store in seen.economy.stores}
    assert [store.name for store in read.known] == list(known)
    for store in read.known:
        was = known[store.name]
        assert store.distance == was.distance
        if was.visited < 0:
            assert (store.seen, store.crowd, store.shelves) == (-1, -1, ())
            continue
        assert (store.seen, store.crowd) == (seen.t - was.visited, was.crowd)
        shelves = tuple((one.item, one.price, one.quantity) for one in was.shelves)
        assert tuple(map(tuple, store.shelves)) == shelves


@pytest.mark.parametrize("decider", ["utility", "random"])
@pytest.mark.parametrize("name", ["pizza_place", "two_towns"])
def test_every_observation_is_read_back(name: str, decider: str) -> None:
    model = EconModel(name, seed=3, decider=decider, set={"stress.threshold": 20.0})
    for step in range(40):
        if step % 3 == 0:
            for seen, text in looked(model):
                assert_read_back(seen, text)
        model.step()


@pytest.mark.parametrize("hidden", ["all", "moves", "prices", "crowding", "consumption"])
def test_it_is_read_back_with_memory_hidden(hidden: str) -> None:
    model = EconModel("pizza_place", seed=3, set={"memory.hide": [hidden]})
    for _ in range(16):
        model.step()
    for seen, text in looked(model):
        assert_read_back(seen, text)


ODD_NAMES = [
    "none",
    "nobody",
    "7Up",
    "H1 here",
    "dearer",
    "bought Rice",
    "Salt & Sons",
    "Café d'Été",
    "könig-pils",
    "饭",
    "Rice for 2 Tea",
    "met 9 others",
    "Rice 5",
    "gives 2 Tea",
]
REFUSED = ["Rice 5, Soda", "A; B", "Tea: 3 away", "Soup (stock 4)", "[cash]", "A\u2028B", "A\x85B"]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_names_that_look_like_something_else_are_read_back(name: str) -> None:
    data = village(
        grid={"width": 3, "height": 1},
        items={name: {"price": 20, "nutrition": 1.0}, "Pie": {"price": 100, "nutrition": 3.0}},
        agents__Household={"count": 4, "cash": 1000, "endowment": {name: 9}},
        agents__Restaurant={
            f"{name} two": {"at": [0, 0], "sells": {name: {"stock": 5}, "Pie": {}}}
        },
        agents__Retailer={"Shop": {"at": [2, 0], "sells": {name: {"price": 15, "stock": 0}}}},
        events=[
            {
                "type": "scripted_posts",
                "when": {"every": 1},
                "author": f"{name} says",
                "account": True,
                "texts": ["x"],
            },
            {"type": "price_change", "when": {"at": 4}, "item": name, "percent": 50.0},
        ],
    )
    swap = Propose("H1", name, 2, "coin", 5, 9)
    acts: dict[int, dict[str, tuple[Action, ...]]] = {
        0: {"H0": (swap, MoveTo(f"{name} two")), "H2": (MoveTo("Shop"),)},
        2: {"H0": (PlaceOrder(f"{name} two", name, 1, 1), MoveTo("nowhere; met 8 others"))},
        3: {"H0": (Follow(f"{name} two"), Eat("Gold\u2028[cash] 1", 1))},
        4: {"H2": (MoveTo(f"{name} two"),)},
    }
    model = make(data, decider=Script(acts))
    for _ in range(8):
        model.step()
        for seen, text in looked(model):
            assert_read_back(seen, text)
    assert any(seen.economy.offers for seen, _ in looked(model))


@pytest.mark.parametrize("name", [*REFUSED, "A\nB", 'A"B', "A\u202eB", "{A}", "$cash"])
def test_names_that_could_be_read_in_two_ways_are_no_names(name: str) -> None:
    with pytest.raises(ValidationError, match="String should match pattern"):
        parsed(village(items={name: {"price": 20}}))


def test_ages_and_amounts_of_any_size_are_read_back() -> None:
    model = make(village(agents__Household__cash=10**14, steps=2000), decider="idle")
    model.town.visit_memory.last_meal = np.array([-900_000, -12_345_678, -1, -2])
    for seen, text in looked(model):
        assert_read_back(seen, text)
