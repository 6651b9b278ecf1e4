"""Work on the event loop gives way to replies."""

from __future__ import annotations

import asyncio

from econsim_mesa.llm.fairness import note_reply, yield_to_replies


def test_work_waits_for_replies_and_keeps_its_order() -> None:
    """Ten replies arrive one after the other, two passes of the loop each; work comes after all."""
    seen: list[str] = []

    async def reply(number: int) -> None:
        for _ in range(number):
            await asyncio.sleep(0)
        note_reply()
        seen.append(f"reply {number}")

    async def work(number: int) -> None:
        await yield_to_replies()
        seen.append(f"work {number}")

    async def all_of_it() -> None:
        await asyncio.gather(*(work(k) for k in range(3)), *(reply(k) for k in range(10)))

    asyncio.run(all_of_it())
    assert seen == [f"reply {k}" for k in range(10)] + [f"work {k}" for k in range(3)]


def test_one_piece_of_work_begins_in_a_pass() -> None:
    passes = 0

    async def count() -> None:
        nonlocal passes
        while True:
            passes += 1
            await asyncio.sleep(0)

    async def work() -> int:
        await yield_to_replies()
        return passes

    async def all_of_it() -> list[int]:
        counting = asyncio.ensure_future(count())
        begun = await asyncio.gather(*(work() for _ in range(20)))
        counting.cancel()
        return begun

    begun = asyncio.run(all_of_it())
    assert len(set(begun)) == 20


def test_who_is_cancelled_takes_no_turn() -> None:
    async def all_of_it() -> None:
        first, second = (asyncio.ensure_future(yield_to_replies()) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.wait_for(second, 5)
        assert first.cancelled()
        await asyncio.wait_for(yield_to_replies(), 5)  # the queue was empty, and is watched again

    asyncio.run(all_of_it())
