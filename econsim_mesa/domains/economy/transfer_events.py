"""Events that give and take: salary, expense, transfer, grant of an item, subsidy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from econsim_mesa.domains.economy.budget import tells_budgets
from econsim_mesa.domains.economy.goods import round_half_up
from econsim_mesa.domains.economy.records import Payment
from econsim_mesa.languages import ENGLISH
from econsim_mesa.scenario.base import Name
from econsim_mesa.scenario.draws import Draw, DrawnAmount
from econsim_mesa.scenario.town import Amount
from econsim_mesa.scenario.when import Event, Firing, RegularSum
from econsim_mesa.society.ledger import WORLD
from econsim_mesa.society.rng import Floats, Integers
from econsim_mesa.society.wording import Wording

if TYPE_CHECKING:
    from econsim_mesa.scenario.types import Scenario
    from econsim_mesa.society.town import Town


class Salary(Event):
    """Income from the world to every household."""

    type: Literal["salary"] = "salary"
    amount: DrawnAmount
    """Sum for each household: one for all, or a draw, which it keeps."""
    name: Name = "wage"
    """What households call it; events of one name draw with the same luck."""

    def regular_sum(self) -> RegularSum:
        """Return what each household gets."""
        return RegularSum(self.name, self.amount, True, f"salary {self.name}")

    def rules(self, scenario: Scenario) -> Mapping[str, str]:
        """Return what every household gets, and how often."""
        wording = Wording.of(scenario)
        rhythm = self.when.rhythm(scenario.clock.clock(), wording.language)
        if not rhythm:
            return {}
        if isinstance(self.amount, Draw) or tells_budgets(scenario):
            return {"budget": _regular_words(self.regular_sum(), rhythm, wording)}
        income = wording.sum_of(self.amount)
        return {"income": wording.say("{sum} {rhythm}", sum=income, rhythm=rhythm)}

    def apply(self, town: Town, firing: Firing) -> str:
        """Pay the income."""
        amounts = _sums(town, self.regular_sum())
        town.pay_all(amounts, "income")
        words = town.scenario.currency.words
        if isinstance(self.amount, int):
            return f"income of {words(self.amount)} for each household"
        return f"{self.name} of {words(int(amounts.sum()))} in all for {len(amounts)} households"


class Expense(Event):
    """A bill that every household has to pay: the whole of it if it can, else all that it has."""

    type: Literal["expense"] = "expense"
    name: Name
    """What households call it, such as rent; events of one name draw with the same luck."""
    amount: DrawnAmount
    """Sum for each household: one for all, or a draw, which it keeps."""
    to: Literal["world", "government"] = "world"
    """Who gets it."""

    def problems(self, names: Any) -> list[tuple[str, str]]:
        """Return a problem if a government is to get it and there is none."""
        if self.to == "world" or names.government is not None:
            return []
        return [("to", "there is no government; add agents.Government, or pay the world")]

    def regular_sum(self) -> RegularSum:
        """Return what each household pays."""
        return RegularSum(self.name, self.amount, False, f"expense {self.name}")

    def rules(self, scenario: Scenario) -> Mapping[str, str]:
        """Return what every household pays, and how often."""
        wording = Wording.of(scenario)
        rhythm = self.when.rhythm(scenario.clock.clock(), wording.language)
        return {"budget": _regular_words(self.regular_sum(), rhythm, wording)} if rhythm else {}

    def apply(self, town: Town, firing: Firing) -> str | None:
        """Let every household pay what it can."""
        due = _sums(town, self.regular_sum())
        paid = np.minimum(due, town.economy.cash())
        rows = np.flatnonzero(due)
        payee = WORLD if self.to == "world" else town.roster.government
        _pay(town, "expense", self.name, rows, np.full(len(rows), payee), due[rows], paid[rows])
        short, words = due - paid, town.scenario.currency.words
        said = f"{self.name}: {words(int(paid.sum()))} from {_households(len(rows))}"
        if missing := int(short.sum()):
            said += f"; unpaid {words(missing)} by {_households(int(np.count_nonzero(short)))}"
        return said if len(rows) else None


class OneOffTransfer(Event):
    """Money for some households, drawn anew each time: from the government while it can pay.

    Without a government the world pays. It shows what households spend of money that comes as a
    surprise: those who get it differ from the others by luck alone.
    """

    type: Literal["transfer"] = "transfer"
    amount: DrawnAmount
    """Sum for each of them: one for all, or a draw, which it keeps."""
    share: float = Field(1.0, ge=0, le=1)
    """Chance of each household to get it; it is drawn once a step."""
    name: Name = "transfer"
    """What households call it; events of one name draw sums with the same luck."""

    def apply(self, town: Town, firing: Firing) -> str | None:
        """Pay those who are drawn, in the order of their luck."""
        luck = _luck(town, firing)
        drawn = np.argsort(luck, kind="stable")
        drawn = drawn[luck[drawn] < self.share]
        due = town.individuals.amounts(f"transfer {self.name}", self.amount)[drawn]
        payer = WORLD if town.roster.government is None else town.roster.government
        paid = due.copy()
        if payer != WORLD:
            paid[np.cumsum(due) > town.ledger.balance(payer, 0)] = 0
        _pay(town, "transfer", self.name, np.full(len(drawn), payer), drawn, due, paid)
        if not len(drawn):
            return None
        words = town.scenario.currency.words(int(paid.sum()))
        said = f"{self.name}: {words} for {_households(int(np.count_nonzero(paid)))}"
        missed = np.count_nonzero(due > paid)
        return f"{said}; the government cannot pay {missed} more" if missed else said


def _pay(
    town: Town,
    event: str,
    name: str,
    sources: Integers,
    targets: Integers,
    due: Integers,
    paid: Integers,
) -> None:
    """Move what is paid, all or nothing, with a record for each payment that is due."""
    town.ledger.transfer_many(sources, targets, 0, paid)
    accounts = town.roster.account_names
    town.records["payments"].extend(
        Payment(town.t, event, name, accounts[source], accounts[target], owed, amount)
        for source, target, owed, amount in zip(
            sources.tolist(), targets.tolist(), due.tolist(), paid.tolist(), strict=True
        )
    )


def _sums(town: Town, regular: RegularSum) -> Integers:
    """Return the sum of each household, int64 of shape (households,), in the smallest unit."""
    return town.individuals.amounts(regular.drawn_as, regular.amount)


def _regular_words(regular: RegularSum, rhythm: str, wording: Wording) -> str:
    """Return what every household gets or pays, and how often."""
    if isinstance(regular.amount, Draw):
        text = "{name} {rhythm}, a sum of its own each"
        return wording.say(text, name=regular.name, rhythm=rhythm)
    amount = wording.sum_of(regular.amount)
    text = "{name} of {sum} {rhythm}"
    return wording.say(text, name=regular.name, sum=amount, rhythm=rhythm)


def _households(number: int) -> str:
    return ENGLISH.counted(number, "household")


def _luck(town: Town, firing: Firing) -> Floats:
    """Return a number in [0, 1) for each household: the same whenever it fires in one step."""
    return town.streams.stream("events.share", town.t, firing.key).random(town.roster.households)


class Grant(Event):
    """Units of an item from the world to households."""

    type: Literal["grant"] = "grant"
    item: Name
    """The item."""
    quantity: Amount = 1
    """Smallest units for each."""
    share: float = Field(1.0, ge=0, le=1)
    """Share of households that get it, or the chance of each where they are drawn."""
    chosen: Literal["lowest", "random"] = "lowest"
    """Who gets it: those with the lowest index, or those who are drawn, anew each time."""

    def problems(self, names: Any) -> list[tuple[str, str]]:
        """Return a problem if no such item exists."""
        if self.item in names.items:
            return []
        return [("item", f"no item is called {self.item!r}; {names.hint(self.item, names.items)}")]

    def apply(self, town: Town, firing: Firing) -> str:
        """Hand out the item."""
        item = town.economy.goods.index[self.item]
        chosen = self._chosen(town, firing)
        for household in chosen:
            town.move_goods(WORLD, household, item + 1, self.quantity, "grant")
        units = self.quantity / 10 ** town.scenario.items[self.item].decimals
        return f"{units:,.12g} {self.item} for each of {len(chosen)} households"

    def _chosen(self, town: Town, firing: Firing) -> Sequence[int]:
        """Return the households that get it."""
        if self.chosen == "lowest":
            return range(int(self.share * town.roster.households + 0.5))
        chosen: list[int] = np.flatnonzero(_luck(town, firing) < self.share).tolist()
        return chosen


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
