"""What people of a town say, in their language: amounts, times, names, and any other text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Self

from econsim_mesa.errors import BadInput, hint
from econsim_mesa.languages import ENGLISH, LABELS, Language, load_language
from econsim_mesa.numbers import digits, money, whole_or_part
from econsim_mesa.quoting import name_text
from econsim_mesa.scenario.base import ReadOnlyDict
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.clock import Clock, spoken_time


@dataclass(frozen=True)
class Wording:
    """How a town speaks and counts: whole items, units of its currency, days of the week.

    All amounts are given in smallest units.
    """

    currency: str
    """Name of the currency."""
    money_decimals: int
    """Decimals of the currency."""
    decimals: Mapping[str, int]
    """Decimals of items by name; others have none."""
    clock: Clock | None = None
    """Steps as dates and times; None: times are numbers of steps."""
    language: Language = ENGLISH
    """The language in which everything is said."""

    @classmethod
    def of(cls, scenario: Scenario) -> Self:
        """Return the wording of the language, items, currency and clock of a scenario."""
        currency, language = scenario.currency, language_of(scenario)
        decimals = ReadOnlyDict({name: item.decimals for name, item in scenario.items.items()})
        return cls(currency.name, currency.decimals, decimals, scenario.clock.clock(), language)

    @cached_property
    def say(self) -> Callable[..., str]:
        """Return a text in the town's language, with values in place of its ``{names}``.

        It is ``Language.say``: ``wording.say("was at {place}", place="Cafe")``. Prompts call it a
        hundred times, so nothing stands between.
        """
        return self.language.say

    def counted(self, number: float, thing: str, things: str | None = None) -> str:
        """Return a number of things in words; see ``Language.counted``."""
        return self.language.counted(number, thing, things)

    def listed(self, parts: Iterable[str]) -> str:
        """Return texts as a list, with commas between."""
        return self.language.listed(parts)

    def joined(self, clauses: Iterable[str]) -> str:
        """Return clauses one after the other, with semicolons between."""
        return self.language.joined(clauses)

    def names(self, names: Iterable[str]) -> str:
        """Return names of things or people as a list.

        >>> Wording("coin", 0, {}).names(["Rice", "Pie, Soda"])
        'Rice, "Pie, Soda"'
        """
        return self.listed(map(name_text, names))

    def hint(self, name: str, known: Sequence[str]) -> str:
        """Return advice for a name that is not known: the nearest known one, or all of them."""
        return hint(name, known, self.say)

    def money(self, amount: float) -> str:
        """Return a sum for a reader of the page or the terminal, with the currency's name.

        >>> Wording("coin", 2, {}).money(125000)
        '1,250.00 coin'
        """
        return f"{money(amount, self.money_decimals)} {self.currency}".rstrip()

    def price(self, amount: int) -> str:
        """Return a sum in plain digits, as agents read and write it.

        >>> Wording("coin", 2, {}).price(125000)
        '1250.00'
        """
        return digits(amount, self.money_decimals)

    def sum_of(self, amount: int) -> str:
        """Return a sum in plain digits, with the currency's name.

        >>> Wording("coin", 2, {}).sum_of(125000)
        '1250.00 coin'
        """
        if not self.currency:
            return self.price(amount)
        return self.say("{price} {currency}", price=self.price(amount), currency=self.currency)

    def percent(self, percent: float) -> str:
        """Return a percentage.

        >>> Wording("coin", 2, {}).percent(40.0)
        '40 %'
        """
        return self.say("{number} %", number=f"{percent:g}")

    def quantity(self, commodity: str, quantity: int) -> str:
        """Return a quantity of an item, or of the currency, in plain digits.

        >>> Wording("coin", 0, {"Rice": 1}).quantity("Rice", 15)
        '1.5'
        """
        if commodity == self.currency:
            return self.price(quantity)
        return whole_or_part(quantity, self.decimals.get(commodity, 0))

    def amount(self, commodity: str, quantity: int) -> str:
        """Return a quantity of an item, or of the currency, with its name, unambiguously.

        >>> Wording("coin", 0, {"Rice": 1}).amount("Rice", 15)
        '1.5 Rice'
        """
        number, name = self.quantity(commodity, quantity), name_text(commodity)
        if commodity == self.currency:
            return self.say("{price} {currency}", price=number, currency=name)
        return self.say("{quantity} {item}", quantity=number, item=name)

    def time(self, t: int, now: int) -> str:
        """Return when step ``t`` begins, as people speak of it in step ``now``.

        >>> from datetime import datetime
        >>> Wording("coin", 0, {}, Clock(datetime(2025, 12, 24, 9), 60)).time(8, now=9)
        'Wed 17:00'
        """
        if self.clock is None:
            return self.say("step {step}", step=t)
        return _spoken_step(t, now, self.clock, self.language)

    def decimals_of(self, commodity: str) -> int:
        """Return the decimals of an item's quantity, or of money (the currency, or no name)."""
        if commodity in ("", self.currency):
            return self.money_decimals
        return self.decimals.get(commodity, 0)

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
            least = self.say("whole units only")
            if decimals:
                least = self.say("parts of {least}", least=Decimal(1).scaleb(-decimals))
            raise BadInput(
                self.say(
                    "{number} {item}: {item} comes in {least}",
                    number=number,
                    item=called,
                    least=least,
                )
            )
        return int(scaled)


@lru_cache(maxsize=4096)
def _spoken_step(t: int, now: int, clock: Clock, language: Language) -> str:
    """Return when a step begins; the prompts of a step hold the same few times."""
    return spoken_time(clock.time(t), clock.time(now), language)


def language_of(scenario: Scenario) -> Language:
    """Return the language of a scenario, with the labels of its folder of prompts."""
    return load_language(scenario.language, scenario.prompts.files.get(LABELS, ""))


PLAIN = Wording("", 0, ReadOnlyDict())
"""Counts smallest units, where no scenario is known."""
