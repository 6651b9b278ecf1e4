"""Hunger against its formula, and the known values of the case study."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from econsim_mesa.mind.stressors import Hunger


def direct(history, warm, target, window, gamma, two_sided):
    """Evaluate the formula of the model from the full history."""
    t = len(history) - 1
    each = target / sum(gamma**age for age in range(window)) if warm else 0.0
    eaten = [each] * window + history
    if not warm and t < window and not any(history):
        return 0.0
    q = sum(gamma**age * eaten[-1 - age] for age in range(window))
    short = abs(q - target) if two_sided else max(0.0, target - q)
    return 100 * min(1.0, short / target)


@given(
    history=st.lists(st.sampled_from([0.0, 0.0, 0.1, 0.3, 1.5, 3.0, 12.0]), max_size=30),
    warm=st.booleans(),
    target=st.floats(0.5, 30),
    window=st.integers(1, 10),
    gamma=st.floats(0, 1),
    two_sided=st.booleans(),
)
def test_equals_the_formula(build, experience, history, warm, target, window, gamma, two_sided):
    hunger = build(
        Hunger, warm_start=warm, target=target, window=window, gamma=gamma, two_sided=two_sided
    )
    for t, nutrition in enumerate(history):
        level = hunger.update(experience(t, nutrition=nutrition))[0]
        expected = direct(history[: t + 1], warm, target, window, gamma, two_sided)
        assert level == pytest.approx(expected, abs=1e-9)
        assert 0 <= level <= 100


def test_known_levels_with_nothing_to_eat(build, experience):
    hunger = build(Hunger)
    levels = [round(hunger.update(experience(t))[0]) for t in range(40)]
    assert [levels[steps - 1] for steps in (6, 12, 24, 36)] == [21, 39, 69, 93]
    assert levels[-1] == 100


def test_cold_start_is_silent_until_the_window_is_outlived(build, experience):
    hunger = build(Hunger, warm_start=False)
    levels = [hunger.update(experience(t))[0] for t in range(41)]
    assert levels[:40] == [0.0] * 40
    assert levels[40] == 100


def test_cold_start_counts_from_the_first_meal_on(build, experience):
    hunger = build(Hunger, 2, warm_start=False, gamma=1.0)
    assert hunger.update(experience(0, 2, nutrition=[0.0, 2.0])).tolist() == [0.0, 80.0]
    assert hunger.update(experience(1, 2)).tolist() == [0.0, 80.0]


def test_eating_more_than_the_target_hurts_only_if_two_sided(build, experience):
    meal = experience(nutrition=16.0)
    one = build(Hunger, warm_start=False)
    two = build(Hunger, warm_start=False, two_sided=True)
    assert one.update(meal).tolist() == [0.0]
    assert two.update(meal)[0] == pytest.approx(60.0)
    assert one.reason(0).startswith("ate enough: 16.0 nutrition")
    assert two.reason(0).startswith("ate too much: 16.0 nutrition")


def test_reason_names_amount_target_and_window(build, experience):
    hunger = build(Hunger, warm_start=False)
    hunger.update(experience(nutrition=3.2))
    assert hunger.reason(0) == "ate little: 3.2 nutrition points in the last 40 steps"


@pytest.mark.parametrize(
    "wrong", [{"target": 0.0}, {"target": -1.0}, {"window": 0}, {"gamma": 1.1}, {"gamma": -0.1}]
)
def test_refuses_parameters_out_of_range(wrong):
    with pytest.raises(ValidationError):
        Hunger.Parameters(**wrong)
