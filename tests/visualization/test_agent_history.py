"""What is shown of one agent is what its records and the ledger say."""

from __future__ import annotations

import json
from pathlib import Path

from econsim_mesa.visualization.activity_feed import FeedFilter, newest_entries
from econsim_mesa.visualization.agent_history import goods_held, newest_decisions, recorded_run
from econsim_mesa.visualization.components.household import household_now
from econsim_mesa.visualization.components.store import store_now
from econsim_mesa.visualization.replay import Replay
from econsim_mesa.visualization.view import Frame
from made_run import Made
from towns import Script

from econsim_mesa.domains.body.actions import Sleep
from econsim_mesa.domains.economy.actions import PlaceOrder, SetPrice
from econsim_mesa.domains.mobility.actions import MoveTo
from econsim_mesa.domains.roster import read_actions
from econsim_mesa.runs.reader import load_run
from econsim_mesa.society.action import HOUSEHOLD
from econsim_mesa.society.model import EconModel


def names(frame: Frame) -> tuple[str, ...]:
    return frame.scene.names[: frame.scene.households]


def test_goods_of_everybody_are_those_of_the_ledger(made: Made, frame: Frame) -> None:
    run, town = load_run(made.folder), made.model.town
    assert len(run.swaps) > 0
    held = town.ledger.balances[:, 1:]
    for name in frame.scene.names[: frame.scene.households + 2]:
        held_by_records = goods_held(run, name, frame.step, frame.scene)
        wanted = dict(
            zip(town.economy.goods.names, held[town.roster.number[name]].tolist(), strict=True)
        )
        assert held_by_records == {item: amount for item, amount in wanted.items() if amount}, name


def test_decisions_stand_with_what_was_refused_and_why(made: Made, frame: Frame) -> None:
    run = load_run(made.folder)
    shown = {
        (name, decision.step): [action.refusal for action in decision.actions]
        for name in names(frame)
        for decision in newest_decisions(run, name, frame.step, frame.scene)
    }
    refused = run.rejections[run.rejections["agent"].isin(names(frame))]
    assert len(refused) > 10
    for row in refused.itertuples():
        assert row.reason in shown[row.agent, row.decided][row.action]
    assert sum(bool(reason) for reasons in shown.values() for reason in reasons) == len(refused)


def test_nothing_of_a_later_step_is_shown(replayed: Replay) -> None:
    early = replayed.history.frame(5)
    run = load_run(replayed.folder)
    for name in names(early):
        assert all(each.step <= 5 for each in newest_decisions(run, name, 5, early.scene))
    assert max(entry.step for entry in newest_entries(early, FeedFilter())) == 5
    for order in store_now(early, "Daily Mart", recorded_run(replayed.folder))["orders"]:
        assert order["step"] <= 5


def test_every_action_has_words(made: Made, frame: Frame) -> None:
    run = load_run(made.folder)
    actions = [
        action for text in run.decisions["actions"] for action in read_actions(text, HOUSEHOLD)
    ]
    wording = frame.scene.wording
    words = {type(action): action.in_words(wording) for action in actions}
    assert len(words) >= 8
    assert words[MoveTo].startswith("go ")
    assert SetPrice("Rice", 900).in_words(wording) == "price of Rice: 900 yen"
    assert Sleep(1).in_words(wording) == "sleep 1 hour"


def test_panels_can_be_sent_to_a_browser(replayed: Replay) -> None:
    for step in (-1, 0, 29):
        frame = replayed.history.frame(step)
        for name in names(frame)[:3]:
            json.dumps(household_now(frame, name, recorded_run(replayed.folder)), allow_nan=False)
        for store in ("Pizza Place", "Daily Mart"):
            json.dumps(store_now(frame, store, recorded_run(replayed.folder)), allow_nan=False)


def test_who_was_not_asked_is_told_apart_from_who_slept(tmp_path: Path) -> None:
    model = EconModel(
        "two_towns", seed=1, steps=30, set={"attention": "on_change"}, store=tmp_path / "run"
    )
    model.run_model()
    asked = {(row.step, row.agent) for row in load_run(tmp_path / "run").decisions.itertuples()}
    history = Replay.open(tmp_path / "run").history
    shown = set()
    for step in (-1, 3, 26):
        frame = history.frame(step)
        for name in names(frame)[:10]:
            now = household_now(frame, name, recorded_run(tmp_path / "run"))
            awake = step >= 0 and not now["asleep"]
            assert bool(now["unasked"]) is (awake and (step, name) not in asked)
            shown.add((now["asleep"], bool(now["unasked"])))
    assert shown == {(False, False), (False, True), (True, False)}


def places_of_the_unasked(folder: Path, decider: Script | None = None) -> set[str]:
    """Return what is said of those not asked, which is held against where the town has them go."""
    settings = {"attention": "on_change", "agents.Household.count": 12, "steps": 30}
    model = EconModel("pizza_place", seed=1, set=settings, decider=decider, store=folder)
    going = []
    while model.running:
        model.step()
        going.append(model.town.mobility.space.destination.tolist())
    history, said = Replay.open(folder).history, set()
    for step, goals in enumerate(going):
        frame = history.frame(step)
        for name, goal in zip(names(frame), goals, strict=True):
            unasked = str(household_now(frame, name, recorded_run(folder))["unasked"])
            if unasked:
                assert unasked.startswith("on the way") is (goal >= 0), (step, name, unasked)
                said.add(unasked)
    return said


def test_who_was_not_asked_is_somewhere_or_on_the_way(tmp_path: Path) -> None:
    said = places_of_the_unasked(tmp_path / "run")
    assert said >= {"on the way to Pizza Place", "on the way home", "at home, with nothing new"}


def test_an_order_elsewhere_is_a_way_to_the_store(tmp_path: Path) -> None:
    order = PlaceOrder("Pizza Place", "Pizza", 1, 2)
    everybody = {f"H{i}": (order,) for i in range(12)}
    said = places_of_the_unasked(tmp_path / "run", Script({0: everybody}))
    assert said >= {"on the way to Pizza Place", "at Pizza Place, with nothing new"}


def test_orders_of_a_store_are_served_wait_or_say_why_not(made: Made, frame: Frame) -> None:
    run = load_run(made.folder)
    orders = store_now(frame, "Pizza Place", recorded_run(made.folder))["orders"]
    assert {order["outcome"] for order in orders} >= {"served"}
    reasons = {*run.rejections["reason"], "served", "waits"}
    assert all(order["outcome"] in reasons for order in orders)
