"""One owner of all limits: slots and budget hold over workers, also over those that die."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from econsim_mesa.experiment.limiter import Call, Limiter, RemoteAccount, RemoteSlots
from econsim_mesa.llm.budget import Caps, Reservation, Usage

ONE = Reservation(10, 5)


def call_of(limiter: Limiter) -> Call:
    """Return a way to call the limiter in this loop, whether or not the result is awaited."""

    def call(method: str, *arguments: Any) -> Awaitable[Any]:
        return asyncio.ensure_future(getattr(limiter, method)(*arguments))

    return call


def slots_of(limiter: Limiter, worker: str) -> RemoteSlots:
    return RemoteSlots(call_of(limiter), worker)


def account_of(limiter: Limiter, worker: str) -> RemoteAccount:
    return RemoteAccount(call_of(limiter), worker)


async def settle_down() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_slots_hold_over_workers() -> None:
    async def scene() -> None:
        limiter = Limiter(2, Caps(), Usage())
        slots = [slots_of(limiter, name) for name in ("a", "b", "c")]
        inside, most = 0, 0

        async def call(own: RemoteSlots) -> None:
            nonlocal inside, most
            async with own.taken(0):
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0.001)
                inside -= 1

        await asyncio.gather(*(call(own) for own in slots * 5))
        await settle_down()
        assert most == 2
        assert (await limiter.state())[:2] == (15, 0)

    asyncio.run(scene())


def test_a_call_that_gives_up_waiting_keeps_no_slot() -> None:
    async def scene() -> None:
        limiter = Limiter(1, Caps(), Usage())
        a, b = slots_of(limiter, "a"), slots_of(limiter, "b")
        async with a.taken(0):
            waiting = asyncio.ensure_future(b.taken(0).__aenter__())
            await settle_down()
            waiting.cancel()
            await settle_down()
        await settle_down()
        assert (await limiter.state())[1] == 0
        async with asyncio.timeout(1), b.taken(0):
            pass

    asyncio.run(scene())


def test_caps_hold_over_workers_and_a_reservation_given_up_is_given_back() -> None:
    async def scene() -> None:
        limiter = Limiter(4, Caps(calls=2), Usage())
        a, b = account_of(limiter, "a"), account_of(limiter, "b")
        assert await a.reserve(ONE)
        assert await b.reserve(ONE)
        waiting = asyncio.ensure_future(a.reserve(ONE))
        await settle_down()
        assert not waiting.done()  # both under way may yet be given back
        waiting.cancel()
        b.settle(ONE, Usage())
        await settle_down()
        a.settle(ONE, Usage(calls=1, input_tokens=7))
        await settle_down()
        assert await b.reserve(ONE)
        b.settle(ONE, Usage(calls=1))
        await settle_down()
        assert not await a.reserve(ONE)
        assert (await limiter.state())[2] == Usage(calls=2, input_tokens=7)

    asyncio.run(scene())


def test_what_a_dead_worker_held_is_free_and_counts_as_spent() -> None:
    async def scene() -> None:
        limiter = Limiter(1, Caps(), Usage())
        held = slots_of(limiter, "dead").taken(0)
        await held.__aenter__()
        assert await account_of(limiter, "dead").reserve(ONE)
        await limiter.forget("dead")
        async with asyncio.timeout(1), slots_of(limiter, "other").taken(0):
            pass
        used = (await limiter.state())[2]
        assert used == Usage(calls=1, unsure_tokens=10, unsure_picodollars=5)

    asyncio.run(scene())
