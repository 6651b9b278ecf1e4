"""A reply is waited for as long as a server of its speed may need, and no longer."""

from __future__ import annotations

import asyncio

import pytest

from econsim_mesa.llm import patience
from econsim_mesa.llm.patience import LEAST, Patience


def after(*replies: tuple[float, int | None], most: int = 800) -> float:
    """Return the patience after replies: their seconds and tokens."""

    async def main() -> float:
        known = Patience()
        for seconds, tokens in replies:
            known.learn(seconds, tokens)
        return known.seconds(most)

    return asyncio.run(main())


def test_a_server_of_which_nothing_is_known_may_be_slow() -> None:
    assert after() > 80 + 800 / 2  # the longest reply at two tokens a second
    assert after(most=8800) > 8800 / 2


def test_a_fast_server_is_waited_for_a_minute() -> None:
    assert after((0.5, 60)) == LEAST


@pytest.mark.parametrize("speed", [0.5, 2.0, 10.0])
def test_the_longest_reply_of_a_slow_server_has_time(speed: float) -> None:
    assert after((60 / speed, 60)) >= 800 / speed


def test_the_slowest_of_the_last_replies_counts_and_is_forgotten() -> None:
    assert after((1.0, 60), (60.0, 60), (1.0, 60)) > 800
    assert after((60.0, 60), *[(1.0, 60)] * 40) == LEAST


def test_a_reply_without_a_count_is_taken_for_a_short_one() -> None:
    assert after((10.0, None)) >= 800


def test_it_ends_a_wait_and_what_is_learned_meanwhile_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(patience, "LEAST", 0.02)
    monkeypatch.setattr(patience, "_READING", 0.0)

    async def waits(learn: bool) -> bool:
        known = Patience()
        known.learn(0.001, 1000)  # very fast
        try:
            async with known.limit(16):
                if learn:
                    known.learn(60.0, 16)
                await asyncio.sleep(0.1)
        except TimeoutError:
            return False
        return True

    assert not asyncio.run(waits(False))
    assert asyncio.run(waits(True))


@pytest.mark.parametrize(("ahead", "is_waited_for"), [(True, True), (False, False)])
def test_a_queue_of_the_server_is_waited_for(
    ahead: bool, is_waited_for: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "LEAST", 0.3)

    async def main() -> bool:
        known = Patience()
        known.learn(0.001, 1000)  # very fast
        try:
            async with known.limit(16):
                await asyncio.sleep(0.2)
                # A reply to a call that was sent before this one, or after it.
                known.learn(0.25 if ahead else 0.05, 1000)
                await asyncio.sleep(0.2)
        except TimeoutError:
            return False
        return True

    assert asyncio.run(main()) == is_waited_for
