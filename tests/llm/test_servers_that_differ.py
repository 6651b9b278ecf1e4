"""Servers differ in what they take, in how they refuse, and in where they put what a model says."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from fault_server import ANSWER, FaultServer, ask, completion

from econsim_mesa.llm.advice import advice

CLIENTS = ["direct", "langchain"]
Body = dict[str, Any]


def said(**message: Any) -> str:
    """A reply whose message has other fields than the usual ones."""
    body = completion(None)
    body["choices"][0]["message"] |= message
    return json.dumps(body)


def used(**usage: Any) -> str:
    return json.dumps(completion() | {"usage": usage})


TOOL = {"id": "c1", "type": "function", "function": {"name": "reply", "arguments": ANSWER}}
PARTS = [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": ANSWER}]


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("reply", [said(content=PARTS), said(tool_calls=[TOOL])])
def test_a_text_in_parts_or_handed_to_a_tool_is_read(client: str, reply: str) -> None:
    (got,), _, kept = ask(lambda n, body: reply, client=client)
    assert (got.text, got.status, got.attempts, len(kept)) == (ANSWER, "ok", 1, 1)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("reply", "counted"),
    [
        (used(prompt_tokens="7", completion_tokens=2), (None, 2)),
        (used(prompt_tokens=-7, completion_tokens=10**18), (None, None)),
        (used(prompt_tokens=[1], completion_tokens={"a": 1}), (None, None)),
        (used(), (None, None)),
    ],
)
def test_a_count_that_lies_ends_no_call(
    client: str, reply: str, counted: tuple[int | None, int | None]
) -> None:
    (got,), _, _ = ask(lambda n, body: reply, client=client)
    assert (got.status, got.text) == ("ok", ANSWER)
    assert (got.input_tokens, got.output_tokens) == counted


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("reply", [said(content=None, reasoning_content="hm"), said(content=[])])
def test_reasoning_alone_is_no_answer(client: str, reply: str) -> None:
    (got,), _, _ = ask(lambda n, body: reply, client=client)
    assert got.status == "empty"


def both(body: Body) -> str:
    return "400:'max_tokens' and 'max_completion_tokens' at the same time" if len(
        {"max_tokens", "max_completion_tokens"} & set(body)
    ) > 1 else "ok"  # fmt: skip


def old(body: Body) -> str:
    return "422:extra inputs: max_completion_tokens" if "max_completion_tokens" in body else "ok"


def new(body: Body) -> str:
    return "400:Unsupported parameter: 'max_tokens'" if "max_tokens" in body else "ok"


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("rule", "kept_name"),
    [(both, "max_completion_tokens"), (old, "max_tokens"), (new, "max_completion_tokens")],
)
def test_a_name_of_the_limit_that_a_server_refuses_is_left_away(
    client: str, rule: Callable[[Body], str], kept_name: str
) -> None:
    replies, server, _ = ask(lambda n, body: rule(body), 4, client=client, max_concurrency=2)
    assert {(reply.status, reply.attempts, reply.faults) for reply in replies} == {("ok", 1, ())}
    last = server.bodies[-1]
    assert [name for name in last if name.startswith("max_")] == [kept_name]
    assert last["response_format"]["type"] == "json_schema"  # it was not for the form
    assert len(server.bodies) <= 4 + 2  # no more is refused than was under way


def test_a_limit_that_is_too_high_is_told_at_once() -> None:
    reason = "400:'max_tokens' or 'max_completion_tokens' is too large: 800"
    (reply,), server, _ = ask(lambda n, body: reason)
    assert (reply.status, len(server.bodies)) == ("failed", 1)
    assert reply.fault_text.endswith("is too large: 800")


@pytest.mark.parametrize(
    ("refusal", "to_do"),
    [
        ("400:maximum context length is 1024 tokens", "longer than the model reads"),
        ('401:{"error":{"message":"Incorrect API key"}}', "is the key"),
        ("404:model `m` does not exist", "name of the model"),
    ],
)
@pytest.mark.parametrize("client", CLIENTS)
def test_a_refusal_for_another_reason_is_told_and_costs_no_strictness(
    client: str, refusal: str, to_do: str
) -> None:
    (reply,), server, _ = ask(lambda n, body: refusal, client=client)
    assert (reply.status, len(server.bodies)) == ("failed", 1)
    assert reply.fault_text.startswith(f"HTTP {refusal[:3]}: ")
    assert "{" not in reply.fault_text or "detail" in reply.fault_text  # of JSON only the message
    assert to_do in advice(reply.fault_text)


@pytest.mark.parametrize("client", CLIENTS)
def test_a_draw_that_did_not_fit_the_schema_is_drawn_again(client: str) -> None:
    refusal = '400:{"error":{"message":"Failed to generate JSON","code":"json_validate_failed"}}'
    (reply,), server, _ = ask(lambda n, body: "ok" if n else refusal, client=client)
    assert (reply.status, reply.faults) == ("ok", ("http_400",))
    assert {body["response_format"]["type"] for body in server.bodies} == {"json_schema"}


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(("code", "tried"), [(502, 3), (402, 1)])
def test_a_refusal_with_status_200_has_the_status_of_its_body(
    client: str, code: int, tried: int
) -> None:
    body = json.dumps({"error": {"message": "the provider said no", "code": code}})
    (reply,), _, _ = ask(lambda n, asked: body, client=client, max_attempts=3)
    assert (reply.status, reply.faults) == ("failed", (f"http_{code}",) * tried)
    assert reply.fault_text == f"HTTP {code}: the provider said no"


@pytest.mark.parametrize("refusal", ["401:who are you", '429:{"code":"insufficient_quota"}'])
def test_no_key_or_no_money_ends_all_calls_at_once(refusal: str) -> None:
    replies, server, _ = ask(lambda n, body: refusal, 40, max_concurrency=4)
    assert len(server.bodies) <= 4
    stopped = [reply for reply in replies if reply.status == "stopped"]
    assert len(stopped) >= 36
    assert all(reply.fault_text.startswith("refuses all calls: HTTP 4") for reply in stopped)


@pytest.mark.parametrize("client", CLIENTS)
def test_a_packed_reply_is_unpacked_within_the_limit(
    client: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bodies = [completion(), completion("x" * 50_000_000), completion()]
    packed = [gzip.compress(json.dumps(body).encode(), 1) for body in bodies]
    packed[2] = packed[2][:20] + b"?" + packed[2][21:]

    async def behave(server: FaultServer, request: Any, what: str) -> Any:
        from aiohttp import web

        headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
        return web.Response(body=packed[int(what)], headers=headers)

    monkeypatch.setattr(FaultServer, "_behave", behave)
    turns = [1, 2, 0]
    (reply,), _, _ = ask(lambda n, body: str(turns[n]), client=client)
    assert (reply.text, reply.faults) == (ANSWER, ("too_large", "encoded"))
