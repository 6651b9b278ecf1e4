"""What is meant for a place elsewhere is carried there: orders on arrival, meals once bought."""

from __future__ import annotations

import pickle
import random
from pathlib import Path
from typing import Any

import pytest
from recorded import go_on, keep, rows
from towns import Script, make, put, run, village

from econsim_mesa.domains.body.actions import Eat, Sleep
from econsim_mesa.domains.economy.actions import AnswerOrder, PlaceOrder
from econsim_mesa.domains.mobility.actions import MoveTo
from econsim_mesa.prompts import render
from econsim_mesa.runs.fork import fork
from econsim_mesa.runs.replay import replay
from econsim_mesa.runs.resume import resume
from econsim_mesa.society.action import Action, Decision
from econsim_mesa.society.model import EconModel
from econsim_mesa.society.requests import Requests

CAFE, SHOP = (1, 1), (4, 4)
PIE = PlaceOrder("Cafe", "Pie", 1, 1)
Records = dict[str, list[Any]]


def play(
    *decisions: tuple[Action, ...], at: tuple[int, int] = (3, 3), steps: int = 6, **changes: Any
) -> tuple[Records, EconModel]:
    """Let H0 decide, step after step, from a cell two cells from the Cafe and one from the Shop."""
    model = make(village(**changes), decider=Script({t: {"H0": acts} for t, acts in
                                                     enumerate(decisions)}))  # fmt: skip
    put(model, {0: at})
    return run(model, steps), model


def sales(records: Records) -> list[tuple[int, str, int]]:
    return [(sale.step, sale.item, sale.quantity) for sale in records["sales"]]


def refusals(records: Records) -> list[tuple[int, int, int, str]]:
    return [(row.step, row.decided, row.action, row.reason) for row in records["rejections"]]


def meals(records: Records) -> list[tuple[int, str]]:
    return [(row.step, row.household) for row in records["consumption"] if row.eaten]


def test_an_order_elsewhere_sets_out_and_is_placed_and_eaten_on_arrival() -> None:
    records, model = play((PIE, Eat("Pie", 1)))
    [order] = records["orders"]
    assert (order.step, order.decided, order.store, order.seen_price) == (2, 0, "Cafe", 100)
    assert (sales(records), meals(records)) == ([(2, "Pie", 1)], [(2, "H0")])
    assert refusals(records) == []
    assert model.households[0].pos == CAFE
    assert "bought 1 Pie at Cafe" in model.households[0].memory


def test_the_price_is_that_of_the_step_in_which_it_is_placed() -> None:
    change = {"type": "price_change", "item": "Pie", "to": 130, "when": {"at": 2}}
    records, _ = play((PIE,), events=[change])
    assert [sale.price for sale in records["sales"]] == [130]


def test_what_is_said_again_on_the_way_and_on_arrival_is_bought_and_eaten_once() -> None:
    again = (PIE, Eat("Pie", 1))
    records, _ = play(again, again, again)
    assert (sales(records), meals(records)) == ([(2, "Pie", 1)], [(2, "H0")])
    assert refusals(records) == []
    assert [(order.step, order.decided) for order in records["orders"]] == [(2, 2)]


def test_something_else_on_arrival_is_ordered_besides() -> None:
    records, _ = play((PIE,), (), (PlaceOrder("Cafe", "Tea", 1, 1),))
    assert sorted(item for _, item, _ in sales(records)) == ["Pie", "Tea"]


def test_two_orders_of_one_decision_are_two() -> None:
    records, _ = play((PIE, PIE, PlaceOrder("Cafe", "Tea", 2, 1)))
    assert sorted(sales(records)) == [(2, "Pie", 1), (2, "Pie", 1), (2, "Tea", 2)]


@pytest.mark.parametrize("way", [MoveTo("home"), MoveTo("5,5"), MoveTo("Shop")])
def test_another_destination_cancels_without_a_refusal(way: MoveTo) -> None:
    records, model = play((PIE, Eat("Pie", 1)), (way,))
    assert (sales(records), refusals(records), meals(records)) == ([], [], [])
    assert model.town.economy.intentions.trips() == []


def test_the_same_destination_does_not_cancel() -> None:
    records, _ = play((PIE,), (MoveTo("Cafe"),))
    assert sales(records) == [(2, "Pie", 1)]


def test_an_order_at_another_store_in_a_later_decision_replaces_the_first() -> None:
    records, _ = play((PIE,), (PlaceOrder("Shop", "Bread", 1, 1),))
    assert (sales(records), refusals(records)) == ([(3, "Bread", 1)], [])


