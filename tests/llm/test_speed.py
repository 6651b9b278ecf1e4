"""What a server answers in a minute, and how long all calls take, from the first replies on."""

from __future__ import annotations

import pytest

from econsim_mesa.llm.speed import Speed


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def speed_of(*replies: float, idle: float = 0.0) -> Speed:
    """Return the speed of a server whose replies come at these seconds, after an idle time."""
    clock = Clock()
    speed = Speed(clock)
    clock.now = idle
    speed.begin()
    for moment in replies:
        clock.now = idle + moment
        speed.note_reply()
    return speed


def test_nothing_is_said_before_there_is_anything_to_say() -> None:
    assert speed_of().per_minute is None
    assert speed_of(15, 30).per_minute is None
    assert speed_of(15).forecast(100) == ""


@pytest.mark.parametrize("idle", [0.0, 500.0])
def test_one_call_after_the_other(idle: float) -> None:
    assert speed_of(15, 30, 45, idle=idle).per_minute == pytest.approx(4)


def test_a_first_call_for_which_a_model_is_loaded_counts_little() -> None:
    assert speed_of(90, 105, 120, 135, 150, 165, 180).per_minute == pytest.approx(4)


def test_calls_that_end_in_waves() -> None:
    waves = [10, 10.1, 10.2, 10.3]
    assert speed_of(*waves).per_minute is None  # not one in a tenth of a second
    two = speed_of(*waves, *(10 + moment for moment in waves)).per_minute
    assert two == pytest.approx(24, rel=0.1)


def test_a_server_that_gets_slower_is_slow() -> None:
    fast = [float(i) for i in range(1, 400)]
    slow = [400 + 10.0 * i for i in range(1, 600)]
    assert speed_of(*fast, *slow).per_minute == pytest.approx(6, rel=0.05)


def test_time_in_which_nobody_asks_does_not_count() -> None:
    clock = Clock()
    speed = Speed(clock)
    for _ in range(5):
        speed.begin()
        clock.now += 15
        speed.note_reply()
        speed.end()
        clock.now += 1000
    assert speed.seconds == 75
    assert speed.per_minute == pytest.approx(4)


def test_it_says_how_long_all_calls_take() -> None:
    speed = speed_of(15, 30, 45)
    assert speed.forecast(3600) == (
        "this server answers about 4 calls a minute: 3,600 calls take 15 hours"
    )
    assert speed.forecast(None) == "this server answers about 4 calls a minute"
