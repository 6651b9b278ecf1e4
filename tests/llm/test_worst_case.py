"""A server that writes more than it is told to passes a cap by one call at the most."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from fault_server import ANSWER, FaultServer, ask, completion, request_of
from memory_transport import MemoryTransport

from econsim_mesa.llm import ChatReply, ChatRequest, Completion, Gateway, Usage
from econsim_mesa.llm.budget import Budget
from econsim_mesa.scenario.llm import LlmSpec, Price

PRICES = {"m": Price(input=1.0, output=10.0)}
PROMPT = 150
Length = Callable[[int], int]


def replying(length: Length) -> Callable[[int, dict[str, Any]], str]:
    def script(number: int, body: dict[str, Any]) -> str:
        usage = {"prompt_tokens": PROMPT, "completion_tokens": length(number)}
        return json.dumps(completion(usage=usage))

    return script


def cost(length: int) -> float:
    """US dollars of a call whose reply has so many tokens."""
    return (PROMPT * 1.0 + length * 10.0) / 1e6


def spend(length: Length, **spec: Any) -> tuple[list[ChatReply], FaultServer]:
    """Let 60 households ask, all at once as far as caps allow."""
    replies, server, _ = ask(
        replying(length), 60, prices=PRICES, max_output_tokens=100, max_concurrency=32, **spec
    )
    return replies, server


@pytest.mark.parametrize(
    ("length", "cap"),
    [
        (lambda n: 3_000, 0.05),
        (lambda n: 3_000, 0.2),
        (lambda n: 3_000, 0.002),
        (lambda n: 2_000 + 40 * n, 0.7),
        (lambda n: 50 if n % 5 else 900, 0.05),
    ],
)
def test_a_cap_on_cost_is_passed_by_one_call_at_the_most(length: Length, cap: float) -> None:
    replies, server = spend(length, max_cost=cap)
    lengths = [length(n) for n in range(len(server.bodies))]
    beyond = max(map(cost, lengths)) - cost(100)
    assert 0 < len(lengths) < 60
    assert sum(map(cost, lengths)) <= cap + beyond
    assert {reply.status for reply in replies} <= {"ok", "over_budget"}


def test_a_cap_on_tokens_is_passed_by_one_call_at_the_most() -> None:
    _, server = spend(lambda n: 4_000, max_tokens=30_000)
    assert 4 <= len(server.bodies) <= 7
    assert (4_000 + PROMPT) * len(server.bodies) <= 30_000


def test_a_run_that_goes_on_knows_how_long_replies_were() -> None:
    budget = Budget(
        LlmSpec(model="m", prices=PRICES, max_output_tokens=100, max_cost=0.01),
        Usage(calls=1, longest=2_000),
    )

    async def main() -> bool:
        return await budget.reserve(100) is None

    assert asyncio.run(main())


@pytest.mark.parametrize(("max_cost", "at_once"), [(10.0, 1), (None, 20)])
def test_all_wait_for_the_first_reply_where_a_cap_depends_on_it(
    max_cost: float | None, at_once: int
) -> None:
    reply = Completion(ANSWER, "stop", None, 150, 20, 0, "m")
    transport = MemoryTransport(lambda n, request: reply, seconds=0.02)
    spec = LlmSpec(model="m", prices=PRICES, max_cost=max_cost, max_concurrency=32)

    sent: list[int] = []

    def note_sent(request: ChatRequest, reply: ChatReply) -> None:
        sent.append(len(transport.requests))

    async def main() -> None:
        asked = Gateway(spec, transport, note_sent)
        await asyncio.gather(*(asked.ask(request_of(i)) for i in range(20)))

    asyncio.run(main())
    assert sent[0] == at_once
    assert transport.most >= 19  # all others at once


@pytest.mark.parametrize("fault", ["503", "reset", "400:response_format"])
def test_a_first_call_that_fails_lets_the_others_go_on(fault: str) -> None:
    replies, _, _ = ask(
        lambda n, body: fault if n < 12 else "ok", 30, prices=PRICES, max_cost=10.0, max_attempts=9
    )
    assert {reply.status for reply in replies} <= {"ok", "failed"}
    assert sum(reply.status == "ok" for reply in replies) > 15


def test_it_is_said_why_a_cap_is_full() -> None:
    replies, _ = spend(lambda n: 3_000, max_cost=0.05)
    told = {reply.fault_text for reply in replies if reply.status == "over_budget"}
    assert told == {"the server wrote up to 3,000 tokens where llm.max_output_tokens is 100"}
    replies, _ = spend(lambda n: 0, max_cost=0.005)
    told = {reply.fault_text for reply in replies if reply.status == "over_budget"}
    assert told == {"what some calls used is unknown, and counts as the most that it may be"}
