"""The strictest format that a server knows is found once and remembered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from fault_server import FaultServer, Kept, ask, completion, gateway, request_of

from econsim_mesa.llm.messages import ReplySchema

REFUSALS = [
    "400:'response_format.type' must be 'text'",
    "404:json_schema is not known here",
    "422:extra inputs are not permitted: response_format",
    "501:unsupported",
]


def knows(*formats: str, refusal: str) -> Any:
    def script(number: int, body: dict[str, Any]) -> str:
        return "ok" if body.get("response_format", {}).get("type", "text") in formats else refusal

    return script


def asked_formats(server: FaultServer) -> list[str]:
    return [body.get("response_format", {}).get("type", "text") for body in server.bodies]


@pytest.mark.parametrize("client", ["direct", "langchain"])
@pytest.mark.parametrize("refusal", REFUSALS)
def test_going_down_is_remembered_and_no_failure(client: str, refusal: str) -> None:
    async def main() -> list[str]:
        script = knows("text", refusal=refusal)
        async with FaultServer(script) as server:
            asked = gateway(server, client=client, max_attempts=1, breaker=1, max_calls=2)
            first = await asked.ask(request_of(0))
            second = await asked.ask(request_of(1))
            await asked.close()
            assert (first.status, first.attempts, first.faults) == ("ok", 1, ())
            assert (second.status, second.attempts) == ("ok", 1)
            assert asked.budget.usage.calls == 2
            return asked_formats(server)

    assert asyncio.run(main()) == ["json_schema", "json_object", "text", "text"]


FEWER_KEYWORDS = [
    "400:Invalid schema: objects provided via 'anyOf' must not share identical first keys",
    "400:invalid schema for response format: maxItems is not supported",
    "400:The provided JSON schema contains features not supported by xgrammar.",
]


@pytest.mark.parametrize("client", ["direct", "langchain"])
@pytest.mark.parametrize("refusal", FEWER_KEYWORDS)
def test_a_server_that_knows_fewer_keywords_is_sent_a_flat_schema(
    client: str, refusal: str
) -> None:
    flat = ReplySchema({**request_of(0).schema, "description": "flat"})
    forms = forms_of_two_calls(
        client, lambda schema: "ok" if "flat" in schema else refusal, flat_schema=flat
    )
    assert [form["strict"] for form in forms] == [True, True, False, False]
    assert [form["schema"] == flat for form in forms] == [False, False, True, True]


@pytest.mark.parametrize("client", ["direct", "langchain"])
def test_a_server_that_knows_no_lengths_of_texts_is_sent_none(client: str) -> None:
    bounded = ReplySchema({"type": "object", "properties": {"t": {"maxLength": 9}}})
    refusal = "400:Invalid schema: 'maxLength' is not permitted"
    forms = forms_of_two_calls(
        client, lambda schema: refusal if "maxLength" in schema else "ok", schema=bounded
    )
    assert [form["strict"] for form in forms] == [True, True, True]
    assert forms[1]["schema"] == {"type": "object", "properties": {"t": {}}}


def forms_of_two_calls(
    client: str, answer: Callable[[str], str], **schemas: ReplySchema
) -> list[dict[str, Any]]:
    """Return the forms that two calls ask for, both answered at once, of a server like that.

    ``answer`` returns the reply to a request, given its form as JSON.
    """

    def script(number: int, body: dict[str, Any]) -> str:
        return answer(json.dumps(body["response_format"]))

    async def main() -> FaultServer:
        async with FaultServer(script) as server:
            asked = gateway(server, client=client, max_attempts=1, breaker=1)
            for number in range(2):
                reply = await asked.ask(request_of(number, **schemas))
                assert (reply.status, reply.attempts, reply.faults) == ("ok", 1, ())
            await asked.close()
            return server

    return [body["response_format"]["json_schema"] for body in asyncio.run(main()).bodies]


def test_calls_under_way_go_down_together() -> None:
    kept = Kept()

    async def main() -> FaultServer:
        script = knows("json_object", "text", refusal=REFUSALS[0])
        async with FaultServer(script, seconds=0.02) as server:
            asked = gateway(server, kept)
            await asyncio.gather(*(asked.ask(request_of(i)) for i in range(20)))
            await asyncio.gather(*(asked.ask(request_of(i)) for i in range(20, 40)))
            await asked.close()
            return server

    formats = asked_formats(asyncio.run(main()))
    assert formats == ["json_schema"] * 20 + ["json_object"] * 40
    assert {reply.status for _, reply in kept} == {"ok"}


@pytest.mark.parametrize(
    ("wanted", "refusal"), [("json_schema", REFUSALS[0]), ("auto", "400:the prompt is too long")]
)
def test_another_fault_or_a_fixed_format_is_a_failure(wanted: str, refusal: str) -> None:
    async def main() -> FaultServer:
        async with FaultServer(knows("text", refusal=refusal)) as server:
            asked = gateway(server, response_format=wanted)
            reply = await asked.ask(request_of(0))
            await asked.close()
            assert (reply.status, reply.faults) == ("failed", ("http_400",))
            return server

    assert asked_formats(asyncio.run(main())) == ["json_schema"]


def test_a_server_that_refuses_all_formats_fails_in_the_last() -> None:
    async def main() -> FaultServer:
        async with FaultServer(lambda n, body: REFUSALS[3]) as server:
            asked = gateway(server)
            reply = await asked.ask(request_of(0))
            await asked.close()
            assert (reply.status, reply.faults) == ("failed", ("http_501",))
            return server

    assert asked_formats(asyncio.run(main())) == ["json_schema", "json_object", "text"]


PROSE = json.dumps(completion("I would like a pizza, please."))
OTHER = json.dumps(completion('{"mood": "fine"}'))
WRAPPED = json.dumps(completion('Here it is:\n```json\n{"thought": "hm", "actions": []}\n```'))


def in_turn(script: Any, calls: int, **spec: Any) -> list[str]:
    """Let households ask one after the other, and return the formats they asked for."""
    _, server, _ = ask(script, calls, max_concurrency=1, **spec)
    return asked_formats(server)


@pytest.mark.parametrize("client", ["direct", "langchain"])
@pytest.mark.parametrize("reply", [PROSE, OTHER])
def test_a_format_that_is_taken_and_not_kept_to_is_left(client: str, reply: str) -> None:
    def careless(number: int, body: dict[str, Any]) -> str:
        return reply if body["response_format"]["type"] == "json_schema" else "ok"

    assert in_turn(careless, 8, client=client) == ["json_schema"] + ["json_object"] * 7


def test_a_format_that_most_replies_leave_is_left_too() -> None:
    def careless(number: int, body: dict[str, Any]) -> str:
        schema = body["response_format"]["type"] == "json_schema"
        return PROSE if schema and number % 4 else "ok"

    assert in_turn(careless, 8) == ["json_schema"] * 4 + ["json_object"] * 4


def test_where_no_format_is_kept_to_the_strictest_stays() -> None:
    formats = in_turn(lambda n, body: PROSE, 16)
    assert formats == ["json_schema", "json_object", *["text"] * 10, *["json_schema"] * 4]


@pytest.mark.parametrize("reply", [WRAPPED, json.dumps(completion("{", finish_reason="length"))])
def test_words_around_the_object_and_a_cut_reply_are_no_reason_to_leave_it(reply: str) -> None:
    assert in_turn(lambda n, body: reply, 8) == ["json_schema"] * 8


def test_a_few_replies_in_another_form_are_none_either() -> None:
    assert in_turn(lambda n, body: PROSE if n % 3 == 2 else "ok", 20) == ["json_schema"] * 20


def test_a_format_that_is_wanted_stays_whatever_comes() -> None:
    formats = in_turn(lambda n, body: PROSE, 8, response_format="json_object")
    assert formats == ["json_object"] * 8


@pytest.mark.parametrize("client", ["direct", "langchain"])
def test_a_server_that_breaks_over_a_schema_is_asked_without(client: str) -> None:
    def named(number: int, body: dict[str, Any]) -> str:
        schema = body.get("response_format", {}).get("type") == "json_schema"
        return "500:xgrammar could not compile the grammar" if schema else "ok"

    # schemas of fewer keywords are tried before none at all
    assert in_turn(named, 3, client=client) == ["json_schema"] * 3 + ["json_object"] * 3


def test_errors_of_a_server_without_a_reason_may_be_due_to_the_schema() -> None:
    def vague(number: int, body: dict[str, Any]) -> str:
        return "ok" if "response_format" not in body else "500:Internal Server Error"

    formats = in_turn(vague, 3)
    assert formats == ["json_schema"] * 2 + ["json_object"] * 2 + ["text"] * 3


def test_errors_of_a_server_that_kept_to_the_schema_are_not() -> None:
    def sulks(number: int, body: dict[str, Any]) -> str:
        return "500" if 1 < number < 5 else "ok"

    assert set(in_turn(sulks, 8)) == {"json_schema"}


def test_a_role_that_is_not_supported_costs_no_strictness() -> None:
    refusal = "400:'messages[0].role' does not support this value: unsupported"
    assert in_turn(lambda n, body: refusal, 1) == ["json_schema"]