def test_one_decision_sets_out_for_one_place_the_first_that_it_names() -> None:
    records, _ = play((PIE, PlaceOrder("Shop", "Bread", 1, 1), MoveTo("home")))
    assert sales(records) == [(2, "Pie", 1)]
    home = "on the way to Cafe, to order there; go to 1,2 after that"
    assert refusals(records) == [
        (0, 0, 1, "going to Cafe first; order at Shop after that"),
        (0, 0, 2, home),
    ]
    records, model = play((MoveTo("5,5"), PIE))
    assert refusals(records) == [(0, 0, 1, "going to 5,5 first; order at Cafe after that")]
    assert model.households[0].pos == (5, 5)


def test_to_stay_where_one_is_is_no_other_place() -> None:
    records, _ = play((MoveTo("3,3"), PIE))
    assert (sales(records), refusals(records)) == ([(2, "Pie", 1)], [])


def test_it_lapses_with_its_meal_where_the_way_takes_too_long() -> None:
    records, _ = play((PIE, Eat("Pie", 1)), market__intention_steps=1)
    assert refusals(records) == [
        (1, 0, 0, "not at Cafe within 1 step"),
        (1, 0, 1, "no Pie came of the order, to eat it"),
    ]


def test_it_lapses_where_the_store_is_closed_on_the_way() -> None:
    shut = {"type": "keep_out", "cells": [CAFE], "when": {"between": [1, 40]}}
    records, _ = play((PIE, Eat("Pie", 1)), (), (PIE,), events=[shut])
    closed = "Cafe is closed; go somewhere else"
    assert refusals(records) == [
        (1, 1, -1, closed),
        (1, 0, 0, closed),
        (2, 2, 0, closed),
        (2, 0, 1, "no Pie came of the order, to eat it"),
    ]
    assert sales(records) == []


def test_it_lapses_with_the_day_where_nights_are_skipped() -> None:
    clock = {"start": "2026-01-05T08:00", "step_minutes": 60, "active": ["08:00", "10:00"]}
    records, model = play((), (PIE,), clock=clock)
    assert refusals(records) == [(1, 1, 0, "the day ended before the order at Cafe")]
    assert sales(records) == []
    assert model.town.economy.intentions.trips() == []


def test_what_can_never_be_ordered_is_refused_at_once() -> None:
    records, _ = play((PlaceOrder("Cafe", "Bread", 1, 1), PlaceOrder("Cafe", "Pie", 0, 1)))
    assert [reason for *_, reason in refusals(records)] == [
        "Cafe does not sell Bread; it is sold at Shop",
        "the quantity must be at least 1, not 0",
    ]


def test_who_cannot_pay_on_arrival_is_told_with_the_decision_that_asked() -> None:
    records, _ = play((PIE, Eat("Pie", 1)), agents__Household__cash=30)
    assert refusals(records) == [
        (2, 0, 0, "the price of 1 Pie at Cafe is 100 coin, and the purse holds 30 coin"),
        (2, 0, 1, "no Pie came of the order, to eat it"),
    ]


def test_who_sleeps_orders_after_waking() -> None:
    model = make(village(), decider=Script({0: {"H0": (PIE,)}, 2: {"H0": (Sleep(2),)}}))
    model.town.mobility.space.home_x[0], model.town.mobility.space.home_y[0] = CAFE
    put(model, {0: (3, 3)})
    assert sales(run(model, 6)) == [(4, "Pie", 1)]


def test_where_a_store_decides_the_meal_waits_for_its_answer() -> None:
    data = village()
    data["agents"]["Restaurant"]["Cafe"] |= {"acceptance": "decide", "decider": "idle"}
    for answers, eaten in ((True, [(4, "H0")]), (False, [])):
        cafe = Script({4: {"Cafe": (AnswerOrder(0, answers),)}})
        order = PlaceOrder("Cafe", "Pie", 1, 3)
        model = make(data, decider=Script({0: {"H0": (order, Eat("Pie", 1))}}))
        model.scheduler.parts = [
            (cafe if 4 in agents else decider, agents) for decider, agents in model.scheduler.parts
        ]
        put(model, {0: (3, 3)})
        records = run(model, 7)
        assert meals(records) == eaten
        assert [reason for *_, reason in refusals(records)] == (
            []
            if answers
            else ["Cafe declined the order of 1 Pie", "no Pie came of the order, to eat it"]
        )


def test_a_meal_waits_where_the_store_has_others_to_serve_first() -> None:
    data = village()
    data["agents"]["Restaurant"]["Cafe"]["capacity_per_step"] = 1
    both = (PlaceOrder("Cafe", "Pie", 1, 3), Eat("Pie", 1))
    model = make(data, decider=Script({0: {"H0": both, "H1": both}}))
    put(model, {0: CAFE, 1: CAFE})
    records = run(model, 3)
    assert [step for step, _ in meals(records)] == [0, 1]
    assert refusals(records) == []


def test_a_town_without_intentions_refuses_and_says_the_way() -> None:
    records, model = play((PIE, Eat("Pie", 1)), market__intentions=False)
    assert refusals(records) == [
        (0, 0, 0, "not at Cafe, which is 2 cells away at 1,1: go there first"),
        (0, 0, 1, "no Pie at hand to eat; order it at Cafe first"),
    ]
    assert model.households[0].pos == (3, 3)


