"""The server gives back what a town of ours sends along, and makes up what others ask for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asking import FORM, ask, body, content
from jsonschema import Draft202012Validator

from econsim_mesa.deciders.replies import read_reply
from econsim_mesa.domains.economy.actions import PlaceOrder
from econsim_mesa.domains.mobility.actions import MoveTo
from econsim_mesa.domains.social.actions import Publish
from econsim_mesa.llm.messages import PREPARED_REPLY
from econsim_mesa.mock import MockServer
from econsim_mesa.prompts import Prompt

ACTIONS = (
    PlaceOrder("Pizza Place", "Pizza", 1, 2),
    Publish("Hello."),
    MoveTo("Pizza Place"),
)


def test_a_reply_asks_for_the_actions_that_it_is_made_of() -> None:
    read = read_reply(json.dumps(FORM.reply(ACTIONS)), FORM)
    assert read.actions == ACTIONS
    assert not read.mended
    assert read.thought.startswith("I ")
    for words in ("go to Pizza Place", "order 1 Pizza at Pizza Place", "post"):
        assert words in read.thought


def test_the_prepared_reply_comes_back_and_is_no_part_of_the_prompt(
    server: MockServer, prompts: list[list[Prompt]]
) -> None:
    reply = json.dumps(FORM.reply(ACTIONS))
    data = body(prompts[5][0])
    _, without = ask(server, data)
    _, given = ask(server, {**data, PREPARED_REPLY: reply})
    assert content(given) == reply
    assert content(without) != reply
    assert given["usage"]["prompt_tokens"] == without["usage"]["prompt_tokens"]
    repair = [*data["messages"], {"role": "assistant", "content": "What?"}]
    _, again = ask(server, {**data, "messages": repair, PREPARED_REPLY: reply})
    assert content(again) == reply
    assert server.stats()["repairs"] == 1


@pytest.mark.parametrize("text", ["Wer bist du?", "今日は何を食べますか。", "", "\ud800 x"])
def test_anybody_is_answered_in_any_language(text: str, server: MockServer) -> None:
    place = {"type": "object", "properties": {"place": {"enum": ["A", "B"]}}}
    data: dict[str, Any] = {"model": "any", "messages": [{"role": "user", "content": text}]}
    assert text.startswith("\ud800") or content(ask(server, data)[1]) == text
    data["response_format"] = {"type": "json_object"}
    assert list(json.loads(content(ask(server, data)[1]))) == ["text"]
    schema = {"type": "json_schema", "json_schema": {"schema": place}}
    data["response_format"] = schema
    assert json.loads(content(ask(server, data)[1]))["place"] in ("A", "B")


def test_a_prompt_of_ours_gets_a_valid_reply_from_the_schema_alone(
    server: MockServer, prompts: list[list[Prompt]]
) -> None:
    replies = [content(ask(server, body(prompt))[1]) for prompt in prompts[8]]
    for text in replies:
        Draft202012Validator(FORM.schema).validate(json.loads(text))
    assert len(set(replies)) > 20
