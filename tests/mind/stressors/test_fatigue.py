"""Fatigue against its formula, one- and two-sided."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from econsim_mesa.mind.stressors import Fatigue


def direct(history, warm, window, gamma, limit, comfort, target):
    """Evaluate the formula from (distance, at_home) of all steps; ``target`` if two-sided."""
    moved = [distance for distance, _ in history]
    each = target / sum(gamma**age for age in range(window)) if warm and target else 0.0
    full = [each] * window + moved
    d = sum(gamma**age * full[-1 - age] for age in range(window))
    level = min(1.0, d / limit if target is None else abs(d - target) / target)
    if not warm and len(moved) - 1 < window and not any(moved):
        level = 0.0
    return 100 * level * ((1 - comfort) if history[-1][1] else 1)


@given(
    history=st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=30),
    warm=st.booleans(),
    window=st.integers(1, 10),
    gamma=st.floats(0, 1),
    limit=st.floats(0.5, 30),
    comfort=st.floats(0, 1),
    target=st.one_of(st.none(), st.floats(0.5, 30)),
)
def test_equals_the_formula(
    build, experience, history, warm, window, gamma, limit, comfort, target
):
    fatigue = build(
        Fatigue,
        warm_start=warm,
        window=window,
        gamma=gamma,
        limit=limit,
        home_comfort=comfort,
        two_sided=target is not None,
        target=target,
    )
    for t, (distance, at_home) in enumerate(history):
        level = fatigue.update(experience(t, distance=distance, at_home=at_home))[0]
        expected = direct(history[: t + 1], warm, window, gamma, limit, comfort, target)
        assert level == pytest.approx(expected, abs=1e-9)
        assert 0 <= level <= 100


def test_walking_tires_and_home_relieves(build, experience):
    fatigue = build(Fatigue, 2, gamma=1.0)
    levels = fatigue.update(experience(0, 2, distance=6.0, at_home=[False, True]))
    assert levels.tolist() == pytest.approx([40.0, 24.0])
    assert fatigue.reason(0) == "walked much: 6.0 cells in the last 24 steps"
    assert fatigue.reason(1).endswith("steps, eased by being at home")


def test_warm_start_is_rested_one_sided_and_content_two_sided(build, experience):
    assert build(Fatigue).update(experience()).tolist() == [0.0]
    two = build(Fatigue, two_sided=True, target=8.0, gamma=1.0)
    assert two.update(experience())[0] == pytest.approx(100 / 24)
    assert two.reason(0).startswith("walked little: 7.7 cells")


def test_two_sided_cold_start_is_silent_until_the_window_is_outlived(build, experience):
    fatigue = build(Fatigue, warm_start=False, two_sided=True, target=8.0, window=3)
    assert [fatigue.update(experience(t))[0] for t in range(4)] == [0.0, 0.0, 0.0, 100.0]
    assert fatigue.reason(0).startswith("did not walk")


@pytest.mark.parametrize(
    "wrong",
    [{"limit": 0.0}, {"window": 0}, {"home_comfort": 1.5}, {"two_sided": True}, {"target": 0.0}],
)
def test_refuses_parameters_out_of_range(wrong):
    with pytest.raises(ValidationError):
        Fatigue.Parameters(**wrong)