def test_an_order_without_a_store_is_meant_for_the_one_at_hand_or_the_nearest() -> None:
    here, _ = play((PlaceOrder("", "Tea", 1, 1),), at=CAFE)
    assert sales(here) == [(0, "Tea", 1)]
    elsewhere, _ = play((PlaceOrder("", "Bread", 1, 1),), at=CAFE)
    assert sales(elsewhere) == [(3, "Bread", 1)]


class Wild:
    """Asks for anything anywhere, again and again."""

    name = "wild"

    def __init__(self, seed: int) -> None:
        self._luck = random.Random(seed)
        self.asked: dict[tuple[int, str, int], Action] = {}

    def decide(self, requests: Requests) -> list[Decision]:
        decisions = []
        for agent in requests.agents:
            actions = tuple(self._action() for _ in range(self._luck.randrange(5)))
            name = requests.view.roster.names[agent]
            for index, action in enumerate(actions):
                self.asked[requests.view.t, name, index] = action
            decisions.append(Decision(actions, decider=self.name))
        return decisions

    def _action(self) -> Action:
        pick = self._luck.choice
        item, units = pick(("Pie", "Tea", "Bread", "Flour")), self._luck.randint(1, 3)
        return pick(
            (
                PlaceOrder(pick(("Cafe", "Shop", "")), item, units, self._luck.randint(1, 4)),
                Eat(item, units),
                MoveTo(pick(("home", "Cafe", "Shop", "2,3"))),
                Sleep(self._luck.randint(1, 4)),
            )
        )


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_asked_for_is_carried_out_or_refused_once(seed: int) -> None:
    data = village(
        steps=72,
        market__intention_steps=5,
        agents__Household__count=8,
        clock__active=[None, ["00:00", "12:00"]][seed % 2],
        events=[
            {"type": "restock", "when": {"every": "day"}},
            {"type": "keep_out", "cells": [CAFE], "when": {"between": [20, 30]}},
            {"type": "salary", "when": {"every": "day"}, "amount": 300},
        ],
    )
    cafe = data["agents"]["Restaurant"]["Cafe"]
    cafe |= {"acceptance": ["auto", "decide"][seed // 2 % 2], "capacity_per_step": 2}
    cafe["partial_fill"] = seed > 3
    wild = Wild(seed)
    model = make(data, decider=wild)
    records = run(model, 72)
    refused = [(row.decided, row.agent, row.action) for row in records["rejections"]]
    assert len(set(refused)) == len(refused)
    assert {one for one in refused if one[2] >= 0} <= wild.asked.keys()
    model.town.economy.perishables.check(model.town.ledger)
    placed = [order for order in records["orders"] if order.decided < order.step]
    bought = {sale.order for sale in records["sales"]}
    assert placed
    assert any(order.id in bought for order in placed)
    for order in records["orders"]:
        assert 0 <= order.step - order.decided <= 5
    asked_to_eat = sum(isinstance(action, Eat) for action in wild.asked.values())
    assert sum(row.eaten for row in records["consumption"]) <= asked_to_eat


def test_a_run_stopped_on_the_way_goes_on_and_forks_and_is_replayed(tmp_path: Path) -> None:
    script = Script({0: {"H0": (PIE, Eat("Pie", 1))}})
    folder = keep(make(decider=script), tmp_path / "run", until=1)
    branch, recorder = fork(folder, 1, {"decider": "idle"}, tmp_path / "branch")
    assert replay(go_on(branch, recorder, until=20)) == 20
    model, recorder = resume(folder, {"decider": "idle"})
    assert replay(go_on(model, recorder, until=20)) == 20
    for place in ("run", "branch"):
        [sale] = rows(tmp_path / place, "sales")
        assert ("H0", sale[0]) in [
            (row[1], row[0]) for row in rows(tmp_path / place, "consumption")
        ]


def test_a_copy_of_a_model_keeps_what_is_planned() -> None:
    model = make(decider=Script({0: {"H0": (PIE,)}}))
    put(model, {0: (3, 3)})
    model.step()
    copied = pickle.loads(pickle.dumps(model))
    assert sales(run(copied, 5)) == sales(run(model, 5)) == [(2, "Pie", 1)]


def test_a_household_is_shown_what_it_has_planned() -> None:
    model = make(decider=Script({0: {"H0": (PIE, Eat("Pie", 1))}}))
    put(model, {0: (4, 3)})
    model.step()
    [request] = Requests(model.look(), [0])
    plan = request.observation().economy.plan
    assert plan == ("Cafe", (("Pie", 1),), (("Pie", 1),))
    line = "[plan] on arrival at Cafe: order 1 Pie; then eat 1 Pie"
    assert line in render(request).user.splitlines()
