"""No cap is ever passed, as the server counts, at any concurrency and whatever fails."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from fault_server import SCHEMA, FaultServer, Kept, completion, gateway, request_of
from hypothesis import given, settings
from hypothesis import strategies as st

from econsim_mesa.llm import Completion, Message, Usage
from econsim_mesa.llm.budget import PICO, Budget, Rates, most_input_tokens
from econsim_mesa.scenario.llm import LlmSpec, Price

PRICES = {"m": Price(input=0.15, output=0.6, cached=0.075)}
FAULTS = ["ok", "ok", "ok", "429", "503", "reset", "malformed", "truncated", "empty", "400:schema"]


class Meter:
    """A server's own count of what it did, in the dearest way that a vocabulary allows."""

    def __init__(self, behaviours: list[str], share: float, output: int) -> None:
        self.behaviours, self.share, self.output = behaviours, share, output
        self.calls = self.tokens = 0
        self.picodollars = 0

    def __call__(self, number: int, body: dict[str, Any]) -> str:
        behaviour = self.behaviours[number % len(self.behaviours)]
        if behaviour == "400:schema" and "response_format" in body:
            return behaviour
        self.calls += 1
        if behaviour in ("429", "503"):
            return behaviour
        size = sum(len(message["content"].encode()) for message in body["messages"])
        prompt = int(size * self.share) + len(json.dumps(body.get("response_format", {}))) // 2
        reply = min(self.output, body["max_tokens"])
        self.tokens += prompt + reply
        self.picodollars += prompt * 150_000 + reply * 600_000
        if behaviour == "ok":
            usage = {"prompt_tokens": prompt, "completion_tokens": reply}
            return json.dumps(completion(usage=usage))
        return "malformed" if behaviour == "400:schema" else behaviour


@pytest.mark.soak
@settings(max_examples=200)
@given(
    behaviours=st.lists(st.sampled_from(FAULTS), min_size=1, max_size=9),
    share=st.floats(0.1, 1.0),
    output=st.integers(0, 200),
    caps=st.fixed_dictionaries(
        {},
        optional={
            "max_calls": st.integers(0, 90),
            "max_tokens": st.integers(0, 40_000),
            "max_cost": st.floats(0.0, 0.006),
        },
    ),
)
def test_hard_caps_are_never_passed(
    behaviours: list[str], share: float, output: int, caps: dict[str, Any]
) -> None:
    meter = Meter(behaviours, share, output)
    kept = Kept()

    async def main() -> tuple[Usage, int]:
        async with FaultServer(meter) as server:
            asked = gateway(
                server, kept, prices=PRICES, max_output_tokens=100, max_concurrency=64,
                max_attempts=2, breaker=100_000, deadline_seconds=1.0, **caps,
            )  # fmt: skip
            replies = await asyncio.gather(*(asked.ask(request_of(i)) for i in range(80)))
            await asked.close()
            assert len(replies) == 80
            if any(reply.status == "over_budget" for reply in replies):
                assert caps
            return asked.budget.usage, sum(reply.status == "timed_out" for reply in replies)

    usage, given_up = asyncio.run(main())
    assert meter.calls <= caps.get("max_calls", 10**9)
    assert meter.tokens <= caps.get("max_tokens", 10**9)
    assert meter.picodollars <= caps.get("max_cost", 10**9) * PICO
    # The attempt under way at a call's deadline is counted, and may not have reached the server.
    assert meter.calls <= usage.calls <= meter.calls + given_up
    assert usage.tokens <= meter.tokens <= usage.tokens + usage.unsure_tokens
    assert usage.picodollars <= meter.picodollars
    assert meter.picodollars <= usage.picodollars + usage.unsure_picodollars


def spend(caps: dict[str, Any], spent: Usage | None = None) -> tuple[list[str], Usage]:
    """Let 40 households ask at once a server that does all right."""

    async def main() -> tuple[list[str], Usage]:
        async with FaultServer(Meter(["ok"], 0.3, 20), seconds=0.01) as server:
            asked = gateway(
                server,
                spent=spent,
                prices=PRICES,
                max_output_tokens=100,
                max_concurrency=64,
                **caps,
            )
            replies = await asyncio.gather(*(asked.ask(request_of(i)) for i in range(40)))
            await asked.close()
            return [reply.status for reply in replies], asked.budget.usage

    return asyncio.run(main())


def test_a_cap_is_used_to_its_end() -> None:
    """Calls wait for what those in flight give back, so that little of a cap is left over."""
    statuses, usage = spend({"max_tokens": 3_000})
    worst = most_input_tokens(request_of(10), "json_schema") + 100
    assert 3_000 - worst < usage.tokens <= 3_000
    assert statuses.count("ok") == usage.calls < 40
    assert set(statuses) == {"ok", "over_budget"}
    statuses, usage = spend({"max_calls": 17})
    assert (statuses.count("ok"), usage.calls) == (17, 17)


def test_a_run_that_goes_on_counts_what_it_spent_before() -> None:
    statuses, usage = spend({"max_calls": 17}, Usage(calls=10, picodollars=5))
    assert (statuses.count("ok"), usage.calls) == (7, 17)
    assert usage.picodollars > 5
    assert set(spend({"max_tokens": 5_000}, Usage(unsure_tokens=5_000))[0]) == {"over_budget"}
    assert set(spend({"max_cost": 1.0}, Usage(unsure_picodollars=PICO))[0]) == {"over_budget"}


def test_nothing_is_sent_under_a_cap_of_nothing() -> None:
    for cap in ("max_calls", "max_tokens", "max_cost"):
        statuses, usage = spend({cap: 0})
        assert (set(statuses), usage) == ({"over_budget"}, Usage())


def test_cost_is_that_of_the_price_list() -> None:
    spec = LlmSpec(model="m", prices=PRICES)
    budget = Budget(spec, Usage())

    async def main() -> None:
        for raw in (Completion("", "stop", None, 1_000, 200, 400, None), None):
            reserved = await budget.reserve(3_000)
            assert reserved is not None
            budget.settle(reserved, raw)

    asyncio.run(main())
    assert budget.usage.cost == pytest.approx((600 * 0.15 + 400 * 0.075 + 200 * 0.6) / 1e6)
    most = budget.usage.cost + (3_000 * 0.15 + 800 * 0.6) / 1e6
    assert budget.usage.most_cost == pytest.approx(most)
    assert Rates.of(LlmSpec(model="m", prices={"m": Price(input=1.0, output=2.0)})).cached == 10**6


@given(st.text(max_size=300), st.sampled_from(["json_schema", "text"]))
def test_a_prompt_has_no_more_tokens_than_its_bound(text: str, form: Any) -> None:
    request = request_of(0, messages=(Message("user", text),))
    bound = most_input_tokens(request, form)
    schema = len(json.dumps(SCHEMA, separators=(",", ":"))) if form == "json_schema" else 0
    assert bound >= len(text.encode("utf-8", "replace")) + schema + 16
