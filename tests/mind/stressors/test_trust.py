"""Lost trust against its formula, and its reasons."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from econsim_mesa.mind.stressors import Trust

COUNTS = st.tuples(*[st.integers(0, 4)] * 5)
NAMES = ("stock_outs", "empty_shelves", "bought", "false_news", "true_news")


def direct(steps, window, gamma, credit):
    """Evaluate the formula from all steps so far."""
    ages = list(enumerate(reversed(steps)))[:window]
    refused, empty, kept, wrong, right = (
        sum(gamma**age * one[k] for age, one in ages) for k in range(5)
    )
    stores = (kept + credit) / (kept + refused + empty + credit)
    sources = (right + credit) / (right + wrong + credit)
    return 100 * (1 - stores * sources)


@given(
    steps=st.lists(COUNTS, max_size=20),
    window=st.integers(1, 12),
    gamma=st.floats(0.1, 1),
    credit=st.floats(0.1, 10),
    warm=st.booleans(),
)
def test_equals_the_formula(build, experience, steps, window, gamma, credit, warm):
    trust = build(Trust, 2, warm_start=warm, window=window, gamma=gamma, credit=credit)
    for t, counts in enumerate(steps):
        events = {name: [count, 0] for name, count in zip(NAMES, counts, strict=True)}
        level, other = trust.update(experience(t, 2, events=events))
        assert level == pytest.approx(direct(steps[: t + 1], window, gamma, credit), abs=1e-7)
        assert 0 <= level <= 100
        assert other == 0


def test_reasons_and_facts(build, experience):
    trust = build(Trust, 4)
    nothing = {name: [0, 0, 0, 0] for name in NAMES}
    told = {"empty_shelves": [1, 0, 1, 0], "false_news": [0, 2, 2, 0], "bought": [0, 0, 0, 3]}
    trust.update(experience(0, 4, events=nothing | told))
    lost = [trust.reason(i).partition(":")[0] for i in range(4)]
    assert lost == [
        "lost trust in stores",
        "lost trust in what is posted",
        "lost trust in stores and in what is posted",
        "trusts stores and what is posted",
    ]
    assert trust.fact(1) == (
        "goods sold out 0.0 times, bought 0.0 times; posts wrong 2.0 times, right 0.0 times "
        "in the last 48 steps"
    )


@pytest.mark.parametrize("wrong", [{"window": 0}, {"gamma": 1.1}, {"credit": 0.0}])
def test_refuses_parameters_out_of_range(wrong):
    with pytest.raises(ValidationError):
        Trust.Parameters(**wrong)
