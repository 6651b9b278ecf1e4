"""The random decider does what is legal; only others acting in the same step can thwart it."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np
import pytest
from towns import make, run, village

from econsim_mesa.domains.roster import offered_verbs, read_actions
from econsim_mesa.society.action import HOUSEHOLD
from econsim_mesa.society.model import EconModel

AT_ONCE = re.compile(
    "asleep|the other is asleep|declined.*|not in the same cell|not at the store|not enough .*"
    "|the other has not enough to give|expired: .*|the place is closed|no way leads there"
    "|too little at hand|not bought to eat|no such n.*"
)
"""Causes that what others, or time, did since the observation can give."""


def legal(records: dict[str, list[Any]]) -> None:
    for row in records["rejections"]:
        assert AT_ONCE.fullmatch(row.cause), row


@pytest.mark.parametrize("name", ["pizza_place", "two_towns"])
def test_its_actions_fail_only_through_others(name: str) -> None:
    model = EconModel(name, seed=1, decider="random")
    records = run(model, model.config.steps)
    legal(records)
    households = [row for row in records["decisions"] if row.kind == "Household"]
    verbs = Counter(
        action["do"] if isinstance(action, dict) else type(action)
        for row in households
        for action in read_actions(row.actions, HOUSEHOLD)
    )
    assert len(verbs) == len(offered_verbs(HOUSEHOLD, model.config))
    assert len(records["rejections"]) < 0.1 * len(households)


def test_stores_that_decide_at_random_answer_only_what_waits() -> None:
    data = village(
        steps=300,
        decider="random",
        events=[{"type": "restock", "when": {"every": 3}},
                {"type": "salary", "when": {"every": 12}, "amount": 300}],
        grid={"width": 4, "height": 4},
        agents__Household__count=12,
    )  # fmt: skip
    data["agents"]["Restaurant"]["Cafe"] |= {"acceptance": "decide", "decider": "random"}
    data["agents"]["Retailer"]["Shop"] |= {"at": [2, 2], "decider": "random"}
    records = run(make(data), 300)
    legal(records)
    by_store = {row.agent for row in records["rejections"]} & {"Cafe", "Shop"}
    assert not by_store
    assert {sale.store for sale in records["sales"]} == {"Cafe", "Shop"}
    assert {row.posted for row in records["prices"] if row.item == "Pie"} - {100}


def test_every_kind_of_action_is_about_as_likely_as_it_is_legal() -> None:
    model = make(village(decider="random", steps=200))
    records = run(model, 200)
    verbs = Counter(
        type(action).__name__
        for row in records["decisions"]
        for action in read_actions(row.actions, HOUSEHOLD)
    )
    assert 0.6 < verbs["Publish"] / verbs["MoveTo"] < 1.6


def test_a_full_follower_list_takes_no_more_households() -> None:
    model = make(
        village(decider="random", steps=150, social={"follow_cap": 1, "initial": {"k": 1}})
    )
    records = run(model, 150)
    assert not [row for row in records["rejections"] if "most allowed" in row.reason]
    assert [row for row in records["follows"] if row.step >= 0]
    assert (np.array([model.town.social.graph.follow_cap]) == 1).all()
