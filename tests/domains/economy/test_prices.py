"""Prices: discounts, the cheapest offer and consumption tax."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from econsim_mesa.domains.economy.goods import MAX_PRICE
from econsim_mesa.domains.economy.prices import NOT_SOLD, Prices, split_tax
from econsim_mesa.errors import BadInput


@pytest.fixture
def prices() -> Prices:
    """Store 0 sells items 0 and 1, store 1 items 1 and 2; nobody sells item 3."""
    return Prices(np.array([[2000, 150, -1, -1], [-1, 145, 333, -1]]))


def test_posts_the_base_at_first(prices: Prices) -> None:
    assert (
        prices.posted.tolist() == prices.base.tolist() == [[2000, 150, -1, -1], [-1, 145, 333, -1]]
    )
    assert prices.sells.tolist() == [[True, True, False, False], [False, True, True, False]]


def test_discounts_round_half_up_and_leave_out_what_is_not_sold(prices: Prices) -> None:
    prices.set_discounts(np.array([[40, 0, 40, 0], [0, 10, 50, 0]], dtype=float))
    assert prices.posted.tolist() == [[1200, 150, -1, -1], [-1, 131, 167, -1]]
    prices.set_discounts(np.zeros((2, 4)))
    assert prices.posted.tolist() == prices.base.tolist()


def test_everything_off_is_free(prices: Prices) -> None:
    prices.set_discounts(np.full((2, 4), 100.0))
    assert prices.posted.tolist() == [[0, 0, -1, -1], [-1, 0, 0, -1]]


def test_a_new_base_keeps_the_discount(prices: Prices) -> None:
    prices.set_discounts(np.full((2, 4), 40.0))
    prices.set_base(0, 0, 1001)
    assert (prices.price(0, 0), prices.price(0, 1)) == (601, 90)
    assert prices.base[0, 0] == 1001


@pytest.mark.parametrize(
    ("item", "price", "words"), [(2, 100, "does not sell"), (0, -1, "0 .."), (0, 10**13, "0 ..")]
)
def test_bad_bases_are_refused(prices: Prices, item: int, price: int, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        prices.set_base(0, item, price)


@pytest.mark.parametrize("percent", [-1.0, 100.1, math.nan])
def test_bad_discounts_are_refused(prices: Prices, percent: float) -> None:
    with pytest.raises(BadInput, match=r"0 \.\. 100 percent"):
        prices.set_discounts(np.full((2, 4), percent))


def test_discounts_of_another_shape_are_refused(prices: Prices) -> None:
    with pytest.raises(BadInput, match="shape"):
        prices.set_discounts(np.zeros(4))


@pytest.mark.parametrize(
    "base", [np.array([[1.5]]), np.array([1]), np.array([[-2]]), np.array([[MAX_PRICE + 1]])]
)
def test_bad_tables_are_refused(base: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> None:
    with pytest.raises(BadInput, match="price"):
        Prices(base)


def test_views_cannot_be_written(prices: Prices) -> None:
    for view in (prices.base, prices.posted, prices.sells):
        with pytest.raises(ValueError, match="read-only"):
            view[0, 0] = 1


def test_cheapest_offer_of_each_item(prices: Prices) -> None:
    cheapest = prices.cheapest()
    assert cheapest[:3].tolist() == [2000.0, 145.0, 333.0]
    assert np.isnan(cheapest[3])
    prices.set_base(1, 1, 151)
    assert prices.cheapest()[1] == 150.0


def test_without_stores_nothing_is_sold() -> None:
    assert np.isnan(Prices(np.zeros((0, 2), dtype=np.int64)).cheapest()).all()


@given(st.integers(0, MAX_PRICE), st.integers(0, 10_000))
def test_discounts_are_exact(base: int, basis_points: int) -> None:
    prices = Prices(np.array([[base]]))
    prices.set_discounts(np.array([[basis_points / 100]]))
    exact = Fraction(base * (10_000 - basis_points), 10_000)
    assert prices.price(0, 0) == math.floor(exact + Fraction(1, 2))
    prices.set_base(0, 0, base)
    assert prices.price(0, 0) == math.floor(exact + Fraction(1, 2))


@given(st.integers(0, 10**15), st.integers(0, 20_000))
def test_tax_is_split_exactly(amount: int, rate: int) -> None:
    net, tax = split_tax(amount, rate)
    assert net + tax == amount
    assert net == math.floor(Fraction(amount * 10_000, 10_000 + rate) + Fraction(1, 2))
    assert 0 <= net <= amount


def test_a_negative_rate_is_refused() -> None:
    with pytest.raises(BadInput, match="at least 0 basis points"):
        split_tax(100, -1)


def test_not_sold_is_minus_one(prices: Prices) -> None:
    assert prices.price(0, 3) == NOT_SOLD == -1
