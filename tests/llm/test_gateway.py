"""The gateway answers every request, whatever the server does, and keeps what it answered."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from itertools import cycle
from typing import Any

import pytest
from fault_server import (
    ANSWER,
    BEHAVIOURS,
    GOOD,
    FaultServer,
    ask,
    completion,
    gateway,
    request_of,
)

from econsim_mesa.llm import ChatReply

CLIENTS = ["direct", "langchain"]
KINDS = {
    "429": "http_429",
    "429_after": "http_429",
    "500": "http_500",
    "502": "http_502",
    "503": "http_503",
    "hang": "timeout",
    "drip": "timeout",
    "reset": "reset",
    "empty": "empty_body",
    "malformed": "bad_json",
    "truncated": "cut",
    "html": "html",
    "wrong_schema": "bad_envelope",
    "big": "too_large",
    "bad_utf8": "bad_utf8",
    "wrong_length": "bad_http",
}


@pytest.mark.parametrize("client", CLIENTS)
def test_a_reply_says_all_that_the_server_said(client: str) -> None:
    (reply,), server, kept = ask(lambda n, body: "ok", client=client)
    assert (reply.text, reply.status, reply.attempts, reply.faults) == (ANSWER, "ok", 1, ())
    assert (reply.input_tokens, reply.output_tokens, reply.cached_tokens) == (150, 20, 128)
    assert (reply.model, reply.host) == ("served-model", f"127.0.0.1:{server.port}")
    assert reply.seconds > 0
    assert kept == [(request_of(0), reply)]


@pytest.mark.parametrize("client", CLIENTS)
def test_both_clients_ask_for_the_same(client: str) -> None:
    async def main() -> dict[str, Any]:
        async with FaultServer(lambda n, body: "ok") as server:
            asked = gateway(server, client=client, temperature=0.5, max_output_tokens=77)
            await asked.ask(request_of(1, seed=12))
            await asked.close()
            return server.bodies[0]

    body = asyncio.run(main())
    body.pop("stream", None)
    assert body.pop("response_format")["json_schema"]["strict"] is True
    assert body == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "You live in a town."},
            {"role": "user", "content": "You are H1."},
        ],
        "max_completion_tokens": 77,
        "max_tokens": 77,
        "temperature": 0.5,
        "seed": 12,
    }


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(("behaviour", "kind"), KINDS.items())
def test_a_fault_is_named_and_tried_again(client: str, behaviour: str, kind: str) -> None:
    (reply,), server, _ = ask(
        lambda n, body: behaviour if n == 0 else "ok", client=client, timeout_seconds=0.5
    )
    assert (reply.status, reply.text, reply.attempts) == ("ok", ANSWER, 2)
    assert reply.faults == (kind,)
    assert len(server.bodies) == 2


@pytest.mark.parametrize("client", CLIENTS)
def test_numbers_that_are_none_are_not_known(client: str) -> None:
    (reply,), _, _ = ask(lambda n, body: "nan", client=client, max_attempts=1)
    if reply.status == "ok":
        assert (reply.text, reply.input_tokens, reply.output_tokens) == (ANSWER, None, None)
    else:  # LangChain adds up the counts, and NaN is none
        assert reply.faults


@pytest.mark.soak
@pytest.mark.parametrize("client", CLIENTS)
def test_chaos_ends_and_every_call_is_kept(client: str) -> None:
    """18 behaviours x 60 decisions."""
    turn = cycle(BEHAVIOURS)
    replies, server, kept = ask(
        lambda n, body: next(turn),
        60 * 18,
        client=client,
        timeout_seconds=0.3,
        max_concurrency=64,
        max_attempts=3,
        breaker=10_000,
    )
    assert len(replies) == len(kept) == 1080
    assert {reply.text for reply in replies if reply.status == "ok"} == {ANSWER}
    ended = Counter(reply.status for reply in replies)
    assert ended["ok"] > 60
    assert set(ended) <= {"ok", "failed", "timed_out"}
    seen = Counter(kind for reply in replies for kind in reply.faults)
    unheard = sum(reply.attempts for reply in replies) - len(server.bodies)
    assert 0 <= unheard <= seen["timeout"]  # given up before the server had read them
    assert set(KINDS.values()) <= set(seen)


@pytest.mark.parametrize(
    ("sent", "status", "text"),
    [
        (completion("{}", finish_reason="length"), "truncated", "{}"),
        (completion("", finish_reason="stop"), "empty", ""),
        (completion("  \n"), "empty", "  \n"),
        (completion(None, refusal="I will not."), "refused", "I will not."),
        (completion("part", finish_reason="content_filter"), "refused", "part"),
    ],
)
@pytest.mark.parametrize("client", CLIENTS)
def test_what_a_sound_reply_amounts_to(
    client: str, sent: dict[str, Any], status: str, text: str
) -> None:
    (reply,), server, _ = ask(lambda n, body: json.dumps(sent), client=client)
    assert (reply.status, reply.text or "", reply.attempts) == (status, text, 1)
    assert reply.output_tokens == 20
    assert len(server.bodies) == 1


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("said", "status", "faults"),
    [
        ("400:bad", "failed", ("http_400",)),
        ("401:who", "failed", ("http_401",)),
        ("302:there", "failed", ("http_302",)),
        ('429:{"error":{"code":"insufficient_quota"}}', "failed", ("http_429",)),
        ('400:{"error":{"code":"content_filter"}}', "refused", ()),
    ],
)
def test_what_no_attempt_mends_is_tried_once(
    client: str, said: str, status: str, faults: tuple[str, ...]
) -> None:
    (reply,), server, kept = ask(lambda n, body: said, client=client)
    assert (reply.status, reply.faults, reply.text) == (status, faults, None)
    assert (len(server.bodies), len(kept)) == (1, 1)


def test_attempts_are_used_up() -> None:
    (reply,), server, _ = ask(lambda n, body: "503", max_attempts=3)
    assert (reply.status, reply.faults) == ("failed", ("http_503",) * 3)
    assert len(server.bodies) == 3


def test_attempts_that_all_take_too_long_time_out() -> None:
    (reply,), _, _ = ask(lambda n, body: "hang", max_attempts=2, timeout_seconds=0.05)
    assert (reply.status, reply.faults) == ("timed_out", ("timeout",) * 2)


def test_the_deadline_holds_for_all_attempts_together() -> None:
    (reply,), server, _ = ask(
        lambda n, body: "hang", max_attempts=100, timeout_seconds=0.2, deadline_seconds=0.5
    )
    assert reply.status == "timed_out"
    assert reply.seconds > 0.35
    assert len(server.bodies) <= 3


def test_a_server_that_asks_for_too_much_patience_is_not_waited_for() -> None:
    (reply,), server, _ = ask(lambda n, body: "429_after:60", deadline_seconds=30)
    assert (reply.status, len(server.bodies)) == ("failed", 1)
    assert reply.seconds < 30


def test_a_server_that_asks_for_patience_gets_it() -> None:
    (reply,), _, _ = ask(lambda n, body: "429_after" if n == 0 else "ok")
    assert reply.seconds >= 0.05


def test_nobody_there() -> None:
    async def main() -> ChatReply:
        asked = gateway("http://127.0.0.1:9/v1", max_attempts=2)
        reply = await asked.ask(request_of(0))
        await asked.close()
        assert asked.budget.usage.calls == 0
        return reply

    reply = asyncio.run(main())
    assert (reply.status, reply.faults) == ("failed", ("connect", "connect"))


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("status", [201, 203, 299])
def test_any_status_of_success_is_one(client: str, status: int) -> None:
    (reply,), _, _ = ask(lambda n, body: f"{status}:{GOOD}", client=client, max_attempts=1)
    assert (reply.text, reply.status) == (ANSWER, "ok")


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (0.00021, 0.00021),
        (0, 0.0),
        ({"total_cost": 0.004, "request_cost": 0.001}, 0.004),
        (None, None),
        (-1, None),
        (True, None),
        ("0.1", None),
        (1e12, None),
        ([], None),
    ],
)
def test_what_a_server_says_a_call_cost_is_kept(client: str, told: Any, kept: float | None) -> None:
    usage = {"prompt_tokens": 150, "completion_tokens": 20, "cost": told}
    body = json.dumps(completion(usage=usage))
    (reply,), _, _ = ask(lambda n, sent: body, client=client, max_attempts=1)
    assert (reply.status, reply.cost) == ("ok", kept)
