"""Goods: the items that are sold, eaten and kept, with units and the cost of a quantity.

Quantities are whole numbers of an item's smallest unit: with ``decimals`` 2 one whole item is
100 units. Prices are in the smallest currency unit per whole item.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from econsim_mesa.errors import BadInput
from econsim_mesa.read_only import read_only
from econsim_mesa.scenario.base import ReadOnlyDict
from econsim_mesa.society.rng import Floats, Integers

MAX_PRICE = 10**12
"""The highest price of a whole item, in the smallest currency unit."""

MAX_DECIMALS = 9
"""The most decimals of an item's quantity."""


@dataclass(frozen=True)
class Item:
    """One kind of good.

    ``price`` is the list price and ``nutrition`` the points eaten with one whole item.
    ``keeps_steps``: it can be eaten in so many steps, that of getting it included (``None``:
    for ever). ``speed``: cells a step for a household that holds at least one whole item
    (``None``: no effect). Raises ``BadInput`` for a value out of range.
    """

    name: str
    price: int
    nutrition: float
    decimals: int = 0
    keeps_steps: int | None = None
    speed: int | None = None

    def __post_init__(self) -> None:
        """Refuse values that no rule could work with."""
        self._check("price", 0 <= self.price <= MAX_PRICE, f"0 .. {MAX_PRICE}")
        finite = math.isfinite(self.nutrition) and self.nutrition >= 0
        self._check("nutrition", finite, "finite and at least 0")
        self._check("decimals", 0 <= self.decimals <= MAX_DECIMALS, f"0 .. {MAX_DECIMALS}")
        self._check("keeps_steps", self.keeps_steps is None or self.keeps_steps >= 1, "at least 1")
        self._check("speed", self.speed is None or self.speed >= 1, "at least 1")

    def _check(self, field: str, right: bool, bound: str) -> None:
        if not right:
            value = getattr(self, field)
            raise BadInput(f"item {self.name!r}: {field} must be {bound}, not {value}")


@dataclass(frozen=True)
class Goods:
    """All items of a town, with columns of shape (items,) in the scenario's order, read-only.

    Raises ``BadInput`` for two items of one name.
    """

    items: tuple[Item, ...]

    def __post_init__(self) -> None:
        """Refuse items that their name does not tell apart."""
        if len(self.index) != len(self.names):
            raise BadInput(f"items must have different names, not {', '.join(self.names)}")

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the items."""
        return tuple(item.name for item in self.items)

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Place of each item by its name."""
        return ReadOnlyDict({name: k for k, name in enumerate(self.names)})

    @cached_property
    def price(self) -> Integers:
        """List prices, in the smallest currency unit per whole item, int64."""
        return read_only(np.array([item.price for item in self.items], dtype=np.int64))

    @cached_property
    def nutrition(self) -> Floats:
        """Points eaten with one whole item, float64."""
        return read_only(np.array([item.nutrition for item in self.items], dtype=np.float64))

    @cached_property
    def unit(self) -> Integers:
        """Smallest units in a whole item, int64."""
        return read_only(np.array([10**item.decimals for item in self.items], dtype=np.int64))

    @cached_property
    def keeps(self) -> Integers:
        """Steps in which an item can be eaten, that of getting it included; -1: for ever; int64."""
        keeps = [-1 if item.keeps_steps is None else item.keeps_steps for item in self.items]
        return read_only(np.array(keeps, dtype=np.int64))

    @cached_property
    def speed(self) -> Integers:
        """Cells a step for who holds a whole item, 1: as on foot; int64."""
        return read_only(np.array([item.speed or 1 for item in self.items], dtype=np.int64))

    @property
    def count(self) -> int:
        """Number of items."""
        return len(self.items)

    def cost(self, item: int, price: int, quantity: int) -> int:
        """Return what ``quantity`` smallest units of an item cost at a price per whole item.

        round-half-up(price x quantity / 10^decimals), in exact integers of any size.
        """
        return round_half_up(int(price) * int(quantity), 10 ** self.items[item].decimals)


def round_half_up(numerator: int, denominator: int) -> int:
    """Return numerator / denominator rounded to the nearest integer, halves upward.

    >>> round_half_up(5, 2), round_half_up(49, 100), round_half_up(50, 100)
    (3, 0, 1)
    """
    return (2 * numerator + denominator) // (2 * denominator)
