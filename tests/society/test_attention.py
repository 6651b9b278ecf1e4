"""With attention on change a household is asked when something is new for it, and else is not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from towns import Script, make, parsed, put, run, village

from econsim_mesa import EconModel
from econsim_mesa.domains.body.actions import Eat, Sleep, Wait
from econsim_mesa.domains.economy.actions import AnswerProposal, PlaceOrder, Propose, SetPrice
from econsim_mesa.domains.mobility.actions import MoveTo
from econsim_mesa.domains.social.actions import Publish
from econsim_mesa.errors import ScenarioError
from econsim_mesa.society.action import Action

ON = {
    "attention": "on_change",
    "steps": 30,
    "stress__mode": "off",
    "agents__Household__count": 2,
    "social__initial__k": 0,
}
CAFE, SHOP = (1, 1), (4, 4)
Acts = Mapping[int, Mapping[str, tuple[Action, ...]]]


def asked(
    acts: Acts,
    steps: int = 8,
    places: Mapping[int, tuple[int, int]] | None = None,
    **changes: Any,
) -> dict[str, list[int]]:
    """Return in which steps each agent was asked that did what a script says."""
    model, script = town(acts, **changes)
    put(model, places or {0: CAFE, 1: SHOP})
    run(model, steps)
    return steps_of(script)


def town(acts: Acts, **changes: Any) -> tuple[EconModel, Script]:
    script = Script(acts)
    return make(village(**{**ON, **changes}), decider=script), script


def steps_of(script: Script) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {"H0": [], "H1": []}
    for t, names in script.asked.items():
        for name in names:
            found[name].append(t)
    return found


def test_in_every_step_all_are_asked_and_nobody_can_wait() -> None:
    model, script = town({0: {"H0": (Wait(5),)}}, attention="every_step")
    records = run(model, 3)
    assert steps_of(script) == {"H0": [0, 1, 2], "H1": [0, 1, 2]}
    assert [row.reason for row in records["rejections"]] == [Wait.absent]


def test_with_nothing_new_nobody_is_asked_before_some_steps_have_passed() -> None:
    assert asked({}, steps=20, attention={"mode": "on_change", "at_least_every": 7}) == {
        "H0": [0, 7, 14],
        "H1": [0, 7, 14],
    }


def test_who_is_on_its_way_is_asked_on_arrival() -> None:
    assert asked({0: {"H0": (MoveTo("Shop"),)}}) == {"H0": [0, 3], "H1": [0]}


def test_who_orders_elsewhere_is_asked_on_arrival_and_when_it_has_bought() -> None:
    acts = {0: {"H0": (PlaceOrder("Shop", "Bread", 1, 1),)}}
    assert asked(acts)["H0"] == [0, 3, 4]
    assert asked(acts, steps=10, agents__Household__cash=0)["H0"] == [0, 3, 4]


def test_who_has_lost_its_way_is_asked() -> None:
    closing = {"type": "keep_out", "when": {"between": [2, 9]}, "cells": [list(SHOP)]}
    acts = {0: {"H0": (MoveTo("Shop"),)}}
    assert asked(acts, places={0: CAFE, 1: (0, 0)}, events=[closing])["H0"] == [0, 3]


def test_a_wait_ends_when_it_says_and_a_new_decision_replaces_it() -> None:
    assert asked({0: {"H0": (Wait(3),)}})["H0"] == [0, 3]
    assert asked({0: {"H0": (Wait(3), MoveTo("nowhere"))}})["H0"] == [0, 1]


def test_a_wait_longer_than_the_most_steps_ends_with_them() -> None:
    assert asked({0: {"H0": (Wait(30),)}}, steps=15)["H0"] == [0, 12]


def test_what_became_of_an_act_is_news() -> None:
    buys = {0: {"H0": (PlaceOrder("Cafe", "Pie", 1, 1),)}}
    assert asked(buys, steps=2)["H0"] == [0, 1]
    assert asked(buys, steps=2, agents__Household__cash=0)["H0"] == [0, 1]
    waits = {0: {"H0": (PlaceOrder("Cafe", "Pie", 1, 3),)}}
    empty = {"agents__Restaurant__Cafe__sells": {"Pie": {"stock": 0}}}
    assert asked(waits, **empty)["H0"] == [0, 3]


def test_food_that_spoils_or_runs_out_is_news() -> None:
    pie = {"agents__Household__endowment": {"Pie": 1}}
    assert asked({}, **pie) == {"H0": [0, 1], "H1": [0, 1]}
    bread = {"agents__Household__endowment": {"Bread": 2}}
    assert asked({0: {"H0": (Eat("Bread", 1),)}}, steps=4, **bread)["H0"] == [0]
    assert asked({0: {"H0": (Eat("Bread", 2),)}}, steps=4, **bread)["H0"] == [0, 1]


def test_an_offer_is_news_and_so_is_its_answer() -> None:
    offer = Propose("H1", "coin", 1, "Tea", 1, ttl=3)
    acts = {0: {"H0": (offer,)}, 1: {"H1": (AnswerProposal(0, accept=True),)}}
    together = {0: (3, 3), 1: (3, 3)}
    assert asked(acts, places=together) == {"H0": [0, 2], "H1": [0, 1, 2]}
    tea = {"agents__Household__endowment": {"Tea": 1}}
    assert asked(acts, places=together, **tea) == {"H0": [0, 2], "H1": [0, 1, 2]}


def test_a_price_is_news_where_it_is_posted() -> None:
    acts = {2: {"Cafe": (SetPrice("Pie", 90),)}}
    prices = {"type": "price_change", "when": {"at": 3}, "store": "Cafe", "item": "Pie", "to": 90}
    assert asked(acts, events=[prices]) == {"H0": [0, 3], "H1": [0]}


def test_a_new_post_is_news_if_it_is_about_where_one_is_or_goes() -> None:
    says = {1: {"H1": (Publish("The Cafe is crowded"),)}}
    waits = {0: {"H1": (Wait(1),)}}
    assert asked({**waits, **says})["H0"] == [0, 2]
    assert asked({**waits, **says}, places={0: (3, 3), 1: SHOP})["H0"] == [0]
    walks = {0: {"H0": (MoveTo("Cafe"),), "H1": (Wait(1),)}}
    assert asked({**walks, **says}, places={0: (5, 5), 1: SHOP})["H0"] == [0, 2, 4]
    assert asked({**waits, **says}, social__feed="blocked")["H0"] == [0]


def test_money_from_outside_is_news() -> None:
    income = {"type": "salary", "when": {"at": 4}, "amount": 5}
    assert asked({}, events=[income]) == {"H0": [0, 4], "H1": [0, 4]}


def test_all_are_asked_on_the_first_step_of_a_day_and_on_waking() -> None:
    assert asked({}, steps=26, attention={"mode": "on_change", "at_least_every": 30})["H0"] == [
        0,
        24,
    ]
    model, script = town({0: {"H0": (Sleep(3), Wait(9))}})
    records = run(model, 6)
    assert steps_of(script)["H0"] == [0, 3]
    assert not records["rejections"]


def hungry(**changes: Any) -> dict[str, list[int]]:
    """Return when households are asked that never eat, and whose hunger grows."""
    hunger = {"target": 4.0, "window": 8, "gamma": 0.9}
    settings = {"stress__mode": "on", "stress__stressors": {"hunger": hunger}, **changes}
    return asked({}, steps=11, **settings)


def test_a_stressor_is_news_when_it_is_felt_from_now_on() -> None:
    model = make(village(**ON, stress__stressors={"hunger": {}}))
    assert not model.town.stress.told(50.0).any()
    first = hungry()["H0"]
    assert len(first) == 2
    assert hungry(stress__show="facts")["H0"] == first
    for unfelt in ({"stress__mode": "off"}, {"stress__hide": ["hunger"]}):
        assert hungry(**unfelt)["H0"] == [0]


def test_with_a_change_of_settings_all_are_asked_and_from_then_on_few() -> None:
    model, script = town({}, attention="every_step")
    run(model, 2)
    model.reconfigure({"attention": "on_change"})
    run(model, 3)
    model.reconfigure({"attention": "every_step"})
    run(model, 2)
    assert steps_of(script)["H0"] == [0, 1, 2, 5, 6]


def test_the_records_and_the_collector_say_who_was_asked() -> None:
    model, _ = town({0: {"H0": (Wait(1),)}})
    records = run(model, 3)
    assert [(row.step, row.agent) for row in records["decisions"] if row.kind == "Household"] == [
        (0, "H0"),
        (0, "H1"),
        (1, "H0"),
    ]
    counted = model.datacollector.get_model_vars_dataframe()["households_asked"]
    assert counted.tolist() == [2, 1, 0]


def test_the_view_says_who_is_asked_and_why() -> None:
    model, _ = town({0: {"H0": (Wait(2),), "H1": (MoveTo("Cafe"),)}})
    put(model, {0: CAFE, 1: (2, 2)})
    run(model, 1)
    view = model.look()
    assert view.asked.tolist() == [False, True]
    assert [what for what, whom in view.happened.items() if whom.any()] == ["arrived"]
    assert view.unasked.tolist() == [0, 0]

    model, _ = town({0: {"H0": (Wait(2),)}})
    run(model, 2)
    view = model.look()
    assert (view.asked.tolist(), view.wait_over.tolist()) == ([True, False], [True, False])
    assert view.unasked.tolist() == [1, 1]


@pytest.mark.parametrize("wrong", ["on_chnge", 3, {"mode": "never"}, {"at_least_every": 0}])
def test_what_attention_cannot_be_is_refused(wrong: object) -> None:
    with pytest.raises(ScenarioError, match="attention"):
        EconModel("pizza_place", set={"attention": wrong})


def test_a_word_stands_for_the_mode() -> None:
    spec = parsed(village(attention="on_change")).attention
    assert (spec.mode, spec.at_least_every) == ("on_change", 12)
    assert not parsed(village()).attention.on_change


def test_the_random_decider_may_wait_where_that_is_of_use() -> None:
    for mode, some in (("on_change", True), ("every_step", False)):
        records = run(make(village(attention=mode, decider="random", steps=20)), 20)
        said = [row for row in records["decisions"] if '"do":"wait"' in row.actions]
        assert bool(said) is some
        assert not [row for row in records["rejections"] if row.reason == Wait.absent]


def plan_acts(mode: str, seed: int, **changes: Any) -> np.ndarray[Any, Any]:
    """Return how often the embedded households of a town were asked, acted, bought and posted."""
    settings = {"attention": mode, **changes}
    model = EconModel("pizza_place", seed=seed, set=settings)
    records = run(model, 120)
    plans = ('"do":"move_to"', '"do":"order"', '"do":"eat"')
    households = [row for row in records["decisions"] if row.kind == "Household"]
    return np.array(
        [
            len(households),
            sum(any(plan in row.actions for plan in plans) for row in households),
            len(records["sales"]),
            sum(row.author.startswith("H") for row in records["posts"]),
        ]
    )


def test_the_embedded_household_asked_on_change_acts_as_often_as_asked_in_every_step() -> None:
    seeds = range(1, 5)
    often = sum(plan_acts("every_step", seed) for seed in seeds)
    seldom = sum(plan_acts("on_change", seed) for seed in seeds)
    assert seldom[0] < 0.6 * often[0]
    assert (np.abs(seldom[1:] / often[1:] - 1) < (0.1, 0.1, 0.15)).all()
