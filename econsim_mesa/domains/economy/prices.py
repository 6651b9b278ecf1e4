"""Prices: who sells what and for how much, with discounts and consumption tax, in integers.

A store's base price is its own; a promotion takes percents off; the posted price is what a
household sees. All are in the smallest currency unit per whole item, consumption tax included.
"""

from __future__ import annotations

import numpy as np

from econsim_mesa.domains.economy.goods import MAX_PRICE, round_half_up
from econsim_mesa.errors import BadInput
from econsim_mesa.read_only import read_only
from econsim_mesa.society.rng import Booleans, Floats, Integers

NOT_SOLD = -1
"""The price of an item that a store does not sell."""

WHOLE = 10_000
"""Basis points in 100 %."""


class Prices:
    """The prices of all stores, arrays of shape (stores, items).

    ``base`` is the price before discounts, ``NOT_SOLD`` where a store does not sell an item.
    ``sells`` says who sells what. Raises ``BadInput`` for a price out of range.
    """

    def __init__(self, base: Integers) -> None:
        given = np.asarray(base)
        if given.ndim != 2 or given.dtype.kind not in "iu":
            raise BadInput(
                "prices must be whole numbers of shape (stores, items), "
                f"not {given.dtype} of shape {given.shape}"
            )
        if ((given < NOT_SOLD) | (given > MAX_PRICE)).any():
            raise BadInput(f"a price must be 0 .. {MAX_PRICE}, or {NOT_SOLD} where not sold")
        self._base: Integers = given.astype(np.int64)
        self._discount = np.zeros(self._base.shape, dtype=np.int64)
        self._posted = self._base.copy()
        self.sells: Booleans = read_only(self._base != NOT_SOLD)

    @property
    def base(self) -> Integers:
        """Prices before discounts, a read-only view."""
        return read_only(self._base)

    @property
    def posted(self) -> Integers:
        """Posted prices, discounts taken off, a read-only view."""
        return read_only(self._posted)

    def price(self, store: int, item: int) -> int:
        """Return one posted price, ``NOT_SOLD`` where there is none."""
        return int(self._posted[store, item])

    def set_base(self, store: int, item: int, price: int) -> None:
        """Set the price of an item that a store sells; its discount goes on.

        Raises ``BadInput`` if the store does not sell it or the price is out of range.
        """
        if not self.sells[store, item]:
            raise BadInput(f"store {store} does not sell item {item}; it cannot set its price")
        if not 0 <= price <= MAX_PRICE:
            raise BadInput(f"a price must be 0 .. {MAX_PRICE}, not {price}")
        self._base[store, item] = price
        left = WHOLE - int(self._discount[store, item])
        self._posted[store, item] = round_half_up(int(price) * left, WHOLE)

    def set_discounts(self, percent: Floats, stores: slice = slice(None)) -> None:
        """Take percents off the base prices: 0 .. 100 of shape (stores, items).

        ``stores`` are those whose discounts are set, by default all.
        posted = round-half-up(base x (100 - percent) / 100), with the percent taken to the
        nearest hundredth and all else in integers. Raises ``BadInput`` for other values.
        """
        given = np.asarray(percent, dtype=np.float64)
        base = self._base[stores]
        if given.shape != base.shape:
            raise BadInput(f"discounts must have shape {base.shape}, not {given.shape}")
        if not ((given >= 0) & (given <= 100)).all():
            raise BadInput("a discount must be 0 .. 100 percent")
        discount = np.floor(given * 100 + 0.5).astype(np.int64)
        posted = (2 * base * (WHOLE - discount) + WHOLE) // (2 * WHOLE)
        self._discount[stores] = discount
        self._posted[stores] = np.where(self.sells[stores], posted, NOT_SOLD)

    def cheapest(self) -> Floats:
        """Return the lowest posted price of each item, shape (items,); NaN where nobody sells."""
        offers = np.where(self.sells, self._posted, np.inf).min(axis=0, initial=np.inf)
        return np.where(np.isinf(offers), np.nan, offers)


def split_tax(amount: int, rate_bp: int) -> tuple[int, int]:
    """Split an amount that includes tax into (net, tax); the rate is in basis points.

    net = round-half-up(amount x 10000 / (10000 + rate)), tax = amount - net.

    >>> split_tax(1100, 1000), split_tax(2000, 800), split_tax(150, 0)
    ((1000, 100), (1852, 148), (150, 0))
    """
    if rate_bp < 0:
        raise BadInput(f"a tax rate must be at least 0 basis points, not {rate_bp}")
    net = round_half_up(amount * WHOLE, WHOLE + rate_bp)
    return net, amount - net
