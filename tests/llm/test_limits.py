"""Requests and tokens a minute hold over time."""

from __future__ import annotations

import asyncio
import time

import pytest
from fault_server import FaultServer, gateway, request_of

from econsim_mesa.llm.limits import Bucket


@pytest.mark.parametrize("rate", [6.0, 60.0, 600.0, 90_000.0])
def test_no_minute_lets_more_out_than_the_rate(rate: float) -> None:
    now = 100.0

    async def sleep(seconds: float) -> None:
        nonlocal now
        assert seconds > 0
        now += seconds

    bucket = Bucket(rate, lambda: now, sleep)
    amount = max(1.0, rate / 600)
    times = []

    async def main() -> None:
        while now < 300:
            await bucket.take(amount)
            times.append(now)

    asyncio.run(main())
    for start in times:
        out = amount * sum(start <= moment < start + 59.999 for moment in times)
        assert out <= rate + amount
    assert len(times) * amount >= 0.95 * rate * 200 / 60 * (1 if rate > 60 else 0.5)


def test_requests_wait_for_their_turn() -> None:
    async def main() -> float:
        async with FaultServer(lambda n, body: "ok") as server:
            asked = gateway(server, requests_per_minute=1200.0)
            began = time.monotonic()
            await asyncio.gather(*(asked.ask(request_of(i)) for i in range(30)))
            await asked.close()
            return time.monotonic() - began

    assert 0.4 < asyncio.run(main()) < 1.5  # 20 at once, the other 10 at 20 a second


def test_tokens_are_estimated_then_corrected() -> None:
    async def main() -> float:
        async with FaultServer(lambda n, body: "ok") as server:
            asked = gateway(server, tokens_per_minute=60_000.0, max_concurrency=1)
            began = time.monotonic()
            for i in range(12):  # of 170 tokens each, as the server says
                await asked.ask(request_of(i))
            await asked.close()
            return time.monotonic() - began

    assert 0.6 < asyncio.run(main()) < 2.0


def test_a_deadline_begins_when_a_call_may_go() -> None:
    async def main() -> list[str]:
        async with FaultServer(lambda n, body: "ok") as server:
            asked = gateway(server, requests_per_minute=600.0, deadline_seconds=0.2)
            replies = await asyncio.gather(*(asked.ask(request_of(i)) for i in range(16)))
            await asked.close()
            return [reply.status for reply in replies]

    assert asyncio.run(main()) == ["ok"] * 16
