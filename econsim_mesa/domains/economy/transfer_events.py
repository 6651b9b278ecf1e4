"""Events that give: salary, grant of an item, subsidy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from econsim_mesa.domains.economy.goods import round_half_up
from econsim_mesa.scenario.base import Name
from econsim_mesa.scenario.town import Amount
from econsim_mesa.scenario.when import Event, Firing
from econsim_mesa.society.ledger import WORLD
from econsim_mesa.society.wording import Wording

if TYPE_CHECKING:
    from econsim_mesa.scenario.types import Scenario
    from econsim_mesa.society.town import Town


class Salary(Event):
    """Income from the world to every household."""

    type: Literal["salary"] = "salary"
    amount: Amount
    """Sum for each household."""

    def rules(self, scenario: Scenario) -> Mapping[str, str]:
        """Return what every household gets, and how often."""
        wording = Wording.of(scenario)
        rhythm = self.when.rhythm(scenario.clock.clock(), wording.language)
        income = wording.say("{sum} {rhythm}", sum=wording.sum_of(self.amount), rhythm=rhythm)
        return {"income": income} if rhythm else {}

    def apply(self, town: Town, firing: Firing) -> str:
        """Pay the income."""
        town.pay_all(np.full(town.roster.households, self.amount, dtype=np.int64), "income")
        return f"income of {town.scenario.currency.words(self.amount)} for each household"


class Grant(Event):
    """Units of an item from the world to households."""

    type: Literal["grant"] = "grant"
    item: Name
    """The item."""
    quantity: Amount = 1
    """Smallest units for each."""
    share: float = Field(1.0, ge=0, le=1)
    """Share of households that get it: those with the lowest index."""

    def problems(self, names: Any) -> list[tuple[str, str]]:
        """Return a problem if no such item exists."""
        if self.item in names.items:
            return []
        return [("item", f"no item is called {self.item!r}; {names.hint(self.item, names.items)}")]

    def apply(self, town: Town, firing: Firing) -> str:
        """Hand out the item."""
        item = town.economy.goods.index[self.item]
        count = int(self.share * town.roster.households + 0.5)
        for household in range(count):
            town.move_goods(WORLD, household, item + 1, self.quantity, "grant")
        units = self.quantity / 10 ** town.scenario.items[self.item].decimals
        return f"{units:,.12g} {self.item} for each of {count} households"


class Subsidy(Event):
    """Money back for each sale of some kind: from the government while it can pay, else none.

    Without a government the world pays.
    """

    type: Literal["subsidy"] = "subsidy"
    percent: float | None = Field(None, ge=0, le=100)
    """Percent of what was paid."""
    amount: Amount | None = None
    """A fixed sum, at most what was paid."""

    @model_validator(mode="after")
    def _complete(self) -> Subsidy:
        if (self.percent is None) == (self.amount is None):
            raise ValueError("give either percent or amount")
        if self.when.after is None or self.when.after.record != "sales":
            raise ValueError("a subsidy needs when.after.record: 'sales'")
        return self

    def rules(self, scenario: Scenario) -> Mapping[str, str]:
        """Return what is paid back for which purchases."""
        after, between, at = self.when.after, self.when.between, self.when.at
        if after is None or (between, at) != (None, None):
            return {}
        wording = Wording.of(scenario)
        paid = wording.sum_of(self.amount) if self.amount else wording.percent(self.percent or 0.0)
        goods = " ".join(map(str, after.where.values()))
        subsidy = wording.say("{paid} for {goods}", paid=paid, goods=goods).rstrip()
        return {"subsidy": self.when.spoken_week(subsidy, wording.language)}

    def apply(self, town: Town, firing: Firing) -> str | None:
        """Pay the buyer of the sale that set it off."""
        sale: Any = firing.record
        payer = WORLD if town.roster.government is None else town.roster.government
        due = self.amount
        if due is None:
            due = round_half_up(sale.amount * round((self.percent or 0.0) * 100), 10_000)
        due = min(due, sale.amount)
        words = town.scenario.currency.words(due)
        if payer != WORLD and town.ledger.balance(payer, 0) < due:
            return f"no subsidy for {sale.buyer}: the government cannot pay {words}"
        town.move_goods(payer, town.roster.number[sale.buyer], 0, due, "subsidy")
        return f"subsidy of {words} for {sale.buyer}" if due else None
