"""Counts of tokens that cannot be true are not believed: what was used is then unknown."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from fault_server import ANSWER, FaultServer, ask, completion, gateway, request_of
from hypothesis import given
from hypothesis import strategies as st

from econsim_mesa.llm import Completion, Message
from econsim_mesa.llm.budget import most_input_tokens
from econsim_mesa.llm.counts import is_plausible, is_short
from econsim_mesa.runs.call_log import spent_on
from econsim_mesa.runs.token_counts import doubts
from econsim_mesa.scenario.llm import LlmSpec, Price
from econsim_mesa.society.records import Call

PROSE = "You see the pizza place, where three people wait. " * 100  # 5,000 characters
PRICES = {"m": Price(input=1.0, output=10.0)}
UNTRUE: list[dict[str, Any]] = [
    {},
    {"prompt_tokens": 0, "completion_tokens": 0},
    {"prompt_tokens": 0, "completion_tokens": 20},
    {"prompt_tokens": 3, "completion_tokens": 20},
    {"prompt_tokens": 600, "completion_tokens": 20},
    {"prompt_tokens": -1200, "completion_tokens": 20},
    {"prompt_tokens": 1200, "completion_tokens": -5},
    {"prompt_tokens": 1200, "completion_tokens": 0},
    {"prompt_tokens": 1200, "completion_tokens": 1},
    {"prompt_tokens": 90_000, "completion_tokens": 20},
    {"prompt_tokens": 1200, "completion_tokens": 2**31 - 1},
    {"prompt_tokens": 2**63, "completion_tokens": 20},
    {"prompt_tokens": True, "completion_tokens": True},
    {"prompt_tokens": 1200.5, "completion_tokens": 20},
    {"prompt_tokens": "1200", "completion_tokens": "20"},
    {"prompt_tokens": [1200], "completion_tokens": {"n": 20}},
    {"prompt_tokens": 1200, "completion_tokens": 20,
     "prompt_tokens_details": {"cached_tokens": 1201}},
]  # fmt: skip


def kept_call(usage: Any, **spec: Any) -> tuple[Call, Any]:
    """Make one call of 5,000 characters and more; return it as it is kept, and what was spent."""
    request = request_of(0, messages=(Message("system", PROSE), Message("user", "You are H0.")))
    body = json.dumps(completion(usage=usage))

    async def main() -> tuple[Any, Any]:
        async with FaultServer(lambda n, sent: body) as server:
            asked = gateway(server, prices=PRICES, **spec)
            reply = await asked.ask(request)
            await asked.close()
            return reply, asked.budget.usage

    reply, usage = asyncio.run(main())
    return call_of(reply.input_tokens, reply.output_tokens, reply.cached_tokens), usage


def call_of(prompt: int | None, output: int | None, cached: int | None = None, **more: Any) -> Call:
    told = (prompt, output, cached, "h:1", None, None)
    given = {"characters": len(PROSE) + 11, **more}
    return Call(0, "H0", 0, "k", "ok", "You are H0.", ANSWER, "m", 0.1, 1, "", *told, **given)


@pytest.mark.parametrize("usage", UNTRUE)
def test_what_cannot_be_true_fills_the_caps_by_what_was_reserved(usage: dict[str, Any]) -> None:
    call, spent = kept_call(usage)
    assert (spent.tokens, spent.cost) == (0, 0.0)
    assert spent.unsure_tokens > 5_000 + 800
    assert spent.most_cost > (5_000 * 1.0 + 800 * 10.0) / 1e6
    later = spent_on([call], LlmSpec(model="m", prices=PRICES))  # in a run that goes on
    assert (later.tokens, later.cost) == (0, 0.0)
    assert later.unsure_tokens >= spent.unsure_tokens
    assert later.most_cost >= spent.most_cost


@pytest.mark.parametrize(
    ("prompt", "output", "cached"), [(1_100, 20, None), (1_100, 20, 1_100), (3_000, 700, 0)]
)
def test_what_can_be_true_is_believed(prompt: int, output: int, cached: int | None) -> None:
    usage = {"prompt_tokens": prompt, "completion_tokens": output,
             "prompt_tokens_details": {"cached_tokens": cached}}  # fmt: skip
    call, spent = kept_call(usage)
    assert (spent.tokens, spent.unsure_tokens) == (prompt + output, 0)
    assert not list(doubts([call], 800))


def test_a_cap_holds_where_a_server_counts_nothing() -> None:
    body = json.dumps(completion(usage={"prompt_tokens": 0, "completion_tokens": 0}))
    replies, server, _ = ask(lambda n, sent: body, 40, prices=PRICES, max_cost=0.05)
    assert len(server.bodies) == 6  # of 8,000 picodollars and more each
    assert {reply.status for reply in replies} == {"ok", "over_budget"}


@given(st.text(min_size=50, max_size=2_000))
def test_no_count_of_a_true_vocabulary_is_doubted(text: str) -> None:
    """A token has between one byte and, in prose, six and a half characters."""
    request = request_of(0, messages=(Message("user", text),))
    for count in (most_input_tokens(request, "json_schema"), int(len(text) / 6.5) + 16):
        raw = Completion("", "stop", None, count, 5, None, None)
        assert is_plausible(raw, len(text), "")
        assert not is_short(raw, len(text))


def test_a_prompt_that_was_cut_is_told_once() -> None:
    calls = [call_of(512, 20), call_of(480, 20), call_of(1_250, 20)]
    (told,) = doubts(calls, 800)
    assert told == (
        "the server counted far fewer tokens than were sent: 480 for 5,011 characters; it may have "
        "cut the prompt (Ollama: num_ctx); so in 2 of 3 calls"
    )


def test_a_cached_prefix_that_is_counted_apart_is_no_cut() -> None:
    (told,) = doubts([call_of(40, 20, 1_200)], 800)
    assert "what 1 of 1 calls used is unknown" in told


def test_a_call_that_cost_nothing_or_failed_is_not_doubted() -> None:
    joined = call_of(0, 0, 0)._replace(attempts=0)
    failed = call_of(None, None)._replace(status="failed", reply=None)
    assert not list(doubts([joined, failed], 800))


def test_a_server_that_writes_more_than_it_may_is_told_of() -> None:
    (told,) = doubts([call_of(1_250, 800), call_of(1_250, 5_000)], 800)
    assert "in 1 of 2 calls: up to 5,000 tokens where llm.max_output_tokens is 800" in told
