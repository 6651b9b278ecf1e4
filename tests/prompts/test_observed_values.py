"""A prompt says all that is observed, without ambiguity."""

from __future__ import annotations

import json
import re
from datetime import datetime

import numpy as np
import pytest
from pydantic import ValidationError
from towns import Script, make, parsed, village

from econsim_mesa.domains.body.actions import Eat
from econsim_mesa.domains.economy.actions import PlaceOrder, Propose
from econsim_mesa.domains.economy.observation import LastStep, Shelf
from econsim_mesa.domains.mobility.actions import MoveTo
from econsim_mesa.domains.social.actions import Follow
from econsim_mesa.numbers import counted
from econsim_mesa.prompts import render
from econsim_mesa.quoting import name_text, quoted
from econsim_mesa.society.action import Action
from econsim_mesa.society.clock import full_time
from econsim_mesa.society.model import EconModel
from econsim_mesa.society.observation import Observation
from econsim_mesa.society.requests import Requests
from econsim_mesa.society.view import observe
from econsim_mesa.society.wording import Wording


def looked(model: EconModel) -> list[tuple[Observation, str, Wording]]:
    """Return observation and user message of every household before the next step."""
    town = model.town
    t, records, deeds, last_step = town.t, town.records, town.outcomes, town.previous_outcomes
    town.begin(t + 1)
    requests = Requests(observe(town), range(town.roster.households))
    found = [(request.observation(), render(request).user, town.wording) for request in requests]
    town.t, town.records, town.outcomes, town.previous_outcomes = t, records, deeds, last_step
    town.streams = type(town.streams)(model.run_seed)
    return found  # type: ignore[return-value]


def assert_says(line: str, *values: object) -> None:
    """Check that a line says each value, a name in quotes where it could be read otherwise."""
    for value in values:
        text = name_text(value) if isinstance(value, str) else str(value)
        assert re.search(rf"(?<![\w.]){re.escape(text)}(?!\w)", line), (line, value)


def assert_all_is_said(seen: Observation, text: str, wording: Wording) -> None:
    """Check that all that is observed stands in the prompt, under its label."""
    lines: dict[str, list[str]] = {}
    for line in text.partition("\n[posts]")[0].split("\n"):
        if line.startswith("["):
            lines.setdefault(line[1:].partition("]")[0], []).append(line)
    place, own, social = seen.mobility, seen.economy, seen.social
    assert_says(lines["you"][0], seen.name)
    assert lines["now"] == [f"[now] {full_time(datetime.fromisoformat(seen.time))}"]
    home_x, home_y = place.home
    assert f"[place] {place.x},{place.y}; home {home_x},{home_y}" in lines["place"][0]
    assert_says(lines["place"][0], *filter(None, [place.destination]))
    assert ("at home" in lines["place"][0]) == place.at_home
    assert ("going to" in lines["place"][0]) == bool(place.destination)
    [body] = lines["body"]
    assert_meal(seen, body, wording)
    assert f"walked {seen.body.walked:.1f} cells" in body
    assert lines["cash"] == [f"[cash] {wording.sum_of(own.cash)}"]
    goods = lines["goods"][0].removeprefix("[goods] ").split(", ")
    assert sorted(goods) == sorted(wording.amount(*good) for good in own.goods) or goods == ["none"]
    assert_last_step(own.last_step, lines.get("last", [""])[0])
    assert ("plan" in lines) == (own.plan is not None)
    assert ("here" in lines) == (own.here is not None)
    if own.here is not None:
        assert_says(lines["here"][0], own.here.name, own.here.crowd)
        assert_shelves(lines["here"][0], own.here.shelves, wording)
    assert_known_stores(seen, lines.get("known", []), wording)
    assert_says(lines["near"][0], *place.nearby, place.around)
    assert_says(lines["social"][0], *social.follows, *social.suggestions)
    posts = [json.loads(line) for line in text.partition("\n[posts]\n")[2].splitlines()]
    for post, read in zip(posts, social.posts, strict=True):
        at = wording.time(seen.t - read.age_steps, seen.t)
        assert tuple(post.values()) == (read.id, read.author, at, read.text)
    for offer, line in zip(own.offers, lines.get("offers", []), strict=True):
        assert_says(line, offer.id, offer.proposer)
        gives, wants = wording.amount(*offer[2:4]), wording.amount(*offer[4:])
        assert line.endswith(f" gives {gives} for {wants}")
    for feeling in seen.feelings:
        assert f"{feeling.name} {feeling.level:.0f}: " in lines["stress"][0]


