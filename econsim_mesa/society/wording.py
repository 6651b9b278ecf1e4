"""Amounts of goods and money in words, as people count them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from econsim_mesa.numbers import money
from econsim_mesa.scenario.types import Scenario


class Wording:
    """How a town counts: whole items and units of its currency, from the smallest units."""

    def __init__(self, currency: str, money_decimals: int, decimals: Mapping[str, int]) -> None:
        """Take the currency and its decimals, and the decimals of each item (others: none)."""
        self.currency = currency
        self._money_decimals = money_decimals
        self._decimals = decimals

    @classmethod
    def of(cls, scenario: Scenario) -> Self:
        """Return the wording of the items and the currency of a scenario."""
        currency = scenario.currency
        decimals = {name: item.decimals for name, item in scenario.items.items()}
        return cls(currency.name, currency.decimals, decimals)

    def money(self, amount: float) -> str:
        """Return an amount of the smallest unit of the currency, with its name.

        >>> Wording("coin", 2, {}).money(250)
        '2.50 coin'
        """
        return f"{money(amount, self._money_decimals)} {self.currency}".rstrip()

    def amount(self, commodity: str, quantity: int) -> str:
        """Return a quantity of an item, or of the currency.

        >>> Wording("coin", 0, {"Rice": 1}).amount("Rice", 15)
        '1.5 Rice'
        """
        if commodity == self.currency:
            return self.money(quantity)
        return f"{quantity / 10 ** self._decimals.get(commodity, 0):g} {commodity}"


PLAIN = Wording("", 0, {})
"""Counts smallest units, where no scenario is known."""
