"""Slots: never more than there are, the run furthest behind first, none lost by a cancellation."""

from __future__ import annotations

import asyncio
import random

from econsim_mesa.llm.slots import LocalSlots


def test_the_earliest_step_goes_first_and_then_who_came_first() -> None:
    async def all_of_it() -> list[tuple[int, str]]:
        slots, seen = LocalSlots(1), []
        await slots.acquire(0)

        async def call(step: int, name: str) -> None:
            async with slots.taken(step):
                seen.append((step, name))

        calls = [
            asyncio.ensure_future(call(*one)) for one in [(5, "a"), (2, "b"), (5, "c"), (2, "d")]
        ]
        await asyncio.sleep(0)
        slots.release()
        await asyncio.gather(*calls)
        return seen

    assert asyncio.run(all_of_it()) == [(2, "b"), (2, "d"), (5, "a"), (5, "c")]


def test_slots_are_never_exceeded_nor_lost() -> None:
    """Of 400 calls some are cancelled: while they wait, as a slot is given, or inside."""

    async def all_of_it() -> tuple[int, int]:
        slots, luck = LocalSlots(7), random.Random(4)
        inside = most = 0

        async def call(step: int) -> None:
            nonlocal inside, most
            async with slots.taken(step):
                inside += 1
                most = max(most, inside)
                try:
                    for _ in range(luck.randrange(4)):
                        await asyncio.sleep(0)
                finally:
                    inside -= 1

        calls = [asyncio.ensure_future(call(luck.randrange(9))) for _ in range(400)]
        while not all(one.done() for one in calls):
            luck.choice(calls).cancel()
            if luck.random() < 0.5:
                await asyncio.sleep(0)
        assert any(one.cancelled() for one in calls)
        assert any(not one.cancelled() for one in calls)
        for _ in range(7):  # all are free again
            await asyncio.wait_for(slots.acquire(0), 1)
        return inside, most

    assert asyncio.run(all_of_it()) == (0, 7)
