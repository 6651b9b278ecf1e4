"""Many calls at once: slots, equal requests, cancelling, the breaker, and what is kept when."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest
from fault_server import (
    ANSWER,
    FaultServer,
    Kept,
    ask,
    gateway,
    request_of,
)

from econsim_mesa.errors import BadInput
from econsim_mesa.llm import ChatReply, Status


def test_slots_are_never_passed_and_all_used() -> None:
    async def main() -> FaultServer:
        async with FaultServer(lambda n, body: "ok", seconds=0.02) as server:
            asked = gateway(server, max_concurrency=7)
            await asyncio.gather(*(asked.ask(request_of(i)) for i in range(50)))
            await asked.close()
            assert asked.progress.done == 50
            assert (asked.progress.in_flight, asked.progress.waiting) == (0, 0)
            return server

    assert asyncio.run(main()).most == 7


@pytest.mark.parametrize(
    ("spec", "seeds", "sent"),
    [
        ({"temperature": 0.0}, [1, 2, None], 1),
        ({"temperature": 0.7}, [4, 4, 4], 1),
        ({"temperature": 0.7}, [4, 4, 5], 2),
        ({"temperature": 0.7}, [None, None, None], 3),
        ({"temperature": 0.7, "send_seed": False}, [4, 4, 4], 3),
        ({"temperature": None}, [None, None, None], 3),
    ],
)
def test_equal_requests_are_sent_once_only_where_replies_are_equal(
    spec: dict[str, Any], seeds: list[int | None], sent: int
) -> None:
    kept = Kept()

    async def main() -> int:
        async with FaultServer(lambda n, body: "ok", seconds=0.05) as server:
            asked = gateway(server, kept, **spec)
            same = request_of(0).messages
            requests = [request_of(i, messages=same, seed=seed) for i, seed in enumerate(seeds)]
            replies = await asyncio.gather(*map(asked.ask, requests))
            assert {reply.text for reply in replies} == {ANSWER}
            assert sum(not reply.reused for reply in replies) == len(server.bodies)
            assert sum(reply.input_tokens or 0 for reply in replies) == 150 * len(server.bodies)
            await asked.ask(request_of(9, messages=same, seed=seeds[0]))
            await asked.close()
            return len(server.bodies)

    assert asyncio.run(main()) == sent + 1  # what is not in flight any more is asked again
    assert sorted(request.agent for request, _ in kept) == ["H0", "H1", "H2", "H9"]


def test_who_joined_a_cancelled_request_asks_for_itself() -> None:
    async def main() -> ChatReply:
        async with FaultServer(lambda n, body: "ok", seconds=0.1) as server:
            asked = gateway(server, temperature=0.0)
            first = asyncio.create_task(asked.ask(request_of(0)))
            await asyncio.sleep(0.02)
            second = asyncio.create_task(asked.ask(request_of(0, step=4)))
            await asyncio.sleep(0.02)
            first.cancel()
            reply = await second
            await asked.close()
            assert first.cancelled()
            return reply

    reply = asyncio.run(main())
    assert (reply.status, reply.reused) == ("ok", False)


def test_recorded_replies_are_given_back_and_not_kept_again() -> None:
    kept = Kept()
    (reply,), _, _ = ask(lambda n, body: "ok")

    async def main() -> list[ChatReply]:
        async with FaultServer(lambda n, body: "500") as server:
            asked = gateway(server, kept, reuse={request_of(0).key: reply}, max_attempts=1)
            replies = [await asked.ask(request_of(0)), await asked.ask(request_of(0, call=1))]
            await asked.close()
            assert (asked.progress.reused, asked.progress.done) == (1, 2)
            return replies

    first, second = asyncio.run(main())
    assert (first.text, first.reused, second.status) == (ANSWER, True, "failed")
    assert [request.call for request, _ in kept] == [1]


def test_cancelling_leaves_nothing_behind() -> None:
    async def main() -> None:
        async with FaultServer(lambda n, body: "hang") as server:
            asked = gateway(server, max_concurrency=4)
            calls = [asyncio.create_task(asked.ask(request_of(i))) for i in range(12)]
            await asyncio.sleep(0.1)
            assert (asked.progress.in_flight, asked.progress.waiting) == (4, 8)
            for call in calls:
                call.cancel()
            ended = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 1)
            assert all(isinstance(end, asyncio.CancelledError) for end in ended)
            assert (asked.progress.in_flight, asked.progress.waiting) == (0, 0)
            server.script = lambda n, body: "ok"
            reply = await asyncio.wait_for(asked.ask(request_of(0)), 1)
            assert reply.status == "ok"
            assert asked.budget.usage.calls == 5
            assert asked.budget.usage.unsure_tokens > 0  # the cancelled ones may be billed
            await asked.close()

    asyncio.run(main())


def test_the_breaker_ends_what_is_under_way_and_can_be_reset() -> None:
    kept = Kept()

    async def main() -> None:
        async with FaultServer(lambda n, body: "hang" if n < 3 else "503") as server:
            asked = gateway(
                server, kept, breaker=6, breaker_seconds=0.0, max_concurrency=8, max_attempts=2
            )
            calls = (asked.ask(request_of(i)) for i in range(30))
            replies = await asyncio.wait_for(asyncio.gather(*calls), 3)
            ended = Counter(reply.status for reply in replies)
            assert ended["stopped"] >= 19  # the first few may use up their attempts before it opens
            assert set(ended) <= {"stopped", "failed"}
            assert 6 <= asked.breaker.failures <= 11
            before = len(server.bodies)
            assert (await asked.ask(request_of(99))).status == "stopped"
            assert len(server.bodies) == before
            server.script = lambda n, body: "ok"
            asked.reset()
            assert (await asked.ask(request_of(99))).status == "ok"
            await asked.close()

    asyncio.run(main())
    assert all(reply.attempts or reply.reused for _, reply in kept)


def test_a_busy_server_is_not_gone() -> None:
    settings = {"breaker": 3, "breaker_seconds": 0.0, "max_attempts": 2, "deadline_seconds": 1.0}
    replies, _, _ = ask(lambda n, body: "429", 20, **settings)
    assert {reply.status for reply in replies} == {Status.failed}
    assert max(reply.attempts for reply in replies) > 2  # time decides, not their number


def test_what_keeping_raises_is_raised() -> None:
    async def main() -> None:
        async with FaultServer(lambda n, body: "ok") as server:

            def full(request: object, reply: object) -> None:
                raise OSError("disk full")

            asked = gateway(server, full)
            try:
                await asked.ask(request_of(0))
            finally:
                await asked.close()

    with pytest.raises(OSError, match="disk full"):
        asyncio.run(main())


def test_a_reply_is_kept_as_it_arrives_not_with_its_step() -> None:
    """Within 100 ms, though another call of the same step takes much longer."""
    times: list[float] = []

    async def main() -> None:
        async with FaultServer(lambda n, body: "ok" if n == 0 else "hang") as server:
            loop = asyncio.get_running_loop()
            began = loop.time()

            def note_time(request: object, reply: object) -> None:
                times.append(loop.time() - began)

            asked = gateway(server, note_time, timeout_seconds=0.4, max_attempts=1)
            await asyncio.gather(asked.ask(request_of(0)), asked.ask(request_of(1)))
            await asked.close()

    asyncio.run(main())
    assert times[0] < 0.1
    assert times[1] >= 0.4


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"model": None}, "no model is chosen"),
        ({"max_cost": 2.0}, "max_cost needs the price"),
        ({"provider": "anthropic"}, "'direct' speaks to OpenAI-compatible"),
        ({"base_url": "http://:80/v1"}, "the name of its server must be"),
        ({"base_url": "http://h:99999/v1"}, "port must be a number from 1 to 65535"),
        ({"provider": "nobody", "client": "langchain"}, "the provider 'nobody' cannot be used"),
    ],
)
def test_what_cannot_work_is_refused_before_the_first_call(
    spec: dict[str, Any], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        gateway("http://127.0.0.1:9/v1", **spec)
