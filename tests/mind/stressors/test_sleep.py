"""Sleep stress against its formula from full histories."""

from __future__ import annotations

import cmath
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from econsim_mesa.mind.stressors import Sleep

STEPS = st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), max_size=60)


def circular_variance(hours):
    """Return 1 - R of clock times, 0 below two of them."""
    if len(hours) < 2:
        return 0.0
    return 1 - abs(sum(cmath.exp(2j * math.pi * hour / 24) for hour in hours)) / len(hours)


def direct(history, hours, step_hours, warm, p):
    """Evaluate the formula from (slept, fell asleep, woke) of all steps."""
    window = max(1, round(p.window_hours / step_hours))
    elapsed, recent = len(history), list(zip(history, hours, strict=True))[-window:]
    slept = step_hours * sum(row[0] for row, _ in recent)
    target = p.target_hours
    if warm:
        slept += p.target_hours / window * max(0, window - elapsed)
    else:
        target *= min(1.0, elapsed / window)
    on = circular_variance([hour for row, hour in recent if row[1]])
    off = circular_variance([hour for row, hour in recent if row[2]])
    return 100 * min(
        1.0,
        p.duration_weight * max(0.0, target - slept) / target
        + p.regularity_weight * (on + off) / 2,
    )


@given(
    history=STEPS,
    warm=st.booleans(),
    step_hours=st.sampled_from([0.5, 1.0, 2.0]),
    target=st.floats(0.5, 6),
    window=st.floats(6, 20),
    u=st.floats(0, 1),
)
def test_equals_the_formula(build, experience, start, history, warm, step_hours, target, window, u):
    sleep = build(
        Sleep,
        warm_start=warm,
        start=start(step_hours=step_hours),
        target_hours=target,
        window_hours=window,
        duration_weight=u,
        regularity_weight=1 - u,
    )
    hours = [(9 + t * step_hours) % 24 for t in range(len(history))]
    for t, (slept, fell, woke) in enumerate(history):
        step = experience(
            t, hour=hours[t], step_hours=step_hours, slept=slept, fell_asleep=fell, woke=woke
        )
        level = sleep.update(step)[0]
        expected = direct(history[: t + 1], hours[: t + 1], step_hours, warm, sleep.parameters)
        assert level == pytest.approx(expected, abs=1e-9)
        assert 0 <= level <= 100


def nights(bedtimes, experience, sleep):
    """Live one day for each bedtime (in hours), eight hours of sleep each; return levels."""
    levels = []
    for day, bed in enumerate(bedtimes):
        for hour in range(24):
            step = experience(
                24 * day + hour,
                hour=float(hour),
                slept=bed <= hour < bed + 8,
                fell_asleep=hour == bed,
                woke=hour == bed + 8,
            )
            levels.append(sleep.update(step)[0])
    return levels


def test_enough_sleep_at_the_same_time_is_no_stress(build, experience):
    levels = nights([0] * 8, experience, build(Sleep))
    assert levels[-1] == pytest.approx(0.0, abs=1e-9)


def test_opposite_bedtimes_are_wholly_irregular(build, experience):
    sleep = build(Sleep, duration_weight=0.0, regularity_weight=1.0, window_hours=48.0)
    assert nights([0, 12] * 3, experience, sleep)[-1] == pytest.approx(100.0)
    assert sleep.reason(0).endswith("fell asleep and woke at irregular times")


def test_one_bedtime_alone_has_no_variance(build, experience):
    sleep = build(Sleep, duration_weight=0.0, regularity_weight=1.0)
    assert nights([5], experience, sleep) == [0.0] * 24


def test_no_sleep_warm_and_cold(build, experience):
    warm, cold = build(Sleep), build(Sleep, warm_start=False)
    assert [round(warm.update(experience(t))[0], 6) for t in range(72)][35::36] == [35.0, 70.0]
    assert cold.update(experience()).tolist() == [70.0]
    assert cold.reason(0) == "slept little: 0.0 hours in the last 72 hours"


@pytest.mark.parametrize(
    "wrong",
    [
        {"target_hours": 0.0},
        {"window_hours": 0.0},
        {"duration_weight": 0.5},
        {"target_hours": 80.0},
        {"duration_weight": -0.1, "regularity_weight": 1.1},
    ],
)
def test_refuses_parameters_out_of_range(wrong):
    with pytest.raises(ValidationError):
        Sleep.Parameters(**wrong)
