"""Joint actions: each is all or nothing, in its order, and what fails is on record."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from towns import Script, make, put, run, village

from econsim_mesa.domains.body.actions import Eat, Sleep
from econsim_mesa.domains.economy.actions import AnswerProposal, PlaceOrder, Propose, SetPrice
from econsim_mesa.domains.mobility.actions import MoveTo
from econsim_mesa.domains.social.actions import Follow, Publish, Unfollow
from econsim_mesa.society.model import EconModel

CAFE, SHOP = (1, 1), (4, 4)


def play(
    acts: Any, places: Any = None, steps: int = 1, **changes: Any
) -> tuple[dict[str, list[Any]], EconModel]:
    model = make(village(**changes), decider=Script(acts))
    if places:
        put(model, places)
    return run(model, steps), model


def reasons(records: dict[str, list[Any]]) -> list[tuple[int, str, str]]:
    return [(row.action, row.agent, row.reason) for row in records["rejections"]]


def test_one_decision_may_buy_and_eat() -> None:
    acts = {0: {"H0": (Eat("Pie", 1), PlaceOrder("Cafe", "Pie", 1, 1))}}
    records, model = play(acts, {0: CAFE})
    assert len(records["sales"]) == len(records["consumption"]) == 1
    assert model.town.outcomes["nutrition"].tolist() == [3.0, 0, 0, 0]
    assert model.households[0].goods == {}


def test_what_is_eaten_is_gone() -> None:
    acts = {0: {"H0": (PlaceOrder("Cafe", "Pie", 2, 1), Eat("Pie", 2), Eat("Pie", 1))}}
    records, _ = play(acts, {0: CAFE})
    assert [row.quantity for row in records["consumption"]] == [2]
    assert reasons(records) == [(2, "H0", "no Pie at hand to eat; order it at Cafe first")]


def test_a_pie_keeps_two_steps() -> None:
    acts = {0: {"H0": (PlaceOrder("Cafe", "Pie", 2, 1),)}, 1: {"H0": (Eat("Pie", 1),)}}
    records, model = play(acts, {0: CAFE}, steps=3)
    assert [(r.step, r.quantity, r.eaten) for r in records["consumption"]] == [(1, 1, 1), (1, 1, 0)]
    model.town.economy.perishables.check(model.town.ledger)


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        (
            PlaceOrder("Shop", "Bread", 1, 1),
            "not at Shop, which is 3 cells away at 4,4: go there first",
        ),
        (PlaceOrder("Moon", "Bread", 1, 1), "there is no store 'Moon'; known: Cafe, Shop"),
        (
            PlaceOrder("Cafe", "Gold", 1, 1),
            "there is no item 'Gold'; known: Pie, Tea, Bread, Flour, Cart",
        ),
        (PlaceOrder("Cafe", "Bread", 1, 1), "Cafe does not sell Bread; it is sold at Shop"),
        (PlaceOrder("Cafe", "Pie", 0, 1), "the quantity must be at least 1, not 0"),
        (PlaceOrder("Cafe", "Pie", 1, 25), "an order may stay open for 24 steps at most"),
        (PlaceOrder("Cafe", "Pie", 1, 0), "an order must last at least 1 step, not 0"),
        (
            PlaceOrder("Cafe", "Pie", 9, 1),
            "the price of 9 Pie at Cafe is 900 coin, and the purse holds 800 coin",
        ),
        (Eat("Cart", 1), "Cart is not food"),
        (Eat("Pie", 0), "cannot eat 0 of Pie"),
        (MoveTo("9,9"), "cell 9,9 lies outside the grid, which ends at 5,5"),
        (
            MoveTo("moon"),
            "there is no place 'moon'; known: home, Cafe, Shop; or a cell such as 3,4",
        ),
        (Sleep(1), "can sleep only at home, at 1,2: go home first"),
        (Sleep(25), "cannot sleep for 25 hours; 24 hours are the most"),
        (Sleep(float("nan")), "cannot sleep for nan hours; 24 hours are the most"),
        (Follow("H0"), "nobody can follow oneself"),
        (Follow("H9"), "there is nobody called 'H9'; name somebody suggested or followed"),
        (Publish(" \x07 "), "a post without words"),
        (Publish("x", 0), "there is no post 0 to reply to; write it without"),
        (Propose("H3", "coin", 1, "Pie", 1, 1), "H3 is not in the same cell; here are H1"),
        (
            Propose("H1", "gold", 1, "Pie", 1, 1),
            "there is no item 'gold'; known: coin, Pie, Tea, Bread, Flour, Cart",
        ),
        (Propose("H1", "coin", 1, "coin", 1, 1), "a swap needs two different things"),
        (AnswerProposal(5, accept=True), "no proposal waits for an answer"),
        (SetPrice("Pie", 1), "a Household cannot do this"),
    ],
)
def test_what_cannot_be_done_is_rejected_with_its_reason(action: Any, reason: str) -> None:
    places = {0: CAFE, 1: CAFE, 3: (5, 0)}
    changes = {"agents__Household__cash": 800, "market__intentions": False}
    records, model = play({0: {"H0": (action,)}}, places, **changes)
    assert reasons(records) == [(0, "H0", reason)]
    assert model.town.outcomes["rejected"].tolist() == [1, 0, 0, 0]
    assert not records["sales"] + records["posts"] + records["swaps"] + records["consumption"]
    assert "could not do" in model.households[0].memory


def test_where_nobody_swaps_proposals_and_answers_are_refused_in_words() -> None:
    acts = {0: {"H0": (Propose("H1", "coin", 1, "Pie", 1, 1), AnswerProposal(0, accept=True))}}
    records, _ = play(acts, {0: CAFE, 1: CAFE}, market__swaps=False)
    assert reasons(records) == [(k, "H0", "nobody swaps in this town") for k in (0, 1)]
    assert not records["swaps"]


def test_a_store_that_wants_to_walk_is_told_that_it_cannot() -> None:
    model = make(decider=Script())
    cafe = model.town.roster.store_number(0)
    doing = Script({0: {"Cafe": (MoveTo("home"), Eat("Pie", 1), Publish("Hi"))}})
    model.scheduler.parts = [(doing, np.array([cafe]))]
    records = run(model, 1)
    assert reasons(records) == [
        (0, "Cafe", "a Restaurant cannot do this"),
        (1, "Cafe", "a Restaurant cannot do this"),
    ]
    assert [(p.text, p.reply_to) for p in records["posts"]] == [("Hi", -1)]


def test_what_is_asked_for_too_often_is_refused_from_then_on() -> None:
    acts = {0: {"H0": (Publish("Hi"), MoveTo("5,5"), Publish("So"), MoveTo("0,0"))}}
    records, _ = play(acts)
    assert reasons(records) == [
        (2, "H0", "only 1 post in one step; the first of them counts"),
        (3, "H0", "only 1 move_to in one step; the first of them counts"),
    ]
    assert [post.text for post in records["posts"]] == ["Hi"]


def test_a_post_of_the_same_step_cannot_be_answered_yet() -> None:
    records, _ = play({0: {"H0": (Publish("Hi"),), "H1": (Publish("So", 0),)}})
    assert [row.reason for row in records["rejections"]] == [
        "there is no post 0 to reply to; write it without"
    ]


def test_the_last_pie_goes_to_one_of_two_and_the_other_waits_out_its_ttl() -> None:
    acts = {0: {name: (PlaceOrder("Cafe", "Pie", 5, 2),) for name in ("H0", "H1")}}
    records, model = play(acts, {0: CAFE, 1: CAFE}, steps=4)
    assert len(records["sales"]) == 1
    loser = {"H0", "H1"} - {records["sales"][0].buyer}
    (row,) = records["rejections"]
    assert (row.step, row.decided, {row.agent}, row.cause) == (1, 0, loser, "expired: no stock")
    assert row.reason == "Cafe could not serve 5 Pie: it has 4 Pie left"
    assert model.town.economy.stock()[0, 0] == 4


def test_stock_that_arrives_within_the_ttl_is_sold_and_after_it_not() -> None:
    restock = {"type": "restock", "mode": "add", "level": 20, "items": ["Pie"], "when": {"at": 2}}
    for ttl, sales in ((2, []), (3, [2])):
        acts = {0: {"H0": (PlaceOrder("Cafe", "Pie", 10, ttl),)}}
        records, _ = play(acts, {0: CAFE}, steps=5, events=[restock])
        assert [sale.step for sale in records["sales"]] == sales
        assert [order.ttl for order in records["orders"]] == [ttl]


def test_a_store_by_rule_accepts_what_waits_for_it_and_nothing_twice() -> None:
    data = village()
    data["agents"]["Restaurant"]["Cafe"]["acceptance"] = "decide"
    acts = {0: {"H0": (PlaceOrder("Cafe", "Pie", 1, 3), PlaceOrder("Cafe", "Tea", 10, 3))}}
    model = make(data, decider=Script(acts))
    put(model, {0: CAFE})
    records = run(model, 6)
    assert [(sale.step, sale.item) for sale in records["sales"]] == [(1, "Pie")]
    assert [order.ttl for order in records["orders"]] == [3, 3]
    assert [(r.step, r.agent, r.cause) for r in records["rejections"]] == [
        (3, "H0", "expired: no stock")
    ]


def test_orders_that_wait_for_stock_do_not_bother_the_store() -> None:
    acts = {0: {"H0": (PlaceOrder("Cafe", "Pie", 10, 5),)}}
    records, _ = play(acts, {0: CAFE}, steps=3)
    assert reasons(records) == []


def test_the_price_paid_is_the_lower_of_seen_and_posted() -> None:
    for change, paid in (({"percent": 50.0}, 100), ({"percent": -50.0}, 50)):
        event = {"type": "price_change", "item": "Pie", "when": {"at": 1}, **change}
        restock = {"type": "restock", "mode": "add", "level": 20, "items": ["Pie"],
                   "when": {"at": 1}}  # fmt: skip
        acts = {0: {"H0": (PlaceOrder("Cafe", "Pie", 10, 2),)}}
        records, _ = play(acts, {0: CAFE}, steps=2, events=[event, restock])
        assert [sale.price for sale in records["sales"]] == [paid]


def test_the_price_of_today_is_seen_and_paid() -> None:
    change = {"type": "price_change", "item": "Pie", "to": 130, "when": {"at": 1}}
    acts = {t: {"H0": (PlaceOrder("Cafe", "Pie", 1, 1),)} for t in range(3)}
    records, _ = play(acts, {0: CAFE}, steps=3, events=[change])
    assert [(order.step, order.seen_price) for order in records["orders"]] == [
        (0, 100), (1, 130), (2, 130),
    ]  # fmt: skip
    assert [sale.price for sale in records["sales"]] == [100, 130, 130]


def test_who_leaves_or_sleeps_gets_nothing() -> None:
    acts = {
        0: {"H0": (PlaceOrder("Cafe", "Pie", 10, 3), MoveTo("5,5")),
            "H1": (Sleep(1), PlaceOrder("Cafe", "Pie", 1, 1), Publish("zzz"),
                   Follow("H3"), MoveTo("5,5"), Eat("Tea", 1))},
    }  # fmt: skip
    model = make(decider=Script(acts))
    model.town.mobility.space.home_x[1], model.town.mobility.space.home_y[1] = CAFE
    put(model, {0: CAFE, 1: CAFE})
    records = run(model, 2)
    assert [(r.step, r.agent, r.reason) for r in records["rejections"] if r.agent == "H0"] == [
        (1, "H0", "not at Cafe any more: wait there for the order of 10 Pie")
    ]
    slept = [(r.action, r.cause) for r in records["rejections"] if r.agent == "H1"]
    assert sorted(slept) == [(k, "asleep") for k in range(1, 6)]
    assert records["posts"] == []
    assert model.households[1].pos == CAFE


def test_a_swap_moves_both_things_or_none() -> None:
    acts = {
        0: {"H0": (PlaceOrder("Cafe", "Tea", 1, 1), Propose("H1", "Tea", 1, "coin", 50, 2),
                   Propose("H1", "Tea", 1, "coin", 60, 2))},
        1: {"H1": (AnswerProposal(0, accept=True), AnswerProposal(1, accept=True))},
    }  # fmt: skip
    records, model = play(acts, {0: CAFE, 1: CAFE}, steps=2)
    assert [(s.gave, s.took, s.took_quantity) for s in records["swaps"]] == [("Tea", "coin", 50)]
    assert model.town.economy.cash().tolist()[:2] == [1000 - 20 + 50, 950]
    assert {(r.agent, r.reason) for r in records["rejections"]} == {
        ("H0", "the swap takes 1 Tea, and 0 Tea is at hand"), ("H1", "H0 does not have 1 Tea"),
    }  # fmt: skip


def test_the_follow_cap_holds_and_room_is_made_by_unfollowing() -> None:
    acts = {0: {"H0": (*(Follow(f"H{j}") for j in (1, 2, 3)), Follow("Cafe"))},
            1: {"H0": (Unfollow("H1"), Follow("H3"))}}  # fmt: skip
    records, model = play(acts, steps=2, social={"follow_cap": 2, "initial": {"k": 0}})
    assert reasons(records) == [
        (2, "H0", "already follows 2 households, the most allowed; unfollow one first")
    ]
    assert model.households[0].follows == ["H2", "Cafe", "H3"]
    changes = [(r.step, r.followed, r.change) for r in records["follows"] if r.step >= 0]
    assert changes == [(0, "H1", 1), (0, "H2", 1), (0, "Cafe", 1), (1, "H1", -1), (1, "H3", 1)]


@pytest.mark.parametrize(
    "actions",
    [
        (Follow("H1"), Follow("H1")),
        (Unfollow("Cafe"),),
        (Unfollow("H0"),),
        (MoveTo("1,1"),),
        (MoveTo("Cafe"), MoveTo("Cafe")),
        (Follow("Herald"),),
    ],
)
def test_to_ask_for_what_is_so_already_is_no_refusal(actions: Any) -> None:
    herald = {"type": "scripted_posts", "author": "Herald", "account": True, "texts": ["News!"]}
    social = {"initial": {"k": 0}}
    records, _ = play({0: {"H0": actions}}, {0: CAFE}, social=social, events=[herald])
    assert reasons(records) == []
    assert len([row for row in records["follows"] if row.step == 0]) == (len(actions) == 2) * (
        actions[0] == Follow("H1")
    )


def test_to_fall_asleep_twice_is_no_refusal() -> None:
    model = make(decider=Script({0: {"H0": (Sleep(2), Sleep(2))}}))
    records = run(model, 3)
    assert reasons(records) == []
    assert [row[5] for row in records["agents"] if row[1] == "H0"] == [1, 1, 0]


def test_the_same_answer_twice_is_no_refusal_and_another_one_is() -> None:
    acts = {
        0: {"H0": (Propose("H1", "coin", 5, "coin", 5, 2), Propose("H1", "coin", 5, "Tea", 1, 2))},
        1: {"H1": (AnswerProposal(0, accept=True), AnswerProposal(0, accept=True),
                   AnswerProposal(0, accept=False))},
    }  # fmt: skip
    records, _ = play(acts, {0: CAFE, 1: CAFE}, steps=2)
    assert (2, "H1", "proposal 0 is accepted already") in reasons(records)
    assert not [row for row in records["rejections"] if row.decided == 1 and row.action == 1]


def test_nobody_is_always_first() -> None:
    acts = {t: {f"H{i}": (PlaceOrder("Cafe", "Tea", 1, 1),) for i in range(4)}
            for t in range(40)}  # fmt: skip
    stock = {"type": "restock", "when": {"every": "step"}, "mode": "top_up", "level": 1}
    data = village(events=[stock], agents__Household__cash=10_000)
    data["agents"]["Restaurant"]["Cafe"]["sells"]["Tea"]["stock"] = 1
    model = make(data, decider=Script(acts))
    put(model, dict.fromkeys(range(4), CAFE))
    buyers = [sale.buyer for sale in run(model, 40)["sales"]]
    assert len(buyers) == 40
    assert all(buyers.count(f"H{i}") >= 3 for i in range(4))


def test_a_cart_makes_one_faster() -> None:
    acts = {0: {"H0": (PlaceOrder("Shop", "Cart", 1, 1), MoveTo("0,0")),
                "H1": (MoveTo("0,0"),)}}  # fmt: skip
    _, model = play(acts, {0: SHOP, 1: SHOP})
    assert model.households[0].pos == (1, 1)
    assert model.households[1].pos == (3, 3)
    assert model.town.outcomes["distance"].tolist() == [3, 1, 0, 0]
