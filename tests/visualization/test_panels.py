"""Panels tell of one agent what its records and its prompt say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from econsim_mesa.visualization.components.ask import why_not
from econsim_mesa.visualization.components.household import household_now, mind_now
from econsim_mesa.visualization.components.store import store_now
from econsim_mesa.visualization.doings import decisions_of, goods_of
from econsim_mesa.visualization.history import History
from econsim_mesa.visualization.minds import mind_of
from econsim_mesa.visualization.replay import Replay
from econsim_mesa.visualization.stories import KINDS, MOST, Wanted, newest
from econsim_mesa.visualization.touching import WISHES, authors, event_of
from econsim_mesa.visualization.view import Frame, Scene
from made_run import Made

from econsim_mesa.domains.body.actions import Sleep
from econsim_mesa.domains.economy.actions import SetPrice
from econsim_mesa.domains.mobility.actions import MoveTo
from econsim_mesa.domains.roster import read_actions
from econsim_mesa.errors import BadInput
from econsim_mesa.runs.inspection import prompt_at
from econsim_mesa.runs.reader import load_run
from econsim_mesa.scenario import load_scenario
from econsim_mesa.society.action import HOUSEHOLD
from econsim_mesa.society.model import EconModel
from econsim_mesa.society.wording import Wording


def names(frame: Frame) -> tuple[str, ...]:
    return frame.scene.names[: frame.scene.households]


def test_goods_of_everybody_are_those_of_the_ledger(made: Made, frame: Frame) -> None:
    run, town = load_run(made.folder), made.model.town
    assert len(run.swaps) > 0
    held = town.ledger.balances[:, 1:]
    for name in frame.scene.names[: frame.scene.households + 2]:
        found = goods_of(run, name, frame.step, frame.scene)
        wanted = dict(zip(town.goods.names, held[town.who.number[name]].tolist(), strict=True))
        assert found == {item: amount for item, amount in wanted.items() if amount}, name


def test_decisions_stand_with_what_was_refused_and_why(made: Made, frame: Frame) -> None:
    run = load_run(made.folder)
    told = {
        (name, one.step): [done.refused for done in one.done]
        for name in names(frame)
        for one in decisions_of(run, name, frame.step, frame.scene)
    }
    refused = run.rejections[run.rejections["agent"].isin(names(frame))]
    assert len(refused) > 10
    for row in refused.itertuples():
        assert row.reason in told[row.agent, row.decided][row.action]
    assert sum(bool(reason) for reasons in told.values() for reason in reasons) == len(refused)


def test_nothing_of_a_later_step_is_told(replayed: Replay) -> None:
    early = replayed.history.frame(5)
    run = load_run(replayed.folder)
    for name in names(early):
        assert all(one.step <= 5 for one in decisions_of(run, name, 5, early.scene))
    assert max(story.step for story in newest(early, Wanted())) == 5
    for order in store_now(early, "Daily Mart", replayed.folder)["orders"]:
        assert order["step"] <= 5


def test_every_action_has_words(made: Made, frame: Frame) -> None:
    run = load_run(made.folder)
    actions = [one for text in run.decisions["actions"] for one in read_actions(text, HOUSEHOLD)]
    wording = Wording.of(frame.scene.scenario)
    words = {type(one): one.in_words(wording) for one in actions}
    assert len(words) >= 8
    assert words[MoveTo].startswith("go to ")
    assert SetPrice("Rice", 900).in_words(wording) == "price of Rice: 900 yen"
    assert Sleep(1).in_words(wording) == "sleep 1 hour"


def test_a_mind_is_the_prompt_part_by_part(made: Made, frame: Frame) -> None:
    name = names(frame)[0]
    sent, mind = prompt_at(made.folder, name, 20), mind_of(made.folder, name, 20)
    assert (mind.system, mind.user, mind.origin) == (sent.system, sent.user, "relived")
    assert mind.memory
    assert mind.memory in sent.user
    for reason in mind.reasons.values():
        assert reason in sent.user
    json.dumps(mind_now(mind))


def test_panels_can_be_sent_to_a_browser(replayed: Replay) -> None:
    for step in (-1, 0, 29):
        frame = replayed.history.frame(step)
        for name in names(frame)[:3]:
            json.dumps(household_now(frame, name, replayed.folder), allow_nan=False)
        for store in ("Pizza Place", "Daily Mart"):
            json.dumps(store_now(frame, store, replayed.folder), allow_nan=False)


def test_orders_of_a_store_are_served_wait_or_say_why_not(made: Made, frame: Frame) -> None:
    run = load_run(made.folder)
    orders = store_now(frame, "Pizza Place", made.folder)["orders"]
    assert {one["outcome"] for one in orders} >= {"served"}
    reasons = {*run.rejections["reason"], "served", "waits"}
    assert all(one["outcome"] in reasons for one in orders)


def test_the_feed_is_newest_first_bounded_filtered_and_searched(frame: Frame) -> None:
    everything = newest(frame, Wanted(), most=10**6)
    steps = [story.step for story in everything]
    assert steps == sorted(steps, reverse=True)
    tables = ("posts", "sales", "rejections", "swaps", "events", "inputs")
    assert len(everything) == sum(len(frame.so_far(table, 0)) for table in tables)
    assert len(newest(frame, Wanted())) == MOST < len(everything)
    assert {story.kind for story in newest(frame, Wanted(("sale",)))} == {"sale"}
    found = newest(frame, Wanted(words="SODA"), most=10**6)
    assert found == [s for s in everything if "soda" in f"{s.who} {s.text} {s.where}".casefold()]
    mine = newest(frame, Wanted(about="Pizza Place"), most=10**6)
    assert mine
    assert all("Pizza Place" in (story.who, story.where) for story in mine)
    assert {story.kind for story in everything} == set(KINDS)


FORMS: dict[str, dict[str, str]] = {
    "promotion": {"store": "Pizza Place", "item": "Pizza", "percent": "25", "steps": "3"},
    "price": {"store": "Daily Mart", "item": "Rice", "price": "900"},
    "closing": {"x": "4", "y": "5", "steps": "2"},
    "post": {"author": "Daily Mart", "text": "Fresh bread"},
    "income": {"amount": "777"},
}


@pytest.mark.parametrize("wish", WISHES)
def test_a_wish_is_an_event_that_the_model_takes(wish: str, frame: Frame) -> None:
    model = EconModel("pizza_place", seed=1, decider="idle")
    model.step()
    model.intervene(event_of(wish, frame.scene, FORMS[wish], model.town.t + 1))
    model.step()
    seen: dict[str, Any] = {
        "promotion": ("1500", [r.posted for r in model.town.records["prices"]]),
        "price": ("900", [r.posted for r in model.town.records["prices"]]),
        "closing": ("True", [bool(model.town.space.closed[4, 5])]),
        "post": ("Fresh bread", [r.text for r in model.town.records["posts"]]),
        "income": ("777", [r.amount for r in model.town.records["transfers"]]),
    }
    wanted, found = seen[wish]
    assert wanted in map(str, found)
    assert [row.kind for row in model.town.records["inputs"]] == ["event"]


@pytest.mark.parametrize("given", ["", "many", "nan", "inf", "1e400"])
def test_a_wish_with_a_number_that_is_none_is_refused(given: str, frame: Frame) -> None:
    with pytest.raises(BadInput, match="amount"):
        event_of("income", frame.scene, {"amount": given}, 3)


def test_nobody_posts_for_a_household(frame: Frame) -> None:
    assert not set(authors(frame.scene)) & set(names(frame))


def test_why_nobody_can_be_asked(frame: Frame) -> None:
    assert "language model decides" in why_not(frame, "H1")
    assert "mock-server" in why_not(frame, "H1"), "and how somebody can"
    model = {"decider": "llm", "llm.model": "any", "llm.base_url": "http://127.0.0.1:1/v1"}
    scene = Scene(load_scenario("pizza_place", set=model), 1)
    assert "before the first step" in why_not(Frame(History(scene), -1), "H1")
