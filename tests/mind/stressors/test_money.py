"""Money stress against its formula, and where a denominator is zero."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from econsim_mesa.errors import UnknownName
from econsim_mesa.mind.stressors import Money

NAN = math.nan
UNIT = [1, 100]
ITEMS = ("Rice", "Flour")

households = st.tuples(st.integers(0, 50_000), st.integers(0, 9), st.integers(0, 900))
prices = st.tuples(*[st.one_of(st.just(NAN), st.integers(0, 5_000).map(float))] * 2)
steps = st.lists(st.tuples(st.tuples(*[households] * 3), prices), min_size=2, max_size=10)


def direct_wealth(household, price):
    cash, rice, flour = household
    return cash + sum(
        q / u * p for q, u, p in zip((rice, flour), UNIT, price, strict=True) if not math.isnan(p)
    )


def direct_buffer(cash, price, weights):
    sold = [(p, w) for p, w in zip(price, weights, strict=True) if not math.isnan(p)]
    total = sum(w for _, w in sold)
    mean = sum(p * w for p, w in sold) / total if total else 0.0
    if mean:
        return cash / mean
    return math.inf if cash else 0.0


def direct(history, i, warm, p, weights):
    """Evaluate the formula for household i; ``history[0]`` is the town before step 0."""
    town, price = history[-1]
    wealths = [direct_wealth(h, price) for h in town]
    mean = sum(wealths) / len(wealths)
    sd = math.sqrt(sum((w - mean) ** 2 for w in wealths) / len(wealths))
    r = (wealths[i] - mean) / sd if sd > 1e-12 * mean else 0.0
    t = len(history) - 2
    before = history[max(0, t - p.window + 1)]
    known = warm or t >= p.window
    past = direct_wealth(before[0][i], before[1]) if known else 0.0
    g = (wealths[i] - past) / max(past, 1)
    b = direct_buffer(town[i][0], price, weights)
    return 100 * min(
        1.0,
        p.buffer_weight * max(0.0, p.buffer - b) / p.buffer
        + p.relative_weight * max(0.0, p.relative_wealth - r) / (abs(p.relative_wealth) + 1)
        + p.growth_weight * max(0.0, p.growth - g) / (1 - abs(p.growth)),
    )


@given(
    history=steps,
    warm=st.booleans(),
    window=st.integers(1, 4),
    targets=st.tuples(st.floats(0.5, 40), st.floats(-2, 2), st.floats(-0.9, 0.9)),
    weights=st.tuples(*[st.floats(0, 2)] * 3),
    basket=st.one_of(st.none(), st.just({"Flour": 3.0, "Rice": 1.0}), st.just({"Rice": 2.0})),
)
def test_equals_the_formula(
    build, experience, start, history, warm, window, targets, weights, basket
):
    def state(make, town, price, **other):
        rows = np.array(town)
        return make(n=3, cash=rows[:, 0], holdings=rows[:, 1:], unit=UNIT, cheapest=price, **other)

    given_parameters = dict(
        zip(("buffer", "relative_wealth", "growth"), targets, strict=True),
        buffer_weight=weights[0],
        relative_weight=weights[1],
        growth_weight=weights[2],
        window=window,
        basket=basket,
    )
    before = state(start, *history[0], items=ITEMS)
    money = build(Money, 3, warm_start=warm, start=before, **given_parameters)
    basket_weights = [1.0, 1.0] if basket is None else [basket.get(item, 0.0) for item in ITEMS]
    for t in range(len(history) - 1):
        levels = money.update(state(experience, *history[t + 1], t=t))
        for i in range(3):
            expected = direct(history[: t + 2], i, warm, money.parameters, basket_weights)
            assert levels[i] == pytest.approx(expected, abs=1e-6)
            assert 0 <= levels[i] <= 100


def only(**weight):
    """Return weights that leave one term alone."""
    none = {"buffer_weight": 0.0, "relative_weight": 0.0, "growth_weight": 0.0}
    return none | weight


def test_buffer_is_cash_over_the_mean_cheapest_price(build, experience, start):
    town = {"unit": [1, 1, 1], "holdings": np.zeros((1, 3)), "cheapest": [100.0, 300.0, NAN]}
    money = build(Money, start=start(**town), **only(buffer_weight=1.0))
    assert money.update(experience(cash=1000, **town))[0] == pytest.approx(75.0)
    assert money.reason(0) == "cash buys 5.0 average items"


def test_nothing_sold_or_all_free(build, experience, start):
    for price in (NAN, 0.0):
        money = build(Money, 2, start=start(2), **only(buffer_weight=1.0))
        levels = money.update(experience(0, 2, cash=[0, 1], cheapest=[price]))
        assert levels.tolist() == [100.0, 0.0]


@pytest.mark.parametrize("n", [3, 6, 10, 13])
def test_equal_wealth_is_nobody_poorer(build, experience, start, n):
    town = {"holdings": [[1]] * n, "unit": [1], "cheapest": [0.1]}  # the mean is rounded
    money = build(
        Money, n, start=start(n, **town), relative_wealth=0.5, **only(relative_weight=1.0)
    )
    assert money.update(experience(0, n, **town)).tolist() == pytest.approx([100 / 3] * n)


def test_growth_from_nothing_is_taken_over_one_currency_unit(build, experience, start):
    town = {"unit": [10], "cheapest": [1.0]}
    money = build(Money, start=start(**town), growth=0.9, **only(growth_weight=0.1))
    assert money.update(experience(holdings=[[5]], **town))[0] == pytest.approx(40.0)


def test_loss_is_taken_over_the_window(build, experience, start):
    money = build(Money, start=start(cash=1000), window=2, growth=0.0, **only(growth_weight=1.0))
    losses = [money.update(experience(t, cash=c))[0] for t, c in enumerate((800, 600, 600, 600))]
    assert losses == pytest.approx([20.0, 40.0, 25.0, 0.0])


def test_cold_start_knows_no_loss_before_the_window_is_full(build, experience, start):
    money = build(
        Money, warm_start=False, start=start(cash=1000), window=2, **only(growth_weight=1.0)
    )
    levels = [money.update(experience(t, cash=c))[0] for t, c in enumerate((800, 600, 0))]
    assert levels == pytest.approx([0.0, 0.0, 100.0])


def test_reason_starts_with_the_heaviest_term(build, experience, start):
    money = build(Money, 9, start=start(9, cash=1000))
    money.update(experience(0, 9, cash=[500] + [1000] * 8, cheapest=[40.0]))
    assert money.reason(0) == (
        "wealth is 2.8 standard deviations below the mean; "
        "cash buys 12.5 average items; "
        "wealth changed by -50% in the last 5 steps"
    )
    assert money.reason(1) == "money is enough"


def test_basket_names_an_item(build, start):
    with pytest.raises(UnknownName, match="did you mean 'Rice'"):
        build(Money, start=start(items=("Rice",)), basket={"Rise": 1.0})


@pytest.mark.parametrize(
    "wrong",
    [
        {"buffer": 0.0},
        {"growth": 1.0},
        {"growth": -1.0},
        {"window": 0},
        {"buffer_weight": -1.0},
        {"basket": {}},
        {"basket": {"Rice": -1.0, "Soup": 2.0}},
    ],
)
def test_refuses_parameters_out_of_range(wrong):
    with pytest.raises(ValidationError):
        Money.Parameters(**wrong)
