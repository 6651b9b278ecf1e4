"""What all stressors share: level functions and a change of parameters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from econsim_mesa.errors import BadInput
from econsim_mesa.mind.stressors import Hunger, S, level_above, level_apart, level_below

VALUES = st.floats(0, 1e9)
TARGETS = st.floats(1e-3, 1e6)


@given(VALUES, TARGETS)
def test_levels_are_the_formulas_and_stay_in_bounds(value, target):
    x = np.array([value])
    short, over = max(0.0, target - value) / target, max(0.0, value - target) / target
    for level, expected in (
        (level_below(x, target), min(1.0, short)),
        (level_above(x, target), min(1.0, over)),
        (level_apart(x, target), min(1.0, short + over)),
    ):
        assert level[0] == pytest.approx(S * expected, abs=1e-9)
        assert 0 <= level[0] <= S


def test_retune_changes_what_is_live(build, experience):
    hunger = build(Hunger, warm_start=False, target=10.0)
    assert hunger.update(experience(nutrition=5.0)).tolist() == [50.0]
    hunger.retune(Hunger.Parameters(target=20.0))
    assert hunger.update(experience(nutrition=0.0))[0] == pytest.approx(100 * (1 - 4.9 / 20))


def test_retune_refuses_what_is_read_at_build(build):
    hunger = build(Hunger)
    with pytest.raises(BadInput, match="'window' is read when the town is built and stays 40"):
        hunger.retune(Hunger.Parameters(window=3))
    assert hunger.parameters.window == 40
