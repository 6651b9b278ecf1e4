"""What a model refuses of a request is found out once, and left out from then on."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fault_server import ask, completion, request_of

from econsim_mesa.errors import BadInput
from econsim_mesa.scenario import load_scenario

CLIENTS = ["direct", "langchain"]
Body = dict[str, Any]
CUT_AT_800 = {"prompt_tokens": 150, "completion_tokens": 800}
REFUSALS = [
    ("temperature", "400:Unsupported value: 'temperature' does not support 0.7 with this model. "
     "Only the default (1) value is supported."),
    ("temperature", '400:{"error":{"message":"temperature is deprecated for this model"}}'),
    ("seed", '422:{"detail":[{"loc":["body","seed"],"msg":"Extra inputs are not permitted"}]}'),
    ("reasoning_effort", "400:Unsupported parameter: 'reasoning_effort' is not supported"),
    ("reasoning_effort", '400:{"error":{"message":"\\"llama3.1\\" does not support thinking"}}'),
]  # fmt: skip


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(("name", "refusal"), REFUSALS)
def test_a_parameter_that_is_refused_is_left_out(client: str, name: str, refusal: str) -> None:
    replies, server, _ = ask(
        lambda n, body: refusal if name in body else "ok",
        6,
        client=client,
        max_concurrency=2,
        reasoning_effort="low",
        request={"seed": 7},
    )
    assert {(reply.status, reply.attempts, reply.faults) for reply in replies} == {("ok", 1, ())}
    assert len(server.bodies) <= 6 + 2  # no more is refused than was under way
    last = server.bodies[-1]
    assert name not in last
    assert {"temperature", "seed", "reasoning_effort"} - {name} <= set(last)
    assert last["response_format"]["type"] == "json_schema"


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    "refusal",
    ["400:System role not supported", "500:jinja: raise_exception('System role not supported')"],
)
def test_without_a_system_role_its_text_goes_before_the_first_message(
    client: str, refusal: str
) -> None:
    replies, server, kept = ask(
        lambda n, body: refusal if body["messages"][0]["role"] == "system" else "ok",
        4,
        client=client,
        max_concurrency=1,
    )
    assert {reply.status for reply in replies} == {"ok"}
    assert len(server.bodies) == 5
    [message] = server.bodies[-1]["messages"]
    assert message == {"role": "user", "content": "You live in a town.\n\nYou are H3."}
    assert kept[-1][0].messages[0].role == "system"  # what the model is asked stays the same


@pytest.mark.parametrize("client", CLIENTS)
def test_a_value_out_of_range_is_told_and_not_left_out(client: str) -> None:
    refusal = "400:temperature must be between 0 and 1"
    (reply,), server, _ = ask(lambda n, body: refusal, client=client, temperature=1.5)
    assert (reply.status, len(server.bodies)) == ("failed", 1)


@pytest.mark.parametrize("client", CLIENTS)
def test_further_fields_go_with_each_request(client: str) -> None:
    fields = {"chat_template_kwargs": {"enable_thinking": False}, "top_k": 20}
    _, server, _ = ask(lambda n, body: "ok", client=client, extra_body=fields)
    assert {name: server.bodies[0][name] for name in fields} == fields


@pytest.mark.parametrize("name", ["messages", "stream", "max_tokens", "seed"])
def test_fields_that_have_a_setting_are_no_further_fields(name: str) -> None:
    with pytest.raises(BadInput, match=name):
        load_scenario("pizza_place", set={"llm.extra_body": {name: 1}})


def test_equal_requests_have_one_key_however_long_their_replies_may_be() -> None:
    assert request_of(1).key == request_of(1, max_output_tokens=9000).key


TOO_LARGE = [
    '400:{"error":{"message":"max_tokens is too large: 8800. This model supports at most 4096 '
    'completion tokens, whereas you provided 8800.","param":"max_tokens"}}',
    "400:max_tokens must be less than or equal to 4096",
    '422:{"detail":[{"loc":["body","max_tokens"],"msg":"Input should be less than or equal to '
    '4096"}]}',
]


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("refusal", TOO_LARGE)
def test_a_length_that_is_too_large_is_lowered_and_not_left_out(client: str, refusal: str) -> None:
    cut = json.dumps(completion("I might", finish_reason="length", usage=CUT_AT_800))

    def script(number: int, body: Body) -> str:
        most = body["max_tokens"]
        return refusal if most > 4096 else cut if most == 800 else "ok"

    (reply,), server, _ = ask(script, client=client)
    assert (reply.status, reply.attempts) == ("ok", 1)
    assert [body["max_tokens"] for body in server.bodies] == [800, 8800, 4096]
    assert [body["max_completion_tokens"] for body in server.bodies] == [800, 8800, 4096]


MENTIONS = [
    '400:{"error":{"message":"Your system prompt was flagged","code":"invalid_prompt"}}',
    "400:This model's maximum context length is 4096 tokens; the system prompt has 9000",
    '400:{"error":{"message":"Invalid messages[1].content: the temperature of the town",'
    '"param":"messages[1].content"}}',
    "400:the system prompt and the temperature are not to my taste today",
]


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("refusal", MENTIONS)
def test_a_refusal_that_only_mentions_a_parameter_leaves_nothing_out(
    client: str, refusal: str
) -> None:
    def script(number: int, body: Body) -> str:
        return refusal if body["messages"][-1]["content"].endswith("You are H0.") else "ok"

    replies, server, _ = ask(script, 3, client=client, max_concurrency=1)
    assert [reply.status == "ok" for reply in replies] == [False, True, True]
    assert "temperature" in server.bodies[-1]
    assert server.bodies[-1]["messages"][0]["role"] == "system"
