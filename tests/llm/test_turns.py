"""Work on the event loop gives way to replies; the collector spares what was there before."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator

import pytest

from econsim_mesa.llm.garbage import old_objects_spared
from econsim_mesa.llm.turns import reply_came, turn


@pytest.fixture
def _nothing_frozen(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("econsim_mesa.llm.garbage._theirs", False)
    before = gc.get_freeze_count()
    gc.unfreeze()
    yield
    gc.unfreeze()
    if before:
        gc.freeze()


def test_work_waits_for_replies_and_keeps_its_order() -> None:
    """Ten replies arrive one after the other, two passes of the loop each; work comes after all."""
    seen: list[str] = []

    async def reply(number: int) -> None:
        for _ in range(number):
            await asyncio.sleep(0)
        reply_came()
        seen.append(f"reply {number}")

    async def work(number: int) -> None:
        await turn()
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
        await turn()
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
        first, second = (asyncio.ensure_future(turn()) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.wait_for(second, 5)
        assert first.cancelled()
        await asyncio.wait_for(turn(), 5)  # the queue was empty, and is watched again

    asyncio.run(all_of_it())


@pytest.mark.usefixtures("_nothing_frozen")
def test_old_objects_are_spared_until_the_last_one_leaves() -> None:
    with old_objects_spared():
        assert gc.get_freeze_count() > 1000
        with old_objects_spared():
            pass
        assert gc.get_freeze_count() > 1000
    assert gc.get_freeze_count() == 0


@pytest.mark.usefixtures("_nothing_frozen")
def test_what_a_program_froze_stays_frozen() -> None:
    gc.freeze()
    for _ in range(2):
        with old_objects_spared():
            pass
        assert gc.get_freeze_count() > 1000


@pytest.mark.usefixtures("_nothing_frozen")
def test_what_a_program_froze_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = []
    monkeypatch.setattr(gc, "get_freeze_count", lambda: counted.append(1) or 5)
    for _ in range(3):
        with old_objects_spared():
            pass
    assert len(counted) == 1
