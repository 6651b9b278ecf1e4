"""Goods: columns, cost and rounding."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from econsim_mesa.domains.economy.goods import Goods, Item, round_half_up
from econsim_mesa.errors import BadInput

RICE = Item("Rice", 1000, 3.0, decimals=2)
PIZZA = Item("Pizza", 2000, 3.0, keeps_steps=2)
CAR = Item("Car", 900_000, 0.0, speed=3)


def test_columns_follow_the_order_of_the_items() -> None:
    goods = Goods((RICE, PIZZA, CAR))
    assert goods.count == 3
    assert goods.names == ("Rice", "Pizza", "Car")
    assert goods.index == {"Rice": 0, "Pizza": 1, "Car": 2}
    assert goods.price.tolist() == [1000, 2000, 900_000]
    assert goods.nutrition.tolist() == [3.0, 3.0, 0.0]
    assert goods.unit.tolist() == [100, 1, 1]
    assert goods.keeps.tolist() == [-1, 2, -1]
    assert goods.speed.tolist() == [1, 1, 3]


def test_columns_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        Goods((RICE,)).price[0] = 1


def test_names_must_differ() -> None:
    with pytest.raises(BadInput, match="different names"):
        Goods((RICE, RICE))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("price", -1),
        ("price", 10**12 + 1),
        ("nutrition", -0.1),
        ("nutrition", math.nan),
        ("nutrition", math.inf),
        ("decimals", -1),
        ("decimals", 10),
        ("keeps_steps", 0),
        ("speed", 0),
    ],
)
def test_values_out_of_range_are_refused(field: str, value: float) -> None:
    values: dict[str, object] = {"name": "Soup", "price": 300, "nutrition": 1.0, field: value}
    with pytest.raises(BadInput, match=f"item 'Soup': {field} must be"):
        Item(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("item", "price", "quantity", "cost"),
    [(0, 1000, 100, 1000), (0, 1, 49, 0), (0, 1, 50, 1), (0, 333, 50, 167), (1, 2000, 3, 6000)],
)
def test_cost_rounds_half_up(item: int, price: int, quantity: int, cost: int) -> None:
    assert Goods((RICE, PIZZA)).cost(item, price, quantity) == cost


def test_cost_does_not_overflow_numpy_integers() -> None:
    assert Goods((PIZZA,)).cost(0, np.int64(10**12), np.int64(10**12)) == 10**24


@given(st.integers(0, 10**30), st.integers(1, 10**12))
def test_rounding_is_exact(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator)
    assert round_half_up(numerator, denominator) == math.floor(exact + Fraction(1, 2))
