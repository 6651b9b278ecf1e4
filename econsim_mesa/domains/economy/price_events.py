"""Events that change prices: promotion, price change, consumption tax."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, model_validator

from econsim_mesa.domains.economy.goods import MAX_PRICE, round_half_up
from econsim_mesa.scenario.base import Name
from econsim_mesa.scenario.town import Price
from econsim_mesa.scenario.when import Event, Firing, refuse_endless

if TYPE_CHECKING:
    from econsim_mesa.society.town import Town


def unsold(
    names: Any, store: str | None, items: tuple[str, ...], field: str = "items"
) -> list[tuple[str, str]]:
    """Return problems of a store and of items in ``field`` that it, or the town, does not sell."""
    if store is not None and store not in names.stores:
        return [("store", f"no store is called {store!r}; {names.hint(store, names.stores)}")]
    sold = names.store_items[store] if store is not None else names.items
    return [
        (field, f"{store or 'the town'} has no item {item!r}; {names.hint(item, sold)}")
        for item in items
        if item not in sold
    ]


class Promotion(Event):
    """Percent off some items of a store, between two moments, or on some days or hours."""

    lasting: ClassVar[bool] = True
    type: Literal["promotion"] = "promotion"
    store: Name
    """The store."""
    items: tuple[Name, ...] = ()
    """Items on sale; empty: all that it sells."""
    percent: float = Field(ge=0, le=100)
    """Percent off the base price."""

    @model_validator(mode="after")
    def _has_an_end(self) -> Promotion:
        refuse_endless(self)
        return self

    def problems(self, names: Any) -> list[tuple[str, str]]:
        """Return problems of the store and the items named."""
        return unsold(names, self.store, self.items)

    def apply(self, town: Town, firing: Firing) -> str:
        """Post the reduced prices."""
        store = self._store(town)
        items = tuple(town.economy.goods.index[item] for item in self.items)
        town.economy.discounts.setdefault(store, {})[firing.number] = (items, self.percent)
        town.economy.reprice(town.records, store)
        return f"{self.percent:g} % off at {self.store}: {', '.join(self.items) or 'everything'}"

    def end(self, town: Town, firing: Firing) -> str:
        """Post the base prices again."""
        store = self._store(town)
        town.economy.discounts[store].pop(firing.number, None)
        town.economy.reprice(town.records, store)
        return f"promotion at {self.store} ends"

    def _store(self, town: Town) -> int:
        return town.roster.number[self.store] - town.roster.households


class PriceChange(Event):
    """A new base price, by percent or to a value, at one store or at all that sell the item."""

    type: Literal["price_change"] = "price_change"
    store: Name | None = None
    """The store; null: every store that sells the item."""
    item: Name
    """The item."""
    percent: float | None = Field(None, ge=-100, le=10_000)
    """Change in percent."""
    to: Price | None = None
    """New price of a whole item."""

    @model_validator(mode="after")
    def _one_way(self) -> PriceChange:
        if (self.percent is None) == (self.to is None):
            raise ValueError("give either percent or to")
        return self

    def problems(self, names: Any) -> list[tuple[str, str]]:
        """Return problems of the store and the item named."""
        return unsold(names, self.store, (self.item,), "item")

    def apply(self, town: Town, firing: Firing) -> str:
        """Set the base prices and post them."""
        item = town.economy.goods.index[self.item]
        for store, name in enumerate(town.roster.store_names):
            if town.economy.prices.sells[store, item] and self.store in (None, name):
                town.economy.prices.set_base(
                    store, item, self._price(int(town.economy.prices.base[store, item]))
                )
        town.economy.reprice(town.records)
        money = town.scenario.currency
        by = f"{self.percent:+g} %" if self.to is None else f"to {money.words(self.to)}"
        return f"price of {self.item} at {self.store or 'every store'}: {by}"

    def _price(self, base: int) -> int:
        if self.to is not None:
            return self.to
        basis_points = round((self.percent or 0.0) * 100)
        return min(round_half_up(base * (10_000 + basis_points), 10_000), MAX_PRICE)


class ConsumptionTax(Event):
    """A new rate of consumption tax; posted prices stay, the share in them changes."""

    type: Literal["consumption_tax"] = "consumption_tax"
    rate: float = Field(ge=0, le=1)
    """Rate on the net price (0.1: 10 %)."""

    def apply(self, town: Town, firing: Firing) -> str:
        """Set the rate."""
        town.economy.market.tax_rate_bp = round(self.rate * 10_000)
        return f"consumption tax {100 * self.rate:g} %"
