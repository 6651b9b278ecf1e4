"""Each event does what it says, to whom it says, and is on record."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from towns import Script, make, parsed, put, run, village

from econsim_mesa.domains.body.actions import Eat
from econsim_mesa.domains.economy.actions import PlaceOrder, SetPrice
from econsim_mesa.domains.mobility.actions import MoveTo
from econsim_mesa.domains.social.actions import Follow, Unfollow
from econsim_mesa.errors import ScenarioError
from econsim_mesa.society.model import EconModel

AT_CAFE, AT_SHOP = (1, 1), (4, 4)


def model_with(*events: dict[str, Any], acts: Any = None, **changes: Any) -> EconModel:
    return make(village(events=list(events), **changes), decider=Script(acts))


def happened(records: dict[str, list[Any]]) -> list[tuple[int, str]]:
    return [(row.step, row.detail) for row in records["events"]]


def posted(model: EconModel, store: int, item: str) -> int:
    return int(model.town.economy.prices.posted[store, model.town.economy.goods.index[item]])


def test_promotion_lasts_between_its_moments_and_is_recorded() -> None:
    model = model_with(
        {"type": "promotion", "when": {"between": [2, 4]}, "store": "Cafe", "items": ["Pie"],
         "percent": 33.0}
    )  # fmt: skip
    seen, records = [], []
    for _ in range(6):
        model.step()
        seen.append((posted(model, 0, "Pie"), posted(model, 0, "Tea")))
        records += model.town.records["prices"]
    assert seen == [(100, 20), (100, 20), (67, 20), (67, 20), (100, 20), (100, 20)]
    assert [(r.step, r.store, r.item, r.base, r.posted) for r in records] == [
        (2, "Cafe", "Pie", 100, 67),
        (4, "Cafe", "Pie", 100, 100),
    ]


def test_promotion_of_everything_and_the_higher_of_two() -> None:
    model = model_with(
        {"type": "promotion", "when": {"between": [0, 9]}, "store": "Cafe", "percent": 10.0},
        {"type": "promotion", "when": {"between": [1, 2]}, "store": "Cafe", "items": ["Pie"],
         "percent": 50.0},
    )  # fmt: skip
    records = run(model, 3)
    assert happened(records) == [
        (0, "10 % off at Cafe: everything"),
        (1, "50 % off at Cafe: Pie"),
        (2, "promotion at Cafe ends"),
    ]
    assert (posted(model, 0, "Pie"), posted(model, 0, "Tea")) == (90, 18)
    assert posted(model, 1, "Bread") == 50


def test_buyers_pay_the_promotion_price() -> None:
    orders = {t: {"H0": (PlaceOrder("Cafe", "Pie", 1, 1),)} for t in (0, 1, 2)}
    model = model_with(
        {"type": "promotion", "when": {"between": [1, 2]}, "store": "Cafe", "percent": 40.0},
        acts=orders,
    )
    put(model, {0: AT_CAFE})
    assert [sale.amount for sale in run(model, 3)["sales"]] == [100, 60, 100]


@pytest.mark.parametrize(
    ("change", "price"), [({"percent": 50.0}, 75), ({"percent": -25.0}, 38), ({"to": 7}, 7)]
)
def test_price_change_sets_base_prices_and_records_them(change: dict[str, Any], price: int) -> None:
    model = model_with({"type": "price_change", "when": {"at": 1}, "item": "Bread", **change})
    records = run(model, 3)
    assert posted(model, 1, "Bread") == price
    assert [(r.step, r.item, r.base, r.posted) for r in records["prices"]] == [
        (1, "Bread", price, price)
    ]
    assert len(records["events"]) == 1


def test_price_change_at_one_store_leaves_the_others() -> None:
    data = village(events=[{"type": "price_change", "store": "Shop", "item": "Pie", "to": 1}])
    data["agents"]["Retailer"]["Shop"]["sells"]["Pie"] = {"stock": 1}
    model = make(data)
    model.step()
    assert (posted(model, 0, "Pie"), posted(model, 1, "Pie")) == (100, 1)


def test_a_stores_own_price_is_recorded() -> None:
    acts = {1: {"Cafe": (SetPrice("Pie", 130), SetPrice("Bread", 1))}}
    model = make(village(), decider=Script())
    cafe = np.array([model.town.roster.store_number(0)])
    model.scheduler.parts = [(Script(acts), cafe)]
    records = run(model, 3)
    assert [(r.step, r.item, r.base, r.posted) for r in records["prices"]] == [(1, "Pie", 130, 130)]
    assert [(r.agent, r.reason) for r in records["rejections"]] == [
        ("Cafe", "does not sell 'Bread'; known: Pie, Tea")
    ]


def test_consumption_tax_changes_the_share_and_not_the_price() -> None:
    orders = {t: {"H0": (PlaceOrder("Cafe", "Pie", 1, 1),)} for t in (0, 1)}
    model = model_with(
        {"type": "consumption_tax", "when": {"at": 1}, "rate": 0.25},
        acts=orders,
        agents__Government={"name": "Council"},
    )
    put(model, {0: AT_CAFE})
    sales = run(model, 2)["sales"]
    assert [(s.amount, s.net, s.tax) for s in sales] == [(100, 100, 0), (100, 80, 20)]
    assert model.town.ledger.balance(model.town.roster.government, 0) == 20


def test_restock_tops_up_adds_and_says_nothing_when_nothing_comes() -> None:
    acts = {0: {"H0": (PlaceOrder("Cafe", "Pie", 4, 1),)}}
    model = model_with(
        {"type": "restock", "when": {"every": 2}},
        {"type": "restock", "when": {"at": 3}, "mode": "add", "level": 5, "items": ["Tea"]},
        acts=acts,
    )
    put(model, {0: AT_CAFE})
    records = run(model, 5)
    assert happened(records) == [(2, "restock: 4 units"), (3, "restock: 5 units")]
    arrived = [(r.step, r.target, r.commodity, r.amount) for r in records["transfers"]]
    assert arrived == [(2, "Cafe", "Pie", 4), (3, "Cafe", "Tea", 5)]


def test_supply_change_moves_the_level_of_later_top_ups() -> None:
    model = model_with(
        {"type": "supply_change", "when": {"at": 1}, "items": ["Pie"], "factor": 1.5},
        {"type": "restock", "when": {"every": "step"}},
    )
    records = run(model, 2)
    assert happened(records)[0] == (1, "supply of Pie times 1.5")
    assert model.town.economy.stock()[0, 0] == 14  # 9 x 1.5, half up
    assert model.town.economy.stock()[0, 1] == 9


def test_salary_pays_every_household_from_the_world() -> None:
    records = run(model_with({"type": "salary", "when": {"every": "day"}, "amount": 7}), 25)
    paid = [(r.step, r.source, r.target, r.amount, r.reason) for r in records["transfers"]]
    assert paid == [(t, "world", f"H{i}", 7, "income") for t in (0, 24) for i in range(4)]


def test_grant_goes_to_a_share_of_households_and_can_be_eaten() -> None:
    model = model_with(
        {"type": "grant", "item": "Pie", "quantity": 2, "share": 0.5},
        acts={0: {"H0": (Eat("Pie", 2),), "H3": (Eat("Pie", 1),)}},
    )
    records = run(model, 1)
    assert [(r.household, r.quantity) for r in records["consumption"]] == [("H0", 2)]
    assert [r.reason for r in records["rejections"]] == [
        "no Pie at hand to eat; order it at Cafe first"
    ]
    assert model.town.economy.holdings()[:, 0].tolist() == [0, 2, 0, 0]


@pytest.mark.parametrize(
    ("terms", "cash", "paid"),
    [
        ({"percent": 12.5}, 1000, [13, 13]),
        ({"percent": 4.35}, 1000, [4, 4]),
        ({"amount": 30}, 1000, [30, 30]),
        ({"amount": 500}, 1000, [100, 100]),
        ({"percent": 50.0}, 70, [50]),
        ({"percent": 50.0}, 0, []),
    ],
)
def test_subsidy_is_paid_while_the_government_can(
    terms: dict[str, Any], cash: int, paid: list[int]
) -> None:
    acts = {0: {f"H{i}": (PlaceOrder("Cafe", "Pie", 1, 1),) for i in (0, 1)}}
    model = model_with(
        {"type": "subsidy", "when": {"after": {"record": "sales"}}, **terms},
        acts=acts,
        agents__Government={"name": "Council", "cash": cash},
    )
    put(model, {0: AT_CAFE, 1: AT_CAFE})
    records = run(model, 1)
    given = [r for r in records["transfers"] if r.reason == "subsidy"]
    assert [r.amount for r in given] == paid
    assert all(r.source == "Council" for r in given)
    assert len(records["events"]) == 2
    refused = [detail for _, detail in happened(records) if "cannot pay" in detail]
    assert len(refused) == 2 - len(paid)


def test_subsidy_of_one_item_without_a_government_comes_from_the_world() -> None:
    acts = {0: {"H0": (PlaceOrder("Cafe", "Pie", 1, 1), PlaceOrder("Cafe", "Tea", 2, 1))}}
    where = {"record": "sales", "where": {"item": "Tea"}}
    model = model_with({"type": "subsidy", "when": {"after": where}, "percent": 50.0}, acts=acts)
    put(model, {0: AT_CAFE})
    given = [r for r in run(model, 1)["transfers"] if r.reason == "subsidy"]
    assert [(r.source, r.target, r.amount) for r in given] == [("world", "H0", 20)]


def test_keep_out_reroutes_refuses_and_opens_again() -> None:
    wall = [[2, y] for y in range(5)]
    model = model_with(
        {"type": "keep_out", "when": {"between": [1, 8]}, "cells": wall},
        acts={
            1: {"H0": (MoveTo("4,0"),), "H1": (MoveTo("2,2"),)},
            8: {"H1": (MoveTo("2,2"),)},
        },
    )
    put(model, {0: (0, 0), 1: (1, 2), 2: (2, 0)})
    path, records = [], []
    for _ in range(12):
        model.step()
        path.append(model.households[0].pos)
        records += model.town.records["rejections"]
    # around the wall by (2, 5) as long as it stands; straight on once it is open
    assert path[5] == (2, 5)
    assert (4, 0) in path
    assert all(cell not in [(2, y) for y in range(5)] for cell in path)
    assert [(r.agent, r.step, r.reason) for r in records] == [
        ("H1", 1, "2,2 is closed; go somewhere else")
    ]
    assert model.households[1].pos == (2, 2)


def test_keep_out_lets_those_inside_leave_and_drops_who_heads_there() -> None:
    model = model_with(
        {"type": "keep_out", "when": {"between": [1, 9]}, "kind": "Square"},
        acts={0: {"H1": (MoveTo("3,3"),)}, 1: {"H0": (MoveTo("5,5"),)}},
        grid={"width": 6, "height": 6, "kinds": {"Square": [[3, 3]]}},
    )
    put(model, {0: (3, 3), 1: (0, 0)})
    records = run(model, 3)
    assert model.households[0].pos == (5, 5)
    assert [(r.agent, r.action, r.reason) for r in records["rejections"]] == [
        ("H1", -1, "3,3 is closed; go somewhere else")
    ]
    assert happened(records) == [(1, "keep out of 1 cell")]


def texts(records: dict[str, list[Any]], author: str) -> list[tuple[int, str]]:
    return [(post.step, post.text) for post in records["posts"] if post.author == author]


def test_scripted_posts_use_their_texts_in_turn() -> None:
    model = model_with(
        {"type": "scripted_posts", "when": {"every": 3}, "author": "Cafe", "texts": ["a", "b"]}
    )
    assert texts(run(model, 12), "Cafe") == [(0, "a"), (3, "b"), (6, "a"), (9, "b")]


def test_a_scripted_account_is_followed_by_all_and_read_in_the_next_step() -> None:
    model = model_with(
        {"type": "scripted_posts", "author": "Herald", "account": True, "texts": ["News!"]},
        acts={1: {"H0": (Unfollow("Herald"), Follow("Herald"))}},
        social__follow_cap=1,
    )
    records = run(model, 2)
    assert [(p.author, p.kind) for p in records["posts"]] == [("Herald", "Account")]
    assert sorted(model.network.predecessors("Herald")) == ["H0", "H1", "H2", "H3"]
    assert [row.action for row in records["rejections"]] == [0]
    assert all("Herald" in model.households[i].memory for i in range(4))


@pytest.mark.parametrize("when", [{}, {"every": "day"}, {"between": [0, 72]}])
@pytest.mark.parametrize("dose", [0, 1, 3, 24, 30])
def test_a_dose_a_day_is_exact(dose: int, when: dict[str, Any]) -> None:
    event = {"type": "scripted_posts", "when": when, "author": "Cafe", "per_day": dose,
             "texts": ["a", "b", "c"]}  # fmt: skip
    found = texts(run(model_with(event, steps=72), 72), "Cafe")
    assert Counter(step // 24 for step, _ in found) == Counter({0: dose, 1: dose, 2: dose})
    assert [text for _, text in found] == ["abc"[i % 3] for i in range(3 * dose)]
    if dose == 3:
        steps = [step for step, _ in found[:3]]
        assert np.diff(steps).tolist() == [8, 8]


def test_a_dose_is_exact_on_a_day_that_begins_late_and_where_nights_are_skipped() -> None:
    event = {"type": "scripted_posts", "author": "Cafe", "per_day": 5, "texts": ["a"]}
    late = {"start": "2026-01-05T17:00", "step_minutes": 60}
    active = {"start": "2026-01-05T11:00", "step_minutes": 60, "active": ["09:00", "14:00"]}
    for clock, days in ((late, [7, 24]), (active, [3, 5, 5])):
        model = model_with(event, clock=clock)
        found = Counter(
            model.town.clock.day(step) for step, _ in texts(run(model, sum(days)), "Cafe")
        )
        assert found == Counter(dict.fromkeys(range(len(days)), 5))


def test_doses_are_drawn_anew_each_day_from_the_list() -> None:
    event = {"type": "scripted_posts", "author": "Cafe", "per_day": [1, 4], "texts": ["a"]}
    found = texts(run(model_with(event, steps=480), 480), "Cafe")
    doses = Counter(Counter(step // 24 for step, _ in found).values())
    assert set(doses) == {1, 4}
    assert sum(doses.values()) == 20


def test_a_dose_only_within_its_days() -> None:
    event = {"type": "scripted_posts", "author": "Cafe", "per_day": 2, "texts": ["a"],
             "when": {"between": ["2026-01-06T00:00", "2026-01-07T00:00"]}}  # fmt: skip
    found = texts(run(model_with(event, steps=72), 72), "Cafe")
    assert [step // 24 for step, _ in found] == [1, 1]


def test_a_post_of_the_government_is_recorded_as_its_own() -> None:
    event = {"type": "scripted_posts", "author": "Council", "texts": ["Hear!"]}
    model = model_with(event, agents__Government={"name": "Council"})
    assert [(p.author, p.kind) for p in run(model, 1)["posts"]] == [("Council", "Government")]


@pytest.mark.parametrize(
    "event",
    [
        {"type": "promotion", "store": "Cafe", "percent": 10.0},
        {"type": "keep_out", "when": {"between": [0, 1]}},
        {"type": "keep_out", "cells": [[0, 0]]},
        {"type": "keep_out", "cells": [[0, 0]], "when": {"weekdays": []}},
        {"type": "keep_out", "cells": [[0, 0]], "when": {"weekdays": ["monday"]}},
        {"type": "salary", "amount": 1, "when": {"every": "day", "hours": ["09:00", "10:00"]}},
        {"type": "scripted_posts", "author": "Cafe", "texts": ["x"], "per_day": 1,
         "when": {"hours": ["09:00", "10:00"]}},
        {"type": "price_change", "item": "Pie"},
        {"type": "price_change", "item": "Pie", "to": 1, "percent": 1.0},
        {"type": "subsidy", "percent": 10.0},
        {"type": "subsidy", "when": {"after": {"record": "posts"}}, "percent": 10.0},
    ],
)  # fmt: skip
def test_half_an_event_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        parsed(village(events=[event]))


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"type": "restock", "items": ["Pies"]}, "did you mean 'Pie'"),
        ({"type": "grant", "item": "Gold"}, "no item is called 'Gold'"),
        ({"type": "keep_out", "when": {"between": [0, 2]}, "cells": [[9, 9]]}, "outside"),
        ({"type": "keep_out", "when": {"between": [0, 2]}, "kind": "Moon"}, "Moon"),
        ({"type": "scripted_posts", "author": "H1", "texts": ["x"]}, "household"),
        ({"type": "promotion", "store": "Cafe", "percent": 1.0,
          "when": {"between": [0, 2], "after": {"record": "sales"}}}, "lasts"),
    ],
)  # fmt: skip
def test_an_event_about_what_is_not_there_is_refused(event: dict[str, Any], words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        make(village(events=[event]))


def test_sums_are_told_in_the_currency_and_quantities_in_whole_units() -> None:
    town = village(currency={"name": "euro", "decimals": 2})
    town["items"]["Pie"]["decimals"] = 1
    town["events"] = [
        {"type": "salary", "when": {"at": 0}, "amount": 123450},
        {"type": "price_change", "when": {"at": 0}, "item": "Tea", "to": 250},
        {"type": "grant", "when": {"at": 0}, "item": "Pie", "quantity": 25, "share": 0.5},
    ]
    told = [detail for _, detail in happened(run(make(town, decider=Script(None)), 1))]
    households = town["agents"]["Household"]["count"]
    assert told == [
        "income of 1,234.50 euro for each household",
        "price of Tea at every store: to 2.50 euro",
        f"2.5 Pie for each of {households // 2} households",
    ]
