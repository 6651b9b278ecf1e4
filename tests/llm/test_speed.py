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
    assert speed_of(15).words == ""
    assert speed_of(15).time_for(100) is None


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


def test_bursts_of_a_limit_by_the_minute_are_no_speed_before_the_next_minute() -> None:
    clock = Clock()
    speed = Speed(clock)
    speed.begin()
    for minute in range(2):
        for reply in range(20):
            clock.now = 60 * minute + 0.1 * reply
            speed.note_reply()
        clock.now = 60 * minute + 59
        if minute == 0:
            assert speed.per_minute is None
    assert speed.per_minute == pytest.approx(20, rel=0.1)


def test_a_server_that_gets_slower_is_told_as_it_is_now() -> None:
    moments = [0.0]
    for reply in range(40):
        moments.append(moments[-1] + 1.02**reply)
    pace = speed_of(*moments[1:]).per_minute
    assert pace is not None
    assert pace < 60 * 40 / moments[-1]


def test_the_time_of_all_calls_is_what_passed_and_what_the_rest_takes() -> None:
    speed = speed_of(15, 30, 45, 60)
    assert speed.words == "this server answers about 4 calls a minute"
    expected = speed.time_for(3600)
    assert expected is not None
    assert expected.seconds == pytest.approx(15 * 3600)
    assert expected.least == pytest.approx(60 + 3596 * 15 / 2)  # by four replies
    assert expected.most == pytest.approx(60 + 3596 * 15 * 2)


def test_more_replies_make_it_surer() -> None:
    expected = speed_of(*(15.0 * i for i in range(1, 401))).time_for(3600)
    assert expected is not None
    assert expected.most == pytest.approx(6000 + 1.1 * 3200 * 15)


def test_calls_that_are_done_take_no_more_time() -> None:
    assert speed_of(15, 30, 45).time_for(2) == (45, 45, 45, 3)
