"""Congestion against its formula, with and without smoothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from econsim_mesa.mind.stressors import Congestion


def direct(counts, target, smoothing, two_sided):
    """Evaluate the formula from all counts so far."""
    n = float(counts[0])
    for count in counts[1:]:
        n = smoothing * count + (1 - smoothing) * n
    over = abs(n - target) if two_sided else max(0.0, n - target)
    return 100 * min(1.0, over / target)


@given(
    counts=st.lists(st.integers(0, 30), max_size=20),
    target=st.floats(0.5, 20),
    smoothing=st.floats(0.01, 1),
    two_sided=st.booleans(),
    warm=st.booleans(),
)
def test_equals_the_formula(build, experience, counts, target, smoothing, two_sided, warm):
    congestion = build(
        Congestion, warm_start=warm, target=target, smoothing=smoothing, two_sided=two_sided
    )
    for t, count in enumerate(counts):
        level = congestion.update(experience(t, near=count))[0]
        expected = direct(counts[: t + 1], target, smoothing, two_sided)
        assert level == pytest.approx(expected, abs=1e-9)
        assert 0 <= level <= 100


def test_known_levels_of_the_case_study(build, experience):
    congestion = build(Congestion, 5)
    levels = congestion.update(experience(0, 5, near=[0, 3, 4, 6, 20]))
    assert levels.tolist() == pytest.approx([0, 0, 100 / 3, 100, 100])


def test_without_homes_only_those_out_count_and_nobody_suffers_at_home(build, experience):
    seen = {"near": 9, "near_out": [0, 4, 6], "at_home": [True, False, False]}
    out = build(Congestion, 3, homes=False)
    assert out.update(experience(0, 3, **seen)).tolist() == pytest.approx([0, 100 / 3, 100])
    assert out.reason(2) == "crowded: 6 others out within 1 cell"
    apart = build(Congestion, 3, homes=False, two_sided=True, smoothing=0.5)
    assert apart.update(experience(0, 3, **seen))[0] == 0
    at_rest = experience(1, 3, near_out=[6, 0, 0], at_home=[False, True, True])
    assert apart.update(at_rest).tolist() == pytest.approx([0, 0, 0])
    assert build(Congestion, 3).update(experience(0, 3, **seen)).tolist() == [100, 100, 100]


def test_asks_for_its_own_radius(build, experience):
    asked = []

    def near(radius):
        asked.append(radius)
        return np.array([7])

    build(Congestion, radius=2).update(experience(near=near))
    assert asked == [2]


def test_reasons(build, experience):
    congestion = build(Congestion, 2, two_sided=True)
    congestion.update(experience(0, 2, near=[5, 1]))
    assert congestion.reason(0) == "crowded: 5 others within 1 cell"
    assert congestion.reason(1) == "lonely: 1 other within 1 cell"
    own_cell = build(Congestion, radius=0)
    own_cell.update(experience(near=2))
    assert own_cell.reason(0) == "not crowded: 2 others in the cell"


@pytest.mark.parametrize(
    "wrong", [{"target": 0.0}, {"radius": -1}, {"smoothing": 0.0}, {"smoothing": 1.1}]
)
def test_refuses_parameters_out_of_range(wrong):
    with pytest.raises(ValidationError):
        Congestion.Parameters(**wrong)
