"""Replies of the form that came before, a key for each verb, are read as they were then."""

from __future__ import annotations

import json
from typing import Any

import pytest
from forms import HOUSEHOLD_FORM, STORE_FORM
from towns import parsed, village

from econsim_mesa.deciders.replies import ReadReply, read_reply
from econsim_mesa.domains.body.actions import Eat, Sleep
from econsim_mesa.domains.economy.actions import (
    AnswerOrder,
    AnswerProposal,
    PlaceOrder,
    Propose,
    SetPrice,
)
from econsim_mesa.domains.mobility.actions import MoveTo
from econsim_mesa.domains.social.actions import Follow, Publish, Unfollow
from econsim_mesa.llm.chat import ReplyError
from econsim_mesa.prompts.reply_form import ReplyForm
from econsim_mesa.society.action import Action

IDLE: dict[str, Any] = {
    "thought": "Nothing to do.",
    "sleep_hours": None,
    "move_to": None,
    "order": [],
    "propose": [],
    "react": [],
    "eat": [],
    "post": None,
    "follow": [],
    "unfollow": [],
}
BUSY = {
    **IDLE,
    "sleep_hours": 8,
    "move_to": "home",
    "order": [{"store": "Cafe", "item": "Pie", "quantity": 2, "ttl": 3}],
    "propose": [
        {
            "to": "H1",
            "give": "coin",
            "give_quantity": 5,
            "take": "Tea",
            "take_quantity": 1,
            "ttl": 2,
        }
    ],
    "react": [{"id": 4, "accept": False}],
    "eat": [{"item": "Pie", "quantity": 1}],
    "post": {"text": "Pie!", "reply_to": 3},
    "follow": ["H2"],
    "unfollow": ["H3"],
}
STORE = {
    "thought": "Cheaper.",
    "set_prices": [{"item": "Pie", "price": 90}],
    "react": [{"id": 1, "accept": True}],
    "post": {"text": "Sale", "reply_to": None},
}


def reply(**changes: Any) -> str:
    return json.dumps({**IDLE, **changes}, ensure_ascii=False)


def test_a_full_reply_is_read_and_makes_room_before_it_follows() -> None:
    read = read_reply(json.dumps(BUSY), HOUSEHOLD_FORM)
    assert read == ReadReply(
        "Nothing to do.",
        (
            Sleep(8),
            MoveTo("home"),
            PlaceOrder("Cafe", "Pie", 2, 3),
            Propose("H1", "coin", 5, "Tea", 1, 2),
            AnswerProposal(4, False),
            Eat("Pie", 1),
            Publish("Pie!", 3),
            Unfollow("H3"),
            Follow("H2"),
        ),
        mended=True,
    )


def test_a_store_replies_in_its_own_form() -> None:
    read = read_reply(json.dumps(STORE), STORE_FORM)
    assert read.actions == (SetPrice("Pie", 90), AnswerOrder(1, True), Publish("Sale"))


def test_amounts_count_smallest_units_as_they_did() -> None:
    euro = {"currency": {"name": "euro", "decimals": 2}}
    store = ReplyForm.of("Store", parsed(village(**euro)))
    assert read_reply(json.dumps(STORE), store).actions[0] == SetPrice("Pie", 90)
    eats = reply(eat=[{"item": "Flour", "quantity": 150}])
    assert read_reply(eats, HOUSEHOLD_FORM).actions == (Eat("Flour", 150),)


EATS = (Eat("Pie", 2),)
ORDERS = (PlaceOrder("Cafe", "Pie", 2, 2),)
READ: dict[str, tuple[str, tuple[Action, ...]]] = {
    "a number as text": (reply(eat=[{"item": "Pie", "quantity": " 2 "}]), EATS),
    "a number with a point": (reply(eat=[{"item": "Pie", "quantity": 2.0}]), EATS),
    "one object for a list": (reply(eat={"item": "Pie", "quantity": 2}), EATS),
    "other spellings inside": (reply(eat=[{"Item": "Pie", "QUANTITY": 2}]), EATS),
    "extra keys inside that say nothing": (
        reply(eat=[{"item": "Pie", "quantity": 2, "note": None}]),
        EATS,
    ),
    "no ttl": (reply(order=[{"store": "Cafe", "item": "Pie", "quantity": 2}]), ORDERS),
    "an empty ttl": (
        reply(order=[{"store": "Cafe", "item": "Pie", "quantity": "2.0", "ttl": ""}]),
        ORDERS,
    ),
    "one name for a list": (reply(follow="H2"), (Follow("H2"),)),
    "truth as text": (reply(react={"id": "4", "accept": "False"}), (AnswerProposal(4, False),)),
    "a post with a number as text": (
        reply(post={"text": "Pie!", "replyTo": "3"}),
        (Publish("Pie!", 3),),
    ),
    "hours as text": (reply(sleep_hours="8"), (Sleep(8),)),
    "nobody to go to": (reply(move_to="none"), ()),
    "an order of nothing": (
        reply(order=[{"store": "", "item": None, "quantity": None, "ttl": None}]),
        (),
    ),
    "a post of nothing": (reply(post={"text": "", "reply_to": None}), ()),
    "names that are empty": (
        reply(
            propose=[
                {
                    "to": "",
                    "give": "",
                    "give_quantity": 1,
                    "take": "none",
                    "take_quantity": 1,
                    "ttl": 2,
                }
            ]
        ),
        (Propose("", "", 1, "none", 1, 2),),
    ),
    "another spelling of what was left empty": (reply(moveTo="Cafe"), (MoveTo("Cafe"),)),
}


@pytest.mark.parametrize("what", list(READ))
def test_values_that_can_mean_one_thing_only_are_read(what: str) -> None:
    text, actions = READ[what]
    assert read_reply(text, HOUSEHOLD_FORM) == ReadReply("Nothing to do.", actions, mended=True)


SAYS_MORE = {
    "on top": (reply(goTo="Cafe"), "'goTo'"),
    "inside": (reply(eat=[{"item": "Pie", "quantity": 1, "with": "fork"}]), "'with' in eat"),
    "in a post": (reply(post={"text": "Pie!", "to": "H2"}), "'to' in post"),
    "no": (reply(stay=False), "'stay'"),
    "zero": (reply(move_to="home", pause=0), "'pause'"),
    "a second spelling": (reply(move_to="home", moveTo="Cafe"), "move_to is given twice"),
    "a key twice": (reply(move_to="Cafe")[:-1] + ', "move_to": "home"}', "'move_to' stands twice"),
    "a key twice inside": (
        reply(eat=[0]).replace("0", '{"item": "Pie", "quantity": 1, "quantity": 2}'),
        "'quantity' stands twice",
    ),
    "beside a wrapped reply": (json.dumps({"thought": "t", "act": {"moveTo": "home"}}), "'act'"),
}


@pytest.mark.parametrize("what", list(SAYS_MORE))
def test_what_is_not_understood_is_refused_and_named(what: str) -> None:
    text, named = SAYS_MORE[what]
    with pytest.raises(ReplyError, match=named):
        read_reply(text, HOUSEHOLD_FORM)