def assert_meal(seen: Observation, line: str, wording: Wording) -> None:
    meal = wording.time(max(seen.body.last_meal, 0), seen.t)
    if seen.body.hours_since_meal < 0:
        meal = "unknown"
    elif seen.body.last_meal < 0:
        meal = f"before {meal}"
    assert f"last meal {meal};" in line


def assert_last_step(last_step: LastStep, line: str) -> None:
    assert_says(line, *last_step.bought)
    for event in last_step.events:
        assert event in line
    for reason in last_step.rejected:
        assert quoted(reason) in line
    assert (f"met {counted(last_step.met, 'other')}" in line) == (last_step.met >= 0)
    change = {1: " dearer", -1: " cheaper", 0: ""}[last_step.price_change]
    assert not change or f"{name_text(last_step.changed_item)}{change}" in line


def assert_shelves(line: str, shelves: tuple[Shelf, ...], wording: Wording) -> None:
    for shelf in shelves:
        left = wording.quantity(shelf.item, shelf.quantity)
        stock = {0: " (sold out)", -1: ""}.get(shelf.quantity, f" ({left} left)")
        assert f"{name_text(shelf.item)} {wording.price(shelf.price)}{stock}" in line


def assert_known_stores(seen: Observation, lines: list[str], wording: Wording) -> None:
    begins = {line.removeprefix("[known] ").partition(" away")[0]: line for line in lines}
    for store in seen.economy.stores:
        line = begins.pop(f"{name_text(store.name)}: {counted(store.distance, 'cell')}")
        if store.visited >= 0:
            assert f"seen {wording.time(store.visited, seen.t)}" in line
            assert store.crowd < 0 or f"with {counted(store.crowd, 'other')}" in line
            assert_shelves(line, store.shelves, wording)
        assert ("found closed" in line) == (store.shut >= 0)
    assert not begins


@pytest.mark.parametrize("listing", ["reversed", "alphabetical"])
def test_all_is_said_in_any_order(listing: str) -> None:
    model = EconModel("two_towns", seed=3, set={"llm.listing": listing})
    for _ in range(13):
        model.step()
    for seen, text, wording in looked(model):
        assert_all_is_said(seen, text, wording)


@pytest.mark.parametrize("decider", ["utility", "random"])
@pytest.mark.parametrize("name", ["pizza_place", "two_towns"])
def test_all_that_is_observed_is_said(name: str, decider: str) -> None:
    model = EconModel(name, seed=3, decider=decider, set={"stress.threshold": 20.0})
    for step in range(40):
        if step % 3 == 0:
            for seen, text, wording in looked(model):
                assert_all_is_said(seen, text, wording)
        model.step()


@pytest.mark.parametrize("hidden", ["all", "moves", "prices", "crowding", "consumption"])
def test_all_is_said_with_memory_hidden(hidden: str) -> None:
    model = EconModel("pizza_place", seed=3, set={"memory.hide": [hidden]})
    for _ in range(16):
        model.step()
    for seen, text, wording in looked(model):
        assert_all_is_said(seen, text, wording)


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
def test_names_that_look_like_something_else_are_said(name: str) -> None:
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
        for seen, text, wording in looked(model):
            assert_all_is_said(seen, text, wording)
    assert any(seen.economy.offers for seen, _, _ in looked(model))


@pytest.mark.parametrize("name", [*REFUSED, "A\nB", 'A"B', "A\u202eB", "{A}", "$cash"])
def test_names_that_could_be_read_in_two_ways_are_no_names(name: str) -> None:
    with pytest.raises(ValidationError, match="String should match pattern"):
        parsed(village(items={name: {"price": 20}}))


def test_ages_and_amounts_of_any_size_are_said() -> None:
    model = make(village(agents__Household__cash=10**14, steps=2000), decider="idle")
    model.town.visit_memory.last_meal = np.array([-900_000, -12_345_678, -1, 0])
    for seen, text, wording in looked(model):
        assert_all_is_said(seen, text, wording)


def test_the_check_sees_what_is_missing() -> None:
    [*_, (seen, text, wording)] = looked(make(village(), decider="idle"))
    for said in (f"[cash] {seen.economy.cash}", f"home {seen.mobility.home[0]}", "1 cell away"):
        assert said in text
        with pytest.raises((AssertionError, KeyError)):
            assert_all_is_said(seen, text.replace(said, "", 1), wording)
