"""The state of the economy: goods, prices and promotions, open orders and proposals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

import numpy as np

from econsim_mesa.domains.economy.goods import Goods, Item
from econsim_mesa.domains.economy.intentions import Intentions
from econsim_mesa.domains.economy.market import Market
from econsim_mesa.domains.economy.opening import Opening
from econsim_mesa.domains.economy.orders import StoreTerms
from econsim_mesa.domains.economy.perishables import PerishableStock
from econsim_mesa.domains.economy.prices import Prices
from econsim_mesa.domains.economy.proposals import Swaps
from econsim_mesa.domains.economy.records import Price
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.ledger import Ledger
from econsim_mesa.society.reason import UNKNOWN_NAME, Reason
from econsim_mesa.society.records import StepRecords
from econsim_mesa.society.rng import Integers
from econsim_mesa.society.roster import Roster
from econsim_mesa.society.wording import Wording

UNLIMITED = 10**9
"""Stock of an offer without a limit, in whole items; filled up like any other."""


@dataclass
class EconomyState:
    """All that is for sale, and what households and stores own of it."""

    roster: Roster
    ledger: Ledger
    goods: Goods
    """The items; item k is commodity k + 1 of the ledger."""
    perishables: PerishableStock
    """How long what households hold still keeps."""
    prices: Prices
    """Base and posted prices of all stores."""
    market: Market
    """Orders that wait."""
    swaps: Swaps
    """Proposals of swaps that wait."""
    intentions: Intentions
    """What households mean to order on arrival at a store, and to eat once they have it."""
    list_price: Integers
    """Base prices at the start, shape (stores, items), -1 where not sold."""
    stock_level: Integers
    """Level of a top-up, in smallest units, shape (stores, items)."""
    wording: Wording
    """How reasons are said."""
    discounts: dict[int, dict[int, tuple[tuple[int, ...], float]]] = field(default_factory=dict)
    """Promotions that are on: store -> number of the event -> items, percent."""
    _recorded: Integers = field(init=False)
    """Base and posted prices as last recorded, shape (2, stores, items)."""

    def __post_init__(self) -> None:
        """Begin with no price on record."""
        self._recorded = np.full((2, *self.prices.posted.shape), -1, dtype=np.int64)

    @classmethod
    def of(cls, scenario: Scenario, roster: Roster, ledger: Ledger) -> Self:
        """Return the economy of a scenario before step 0; nobody owns anything yet."""
        goods = _goods(scenario)
        perishables = PerishableStock(goods, roster.households)
        prices, stock_level = _offers(scenario, goods)
        return cls(
            roster,
            ledger,
            goods,
            perishables,
            prices,
            market=_market(scenario, roster, ledger, goods, perishables, prices),
            swaps=Swaps(ledger, goods, perishables, roster.households, Wording.of(scenario)),
            intentions=Intentions(),
            list_price=prices.base.copy(),
            stock_level=stock_level,
            wording=Wording.of(scenario),
        )

    @property
    def opening(self) -> Opening:
        """When the stores are open."""
        return self.market.opening

    def item_called(self, name: str) -> int | Reason:
        """Return the number of the item of a name, or that there is none."""
        if name in self.goods.index:
            return self.goods.index[name]
        advice = self.wording.hint(name, self.goods.names)
        words = self.wording.say("there is no item {name}; {hint}", name=repr(name), hint=advice)
        return Reason(UNKNOWN_NAME, words)

    def is_coming(self, household: int, item: int) -> bool:
        """Whether a household has ordered an item, or is to order it on arrival at a store."""
        trip = self.intentions.trip(household)
        intended = trip is not None and any(order.item == item for order in trip.orders)
        return intended or self.market.waits(household, item)

    def holdings(self) -> Integers:
        """Return the goods of all households, shape (households, items), smallest units."""
        return self.ledger.balances[: self.roster.households, 1:]

    def cash(self) -> Integers:
        """Return the cash of all households, shape (households,), smallest units."""
        return self.ledger.balances[: self.roster.households, 0]

    def stock(self) -> Integers:
        """Return the goods of all stores, shape (stores, items), smallest units."""
        first = self.roster.households
        return self.ledger.balances[first : first + self.roster.stores, 1:]

    def reprice(self, records: StepRecords, store: int | None = None) -> None:
        """Post prices anew from base prices and the promotions that are on; record changes.

        Of one store alone, if it is named: events for each of many stores stay cheap.
        """
        first, end = (0, self.roster.stores) if store is None else (store, store + 1)
        stores = slice(first, end)
        percent = np.zeros((end - first, self.goods.count))
        for row, number in enumerate(range(first, end)):
            for items, cut in self.discounts.get(number, {}).values():
                columns = list(items) or np.flatnonzero(self.prices.sells[number]).tolist()
                percent[row, columns] = np.maximum(percent[row, columns], cut)
        self.prices.set_discounts(percent, stores)
        now = self.prices.base[stores], self.prices.posted[stores]
        changed = (self._recorded[:, stores] != now).any(axis=0)
        for row, item in np.argwhere(changed).tolist():
            self.record_price(records, first + row, item)

    def record_price(self, records: StepRecords, store: int, item: int) -> None:
        """Record the base and posted price of one item of a store."""
        base, posted = self.prices.base[store, item], self.prices.posted[store, item]
        self._recorded[:, store, item] = base, posted
        records["prices"].append(
            Price(
                records.step,
                self.roster.store_names[store],
                self.goods.names[item],
                int(base),
                int(posted),
            )
        )


def _goods(scenario: Scenario) -> Goods:
    """Return the items of a scenario."""
    return Goods(
        tuple(
            Item(name, spec.price, spec.nutrition, spec.decimals, spec.keeps_steps, spec.speed)
            for name, spec in scenario.items.items()
        )
    )


def _offers(scenario: Scenario, goods: Goods) -> tuple[Prices, Integers]:
    """Return the prices of all stores and the level to which each shelf is filled."""
    stores = scenario.agents.stores()
    base = np.full((len(stores), goods.count), -1, dtype=np.int64)
    level = np.zeros_like(base)
    for index, (_, _, spec) in enumerate(stores):
        for name, offer in spec.sells.items():
            item = goods.index[name]
            listed = scenario.items[name].price
            base[index, item] = listed if offer.price is None else offer.price
            unlimited = UNLIMITED * int(goods.unit[item])
            level[index, item] = unlimited if offer.stock is None else offer.stock
    return Prices(base), level


def _market(
    scenario: Scenario,
    roster: Roster,
    ledger: Ledger,
    goods: Goods,
    perishables: PerishableStock,
    prices: Prices,
) -> Market:
    terms = [StoreTerms.of(spec) for _, _, spec in scenario.agents.stores()]
    return Market(
        ledger,
        goods,
        perishables,
        prices,
        terms,
        roster.households,
        roster.government,
        tax_rate_bp=round(scenario.market.consumption_tax * 10_000),
        wording=Wording.of(scenario),
        opening=Opening.of(scenario),
    )
