"""A server gets as many attempts at once as it bears, in order, and none while it asks for rest."""

from __future__ import annotations

import asyncio

from econsim_mesa.llm.concurrency import ConcurrencyLimit


def test_it_is_halved_once_for_all_that_were_under_way_and_grows_with_replies() -> None:
    async def main() -> None:
        turns, begun = ConcurrencyLimit(), asyncio.get_running_loop().time()
        ended = asyncio.Event()

        async def attempt() -> None:
            async with turns.taken():
                await ended.wait()

        attempts = [asyncio.ensure_future(attempt()) for _ in range(8)]
        await asyncio.sleep(0)
        for _ in attempts:
            turns.reduce(begun)
        assert turns.limit == 4
        ended.set()
        await asyncio.gather(*attempts)
        turns.grow()
        assert turns.limit == 5
        turns.reduce(asyncio.get_running_loop().time())
        assert turns.limit == 1

    asyncio.run(main())


def test_more_wait_and_who_was_asked_before_goes_first() -> None:
    order: list[str] = []

    async def main() -> None:
        turns = ConcurrencyLimit()
        turns.reduce(asyncio.get_running_loop().time())
        assert turns.limit == 1

        async def attempt(name: str, *, again: bool = False) -> None:
            async with turns.taken(again=again):
                order.append(name)
                await asyncio.sleep(0)

        await asyncio.gather(attempt("a"), attempt("b"), attempt("c"), attempt("d", again=True))

    asyncio.run(main())
    assert order == ["a", "d", "b", "c"]


def test_none_begins_while_the_server_asks_for_rest() -> None:
    async def main() -> float:
        turns, loop = ConcurrencyLimit(), asyncio.get_running_loop()
        begun = loop.time()
        turns.pause(0.05)
        async with turns.taken():
            return loop.time() - begun

    assert asyncio.run(main()) >= 0.05


def test_who_gives_up_waiting_leaves_no_gap() -> None:
    async def main() -> None:
        turns = ConcurrencyLimit()
        turns.reduce(asyncio.get_running_loop().time())

        async def attempt() -> None:
            async with turns.taken():
                await asyncio.sleep(0)

        first, second, third = (asyncio.ensure_future(attempt()) for _ in range(3))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.wait_for(asyncio.gather(first, third), 5)
        await asyncio.wait_for(attempt(), 5)

    asyncio.run(main())


def test_who_waits_already_goes_on_after_a_rest_though_nobody_else_comes() -> None:
    async def main() -> None:
        turns = ConcurrencyLimit()
        turns.reduce(asyncio.get_running_loop().time())

        async def first() -> None:
            async with turns.taken():
                await asyncio.sleep(0.01)
                turns.pause(0.05)

        async def second() -> None:
            async with turns.taken():
                pass

        await asyncio.wait_for(asyncio.gather(first(), second()), 5)

    asyncio.run(main())
