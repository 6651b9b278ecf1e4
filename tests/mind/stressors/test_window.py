"""The discounted sum against its definition over the full history."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from econsim_mesa.mind.stressors.window import DiscountedSum

AMOUNTS = st.floats(0, 50, allow_nan=False).map(lambda x: round(x, 3))


def direct(history, window, gamma, kept):
    """Sum gamma^age x value over ages 0 .. W - 1 with a constant past that summed to ``kept``."""
    each = (kept or 0.0) / sum(gamma**age for age in range(window))
    full = [each] * window + history
    return sum(gamma**age * full[-1 - age] for age in range(window))


@given(
    history=st.lists(st.tuples(AMOUNTS, AMOUNTS), min_size=1, max_size=40),
    window=st.integers(1, 12),
    gamma=st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0, 1)),
    kept=st.one_of(st.none(), st.floats(0, 100)),
)
def test_equals_the_direct_sum(history, window, gamma, kept):
    window_sum = DiscountedSum(2, window, gamma, kept)
    for t, values in enumerate(history):
        total = window_sum.push(np.array(values))
        for i in (0, 1):
            expected = direct([row[i] for row in history[: t + 1]], window, gamma, kept)
            assert total[i] == pytest.approx(expected, abs=1e-9)
            assert total[i] >= 0


def test_does_not_drift_over_many_steps():
    draws = np.random.default_rng(1).random(20_000)
    window_sum = DiscountedSum(1, 40, 1.0, None)
    for x in draws:
        total = window_sum.push(np.array([x]))
    assert total[0] == pytest.approx(draws[-40:].sum(), abs=1e-9)


def test_unknown_ends_with_the_first_value_or_the_window():
    window_sum = DiscountedSum(2, 3, 0.5, None)
    window_sum.push(np.array([0.0, 0.0]))
    assert window_sum.unknown.tolist() == [True, True]
    window_sum.push(np.array([0.0, 1.0]))
    assert window_sum.unknown.tolist() == [True, False]
    window_sum.push(np.array([0.0, 0.0]))
    assert window_sum.unknown.tolist() == [True, False]
    window_sum.push(np.array([0.0, 0.0]))
    assert window_sum.unknown is None


def test_a_warm_start_is_never_unknown():
    assert DiscountedSum(2, 3, 0.5, 0.0).unknown is None
