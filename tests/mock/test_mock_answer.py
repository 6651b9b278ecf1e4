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


WALK: dict[str, Any] = {
    "name": "walk",
    "parameters": {
        "type": "object",
        "properties": {"steps": {"type": "integer", "minimum": 1, "maximum": 5}},
        "required": ["steps"],
    },
}
TOOLS = [
    {"type": "function", "function": WALK},
    {"type": "function", "function": {"name": "stay"}},
]
QUESTION: dict[str, Any] = {
    "model": "any",
    "messages": [{"role": "user", "content": "Where do you go?"}],
    "tools": TOOLS,
}


@pytest.mark.parametrize("choice", [None, "auto", "required"])
def test_a_tool_that_is_offered_is_called(choice: str | None, server: MockServer) -> None:
    called = []
    for seed in range(8):
        _, reply = ask(server, {**QUESTION, "tool_choice": choice, "seed": seed})
        (chosen,) = reply["choices"]
        assert (chosen["finish_reason"], chosen["message"]["content"]) == ("tool_calls", None)
        (call,) = chosen["message"]["tool_calls"]
        arguments = json.loads(call["function"]["arguments"])
        called.append(call["function"]["name"])
        assert arguments == {} if called[-1] == "stay" else 1 <= arguments["steps"] <= 5
    assert set(called) == {"walk", "stay"}


def test_the_tool_that_is_asked_for_is_called(server: MockServer) -> None:
    choice = {"type": "function", "function": {"name": "stay"}}
    _, reply = ask(server, {**QUESTION, "tool_choice": choice})
    (call,) = reply["choices"][0]["message"]["tool_calls"]
    assert call["function"] == {"name": "stay", "arguments": "{}"}


def test_no_tool_is_called_where_none_may_be_and_after_it_has_answered(server: MockServer) -> None:
    result = {"role": "tool", "tool_call_id": "1", "content": "You walked."}
    answered = [*QUESTION["messages"], {"role": "assistant", "content": None}, result]
    for changes in ({"tool_choice": "none"}, {"messages": answered}, {"tools": []}):
        _, reply = ask(server, {**QUESTION, **changes})
        assert "tool_calls" not in reply["choices"][0]["message"]
        assert content(reply)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"tools": {}}, None),
        ({"tools": {"a": 1}}, "tools"),
        ({"tools": ["walk"]}, "tools"),
        ({"tools": [{"type": "function"}]}, "tools"),
        ({"tools": [{"function": {"name": "walk", "parameters": 1}}]}, "tools"),
        ({"tool_choice": "any"}, "tool_choice"),
        ({"tool_choice": ["auto"]}, "tool_choice"),
        ({"tool_choice": {"function": {"name": "fly"}}}, "tool_choice"),
    ],
)
def test_tools_that_cannot_be_read_are_refused(
    changes: dict[str, Any], field: str | None, server: MockServer
) -> None:
    status, reply = ask(server, {**QUESTION, **changes})
    assert (status, reply.get("error", {}).get("param")) == (400 if field else 200, field)
