from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from econsim_mesa.domains.body.sleep_schedule import SleepSchedule
from econsim_mesa.errors import BadInput


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(1, 6)), min_size=1, max_size=5))
def test_asleep_for_k_steps_and_awake_at_t_plus_k(naps: list[tuple[int, int]]) -> None:
    sleep = SleepSchedule(len(naps))
    for t in range(20):
        woke = sleep.wake(t)
        for i, (start, steps) in enumerate(naps):
            if start == t:
                sleep.go_to_sleep(i, t, steps)
        assert sleep.asleep(t).tolist() == [a <= t < a + k for a, k in naps]
        assert woke.tolist() == [i for i, (a, k) in enumerate(naps) if t == a + k]
        assert sleep.woke.tolist() == [t == a + k for a, k in naps]
        assert sleep.fell_asleep.tolist() == [t == a for a, _ in naps]


def test_waking_and_falling_asleep_again_in_one_step_shows_both() -> None:
    sleep = SleepSchedule(1)
    sleep.go_to_sleep(0, 3, 2)
    assert sleep.wake(5).tolist() == [0]
    sleep.go_to_sleep(0, 5, 1)
    assert (sleep.woke.tolist(), sleep.fell_asleep.tolist()) == ([True], [True])
    assert sleep.asleep(5).tolist() == [True]


def test_refuses_no_sleep_and_sleep_in_sleep() -> None:
    sleep = SleepSchedule(2)
    with pytest.raises(BadInput, match="0 steps"):
        sleep.go_to_sleep(1, 0, 0)
    sleep.go_to_sleep(1, 0, 5)
    with pytest.raises(BadInput, match="until step 5"):
        sleep.go_to_sleep(1, 2, 1)
    assert sleep.until.tolist() == [-1, 5]


@pytest.mark.parametrize("end_first", [True, False])
def test_ending_all_sleep_is_seen_as_waking_in_either_order(end_first: bool) -> None:
    sleep = SleepSchedule(3)
    sleep.go_to_sleep(0, 1, 2)
    sleep.go_to_sleep(1, 1, 9)
    if end_first:
        sleep.end(3)
    sleep.wake(3)
    if not end_first:
        sleep.end(3)
    assert sleep.woke.tolist() == [True, True, False]
    assert not sleep.asleep(3).any()
    sleep.wake(4)
    assert not sleep.woke.any()
    assert np.array_equal(sleep.until, [3, 3, -1])
