"""Replies: one strict object per kind of agent, and its actions in a fixed order."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from econsim_mesa.deciders.schema import AgentReply, action_schemas, reply_type
from econsim_mesa.domains.body.actions import Eat, Sleep
from econsim_mesa.domains.economy.actions import (
    AnswerOrder,
    AnswerProposal,
    PlaceOrder,
    Propose,
    SetPrice,
)
from econsim_mesa.domains.mobility.actions import MoveTo
from econsim_mesa.domains.roster import verbs_of
from econsim_mesa.domains.social.actions import Follow, Publish, Unfollow

NOTHING: dict[str, Any] = {"thought": ""} | {
    verb: None if action.most == 1 else [] for verb, action in verbs_of("Household").items()
}
CLOSED: dict[str, Any] = {"thought": "", "set_prices": [], "react": [], "post": None}


def household(**changes: Any) -> AgentReply:
    return reply_type("Household").model_validate_json(json.dumps({**NOTHING, **changes}))


def test_a_full_reply_becomes_actions_in_order_and_makes_room_before_it_follows() -> None:
    swap = {"to": "H1", "give": "coin", "give_quantity": 5, "take": "Pie", "take_quantity": 1,
            "ttl": 2}  # fmt: skip
    reply = household(
        thought="hm", sleep_hours=8, move_to="home",
        order=[{"store": "Cafe", "item": "Pie", "quantity": 1, "ttl": 2}], propose=[swap],
        react=[{"id": 3, "accept": True}], eat=[{"item": "Pie", "quantity": 1}],
        post={"text": "hi", "reply_to": 2}, follow=["H2"], unfollow=["H3"],
    )  # fmt: skip
    assert reply.actions() == (
        Sleep(8),
        MoveTo("home"),
        PlaceOrder("Cafe", "Pie", 1, 2),
        Propose("H1", "coin", 5, "Pie", 1, 2),
        AnswerProposal(3, accept=True),
        Eat("Pie", 1),
        Publish("hi", 2),
        Unfollow("H3"),
        Follow("H2"),
    )
    assert household().actions() == ()


def test_a_store_sets_prices_answers_and_posts() -> None:
    reply = reply_type("Store").model_validate_json(
        json.dumps({**CLOSED, "set_prices": [{"item": "Pie", "price": 0}],
                    "react": [{"id": 0, "accept": False}],
                    "post": {"text": "Sale", "reply_to": None}})
    )  # fmt: skip
    assert reply.actions() == (
        SetPrice("Pie", 0),
        AnswerOrder(0, accept=False),
        Publish("Sale", None),
    )


@pytest.mark.parametrize(
    "change",
    [
        {"sleep_hours": 0}, {"sleep_hours": 25}, {"sleep_hours": 1.5}, {"sleep_hours": "8"},
        {"order": [{"store": "Cafe", "item": "Pie", "quantity": 0, "ttl": 2}]},
        {"order": [{"store": "Cafe", "item": "Pie", "quantity": 1.0, "ttl": 0}]},
        {"eat": [{"item": "Pie"}]}, {"eat": [{"item": "Pie", "quantity": 1}] * 13},
        {"post": {"text": "x" * 281, "reply_to": None}}, {"post": "hello"},
        {"set_prices": []}, {"follow": "H1"}, {"thought": None}, {"move_to": "x" * 61},
    ],
)  # fmt: skip
def test_a_reply_out_of_bounds_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        household(**change)


@pytest.mark.parametrize("missing", NOTHING)
def test_every_field_is_required(missing: str) -> None:
    reply = {name: value for name, value in NOTHING.items() if name != missing}
    with pytest.raises(ValidationError):
        reply_type("Household").model_validate_json(json.dumps(reply))


def test_the_schemas_are_strict_and_thought_comes_first() -> None:
    schemas = action_schemas()
    assert list(schemas) == ["Household", "Store"]
    for schema in schemas.values():
        assert next(iter(schema["properties"])) == "thought"
        assert schema["additionalProperties"] is False
        assert set(schema["required"]) == set(schema["properties"])
    assert "set_prices" not in schemas["Household"]["properties"]
    assert not {"eat", "order", "follow", "move_to"} & set(schemas["Store"]["properties"])
    assert reply_type("Restaurant") is reply_type("Kiosk") is reply_type("Store")
    assert reply_type("Household") is not reply_type("Store")
