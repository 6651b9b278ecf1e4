"""Trade: orders at stores and what stores do, swaps between households."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from econsim_mesa.domains.economy.orders import Order
from econsim_mesa.domains.economy.records import Order as OrderRecord
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.action import (
    HOUSEHOLD,
    STORE,
    Action,
    AmountOf,
    CommodityName,
    Draws,
    HouseholdName,
    Id,
    ItemName,
    Price,
    Quantity,
    Situation,
    Steps,
    StoreName,
)
from econsim_mesa.society.resolution import StepActions, SubmittedAction
from econsim_mesa.society.town import Town
from econsim_mesa.society.wording import Wording

_HIGHEST_PRICE = 10**12
_MOST = 3
"""Most whole units of a drawn order, and most steps that it stays open."""
_MOST_SWAPPED = 1000


class PlaceOrder(Action):
    """Order ``quantity`` smallest units of an item at the store where one stands."""

    verb: ClassVar[str] = "order"
    phases: ClassVar = {HOUSEHOLD: "market"}
    position = 2
    reply_columns = ("item", "quantity", "store")

    store: StoreName
    item: ItemName
    quantity: Annotated[Quantity, AmountOf("item")]
    ttl: Steps

    def resolve(self, step: StepActions, by: SubmittedAction) -> str | None:
        """Hand the order to the store, which settles it with all others of the step."""
        town = step.town
        store, item = town.roster.store(self.store), town.economy.goods.index.get(self.item)
        if store is None:
            return f"there is no store {self.store!r}"
        if item is None:
            return f"there is no item {self.item!r}"
        if step.standing[by.agent] != store:
            return f"not at {self.store}"
        if self.ttl > town.scenario.market.max_ttl:
            return f"an order may stay open for {town.scenario.market.max_ttl} steps at most"
        seen = int(step.seen_prices[store, item])
        placed = town.economy.market.place(
            town.t, by.agent, store, item, self.quantity, self.ttl, seen, by.place
        )
        if isinstance(placed, str):
            return placed
        town.records["orders"].append(_order_record(town, placed, self.ttl))
        return None

    def in_words(self, wording: Wording) -> str:
        """Return what is ordered, and where."""
        return f"order {wording.amount(self.item, self.quantity)} at {self.store}"

    def is_named_in(self, thought: str) -> bool:
        """Whether a thought names what is ordered."""
        return self.item.casefold() in thought

    @classmethod
    def unsaid(cls, scenario: Scenario) -> Mapping[str, Any]:
        """Return that it stays open as long as is usual, at the store where one stands."""
        return {"store": "", "ttl": scenario.market.ttl}

    @classmethod
    def is_legal(cls, now: Situation) -> bool:
        """Whether something at the store is in stock and can be paid."""
        return bool(_affordable(now))

    @classmethod
    def draw(cls, now: Situation, draws: Draws) -> Self:
        """Return an order of 1 to 3 whole units that are there and can be paid."""
        item, most = draws.pick(_affordable(now))
        units = (1 + draws.below(most)) * 10 ** now.scenario.items[item].decimals
        return cls(now.seen.economy.here.name, item, units, 1 + draws.below(_MOST))


def _affordable(now: Situation) -> list[tuple[str, int]]:
    """Return what is in stock and can be paid, with the most whole units, at most 3."""
    seen, affordable = now.seen.economy, []
    for item, price, quantity in seen.here.shelves if seen.here is not None else ():
        stock = quantity // 10 ** now.scenario.items[item].decimals
        most = min(stock, _MOST, seen.cash // price if price else _MOST)
        if most > 0:
            affordable.append((item, most))
    return affordable


def _order_record(town: Town, order: Order, ttl: int) -> OrderRecord:
    return OrderRecord(
        town.t,
        order.id,
        town.roster.names[order.buyer],
        town.roster.store_names[order.store],
        town.economy.goods.names[order.item],
        order.quantity,
        ttl,
        order.seen_price,
    )


class _OfSwaps(Action):
    """Base of what households do to swap things; only where the market has swaps."""

    absent: ClassVar[str] = "nobody swaps in this town"

    @classmethod
    def exists_in(cls, scenario: Scenario) -> bool:
        """Whether households may swap."""
        return scenario.market.swaps


class Propose(_OfSwaps):
    """Offer a household in the same cell a swap; an item may be the currency."""

    verb: ClassVar[str] = "propose"
    phases: ClassVar = {HOUSEHOLD: "swaps"}
    position = 3
    spoken = r"offer|propos|swap|trade|exchange"
    reply_columns = ("to", "give", "give_quantity", "take", "take_quantity")

    to: HouseholdName
    give: CommodityName
    give_quantity: Annotated[Quantity, AmountOf("give")]
    take: CommodityName
    take_quantity: Annotated[Quantity, AmountOf("take")]
    ttl: Steps

    def resolve(self, step: StepActions, by: SubmittedAction) -> str | None:
        """Make the proposal, which the other household may answer from the next step on."""
        town = step.town
        goods, other = town.roster.commodities, town.roster.household(self.to)
        if other is None:
            return f"there is no household {self.to!r}"
        if town.mobility.space.cell_of(other) != town.mobility.space.cell_of(by.agent):
            return f"{self.to} is not in the same cell"
        unknown = [name for name in (self.give, self.take) if name not in goods]
        if unknown:
            return f"there is no item {unknown[0]!r}"
        if self.ttl > town.scenario.market.max_ttl:
            return f"a proposal may stay open for {town.scenario.market.max_ttl} steps at most"
        made = town.economy.swaps.propose(
            town.t,
            by.agent,
            other,
            goods.index(self.give),
            self.give_quantity,
            goods.index(self.take),
            self.take_quantity,
            self.ttl,
            by.place,
        )
        return made if isinstance(made, str) else None

    def in_words(self, wording: Wording) -> str:
        """Return who is offered what for what."""
        gives = wording.amount(self.give, self.give_quantity)
        return f"offer {self.to} {gives} for {wording.amount(self.take, self.take_quantity)}"

    @classmethod
    def unsaid(cls, scenario: Scenario) -> Mapping[str, Any]:
        """Return that it stays open as long as an order usually does."""
        return {"ttl": scenario.market.ttl}

    @classmethod
    def is_legal(cls, now: Situation) -> bool:
        """Whether somebody is near, and the household owns something."""
        seen = now.seen.economy
        return bool(now.seen.mobility.nearby) and (bool(seen.goods) or seen.cash > 0)

    @classmethod
    def draw(cls, now: Situation, draws: Draws) -> Self:
        """Return an offer of something owned for something else, to somebody near."""
        seen, currency = now.seen.economy, now.scenario.currency.name
        owned = [*seen.goods, *([(currency, seen.cash)] if seen.cash else [])]
        give, held = draws.pick(owned)
        wanted = [name for name in (currency, *now.scenario.items) if name != give]
        to, take = draws.pick(now.seen.mobility.nearby), draws.pick(wanted)
        quantity = 1 + draws.below(min(held, _MOST_SWAPPED))
        ttl, number = 1 + draws.below(_MOST), 1 + draws.below(_MOST)
        return cls(to, give, quantity, take, number, ttl)


class _Answer(Action):
    """Base of answers by number."""

    verb: ClassVar[str] = "react"
    position = 4
    spoken = r"accept|declin|reject|refus|agree|swap|offer"

    id: Id
    accept: bool

    def in_words(self, wording: Wording) -> str:
        """Return what is accepted or declined."""
        return f"{'accept' if self.accept else 'decline'} number {self.id}"


class AnswerProposal(_Answer, _OfSwaps):
    """Answer a proposal of a swap by its id."""

    phases: ClassVar = {HOUSEHOLD: "answers"}

    def resolve(self, step: StepActions, by: SubmittedAction) -> str | None:
        """Note the answer; accepted swaps are carried out in this step."""
        town = step.town
        return town.economy.swaps.react(town.t, by.agent, self.id, self.accept, by.place)

    @classmethod
    def is_legal(cls, now: Situation) -> bool:
        """Whether a proposal waits."""
        return bool(now.seen.economy.offers)

    @classmethod
    def draw(cls, now: Situation, draws: Draws) -> Self:
        """Return an answer to one of those that wait."""
        return cls(draws.pick(now.seen.economy.offers).id, accept=bool(draws.below(2)))


class AnswerOrder(_Answer):
    """Answer an order that waits at one's store, by its id."""

    phases: ClassVar = {STORE: "stores"}
    most = 1000
    absent: ClassVar[str] = "no order waits for an answer in this town"

    @classmethod
    def exists_in(cls, scenario: Scenario) -> bool:
        """Whether some store decides about the orders that it is given."""
        return any(store.acceptance == "decide" for _, _, store in scenario.agents.stores())

    def resolve(self, step: StepActions, by: SubmittedAction) -> str | None:
        """Note the answer; accepted orders are settled in this step."""
        town = step.town
        return town.economy.market.react(town.t, step.store(by.agent), self.id, self.accept)

    @classmethod
    def is_legal(cls, now: Situation) -> bool:
        """Whether an order waits."""
        return bool(now.seen.economy.orders)

    @classmethod
    def draw(cls, now: Situation, draws: Draws) -> Self:
        """Return an answer to one of those that wait."""
        return cls(draws.pick(now.seen.economy.orders).id, accept=bool(draws.below(2)))


