"""Events that fill shelves: restock, supply change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field

from econsim_mesa.domains.economy.goods import round_half_up
from econsim_mesa.domains.economy.price_events import unsold
from econsim_mesa.scenario.base import Name
from econsim_mesa.scenario.town import Amount
from econsim_mesa.scenario.when import Event, Firing
from econsim_mesa.society.ledger import MAX_AMOUNT, WORLD
from econsim_mesa.society.wording import Wording

if TYPE_CHECKING:
    from econsim_mesa.scenario.types import Scenario
    from econsim_mesa.society.town import Town


class _Shelves(Event):
    """Base of events about some items of some stores; empty lists mean all of them."""

    stores: tuple[Name, ...] = ()
    """Stores; empty: all."""
    items: tuple[Name, ...] = ()
    """Items; empty: all that the stores sell."""

    def problems(self, names: Any) -> list[tuple[str, str]]:
        """Return problems of the stores and items named."""
        found = [problem for store in self.stores for problem in unsold(names, store, ())]
        return found + unsold(names, None, self.items)

    def shelves(self, town: Town) -> list[tuple[int, int]]:
        """Return (store, item) of every shelf meant."""
        meant = town.economy.prices.sells.copy()
        if self.stores:
            meant[[name not in self.stores for name in town.roster.store_names]] = False
        if self.items:
            meant[:, [name not in self.items for name in town.economy.goods.names]] = False
        return [(store, item) for store, item in np.argwhere(meant).tolist()]


class Restock(_Shelves):
    """Goods arrive from the world: up to a level, or a number added."""

    type: Literal["restock"] = "restock"
    mode: Literal["top_up", "add"] = "top_up"
    """top_up: fill to the level; add: put the level on top of what is there."""
    level: Amount | None = None
    """Level, or number added, in smallest units; null: the stock of the offer."""

    def rules(self, scenario: Scenario) -> Mapping[str, str]:
        """Return which goods arrive at stores, and how often."""
        wording = Wording.of(scenario)
        rhythm = self.when.rhythm(scenario.clock.clock(), wording.language)
        if rhythm and self.items:
            items = wording.listed(self.items)
            rhythm = wording.say("{items} {rhythm}", items=items, rhythm=rhythm)
        return {"restock": rhythm} if rhythm else {}

    def apply(self, town: Town, firing: Firing) -> str | None:
        """Move the goods from the world to the stores."""
        stock, arrived = town.economy.stock(), 0
        for store, item in self.shelves(town):
            level = int(town.economy.stock_level[store, item]) if self.level is None else self.level
            held = int(stock[store, item])
            amount = max(level - held, 0) if self.mode == "top_up" else level
            amount = min(amount, MAX_AMOUNT - held)
            number = town.roster.store_number(store)
            town.move_goods(WORLD, number, item + 1, amount, "restock")
            arrived += amount
        return f"restock: {arrived} units" if arrived else None


class SupplyChange(_Shelves):
    """From now on shelves are filled to another level: the present one times a factor."""

    type: Literal["supply_change"] = "supply_change"
    factor: float = Field(ge=0, le=1000)
    """Factor on the level of a top-up."""

    def apply(self, town: Town, firing: Firing) -> str:
        """Change the levels."""
        for store, item in self.shelves(town):
            level = int(town.economy.stock_level[store, item])
            thousandths = round(self.factor * 1000)
            changed = round_half_up(level * thousandths, 1000)
            town.economy.stock_level[store, item] = min(changed, MAX_AMOUNT)
        return f"supply of {', '.join(self.items) or 'everything'} times {self.factor:g}"
