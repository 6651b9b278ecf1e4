"""Amounts of goods and money in words, as people count them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Self

from econsim_mesa.errors import BadInput
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
        return f"{quantity / 10 ** self.decimals_of(commodity):g} {commodity}"

    def decimals_of(self, commodity: str) -> int:
        """Return the decimals of an item's quantity, or of money (the currency, or no name)."""
        if commodity in ("", self.currency):
            return self._money_decimals
        return self._decimals.get(commodity, 0)

    def number(self, commodity: str, quantity: int) -> int | float:
        """Return a quantity of whole units, for JSON, from one of smallest units.

        >>> Wording("coin", 2, {}).number("coin", 450), Wording("coin", 0, {}).number("Rice", 3)
        (4.5, 3)
        """
        decimals = self.decimals_of(commodity)
        return quantity / 10**decimals if decimals else quantity

    def smallest_units(self, commodity: str, number: float | str) -> int:
        """Return a quantity of smallest units, from one of whole units.

        >>> Wording("coin", 2, {}).smallest_units("coin", 4.5)
        450

        Raises:
            BadInput: It is no whole number of them.
        """
        decimals = self.decimals_of(commodity)
        scaled = Decimal(str(number)).scaleb(decimals)
        if scaled != scaled.to_integral_value():
            called = commodity or self.currency
            least = f"parts of {Decimal(1).scaleb(-decimals)}" if decimals else "whole units only"
            raise BadInput(f"{number} {called}: {called} comes in {least}")
        return int(scaled)


PLAIN = Wording("", 0, {})
"""Counts smallest units, where no scenario is known."""