class SetPrice(Action):
    """Set a store's base price of a whole item."""

    verb: ClassVar[str] = "set_prices"
    phases: ClassVar = {STORE: "stores"}
    most = 100
    position = 0

    item: ItemName
    price: Price

    def resolve(self, step: StepActions, by: SubmittedAction) -> str | None:
        """Set the price; it is posted before anybody buys."""
        town, store = step.town, step.store(by.agent)
        item = town.economy.goods.index.get(self.item)
        if item is None or not town.economy.prices.sells[store, item]:
            return f"does not sell {self.item!r}"
        if not 0 <= self.price <= _HIGHEST_PRICE:
            return f"cannot ask {self.price} for {self.item}"
        town.economy.prices.set_base(store, item, self.price)
        return None

    def in_words(self, wording: Wording) -> str:
        """Return the new price."""
        return f"price of {self.item}: {wording.money(self.price)}"

    @classmethod
    def is_legal(cls, now: Situation) -> bool:
        """Whether the store can set a price: always."""
        return True

    @classmethod
    def draw(cls, now: Situation, draws: Draws) -> Self:
        """Return a price from 0 to twice the present base price of an item."""
        item, price = draws.pick(now.seen.economy.base_prices)
        return cls(item, draws.below(2 * price + 1))


ACTIONS = (PlaceOrder, Propose, AnswerProposal, AnswerOrder, SetPrice)
"""All actions of the domain."""
