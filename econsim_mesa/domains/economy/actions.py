"""Trade: orders at stores and what stores do, swaps between households."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from econsim_mesa.domains.economy.intentions import IntendedOrder
from econsim_mesa.domains.economy.orders import AWAY, NOT_SOLD
from econsim_mesa.domains.economy.proposals import APART
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
from econsim_mesa.society.reason import IMPOSSIBLE, SECOND_PLACE, UNKNOWN_NAME, Reason
from econsim_mesa.society.resolution import StepActions, SubmittedAction
from econsim_mesa.society.town import Town
from econsim_mesa.society.wording import Wording

_HIGHEST_PRICE = 10**12
_MOST = 3
"""Most whole units of a drawn order, and most steps that it stays open."""
_MOST_SWAPPED = 1000
_NAMED = 5
"""Most households that a reason names."""


class PlaceOrder(Action):
    """Order ``quantity`` smallest units of an item at the store where one stands."""

    verb: ClassVar[str] = "order"
    phases: ClassVar = {HOUSEHOLD: "market"}
    position = 2

    store: StoreName
    item: ItemName
    quantity: Annotated[Quantity, AmountOf("item")]
    ttl: Steps

    def resolve(self, step: StepActions, by: SubmittedAction) -> Reason | None:
        """Hand the order to the store, which settles it with all others of the step.

        At a store elsewhere, where the town has intentions, set out for it: it is placed there.
        """
        town, item = step.town, step.town.economy.item_called(self.item)
        if isinstance(item, Reason):
            return item
        store = _store_meant(step, by.agent, self.store, item)
        if isinstance(store, Reason):
            return store
        if self.ttl > town.scenario.market.max_ttl:
            return _too_long("an order may stay open for {steps} at most", town)
        order = IntendedOrder(item, self.quantity, self.ttl, town.t, by.place)
        if step.standing[by.agent] != store:
            return _order_elsewhere(step, by, store, order)
        reason = place_order(step, by.agent, store, order)
        if reason is None:  # who says it again on arrival does not buy twice
            town.economy.intentions.forget_order(by.agent, store, item)
        return reason

    def in_words(self, wording: Wording) -> str:
        """Return what is ordered, and where."""
        text = "order {goods} at {store}" if self.store else "order {goods}"
        goods = wording.amount(self.item, self.quantity)
        return wording.say(text, goods=goods, store=self.store)

    def is_named_in(self, thought: str) -> bool:
        """Whether a thought names what is ordered."""
        return self.item.casefold() in thought

    @classmethod
    def reply_columns(cls, scenario: Scenario) -> tuple[str, ...]:
        """Return that the store is said where several sell the same."""
        is_clear = all(len(scenario.agents.sellers(item)) <= 1 for item in scenario.items)
        return ("item", "quantity") if is_clear else ("item", "quantity", "store")

    @classmethod
    def unsaid(cls, scenario: Scenario, said: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the only store that sells it, if any, and that it stays open as is usual.

        Without a store it is ordered here, or at the nearest that sells it.
        """
        sellers = scenario.agents.sellers(said.get("item", ""))
        return {"store": sellers[0] if len(sellers) == 1 else "", "ttl": scenario.market.ttl}

    @classmethod
    def is_legal(cls, now: Situation) -> bool:
        """Whether something at the store is in stock and can be paid, and the store is open."""
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
    is_open = seen.here is not None and seen.here.opens is None
    for item, price, quantity in seen.here.shelves if is_open else ():
        stock = quantity // 10 ** now.scenario.items[item].decimals
        most = min(stock, _MOST, seen.cash // price if price else _MOST)
        if most > 0:
            affordable.append((item, most))
    return affordable


def _store_meant(step: StepActions, household: int, name: str, item: int) -> int | Reason:
    """Return the store of a name, or why there is none.

    Without a name it is the store in whose cell the household stands, if that sells the item,
    else the nearest one that does.
    """
    town = step.town
    if not name:
        here, nearest = int(step.standing[household]), town.nearest_seller(household, item)
        sold_here = here >= 0 and bool(town.economy.prices.sells[here, item])
        if not sold_here and nearest is None:
            sold = town.wording.say("nobody sells {item}", item=town.economy.goods.names[item])
            return Reason(NOT_SOLD, sold)
        return here if sold_here or nearest is None else nearest
    store = town.roster.store(name)
    if store is None:
        text, advice = (
            "there is no store {name}; {hint}",
            town.wording.hint(name, town.roster.store_names),
        )
        return Reason(UNKNOWN_NAME, town.wording.say(text, name=repr(name), hint=advice))
    return store


def _order_elsewhere(
    step: StepActions, by: SubmittedAction, store: int, order: IntendedOrder
) -> Reason | None:
    """Set out for a store, to order there; return why a household cannot."""
    town, name = step.town, step.town.roster.store_names[store]
    seen = int(step.seen_prices[store, order.item])
    fault = town.economy.market.fault(by.agent, store, order.item, order.quantity, order.ttl, seen)
    if fault is not None:
        return fault
    if not town.scenario.market.intentions:
        x, y = town.mobility.store_cells[store]
        away = town.wording.counted(town.cells_to(by.agent, store), "cell")
        text = "not at {store}, which is {cells} away at {cell}: go there first"
        return Reason(AWAY, town.wording.say(text, store=name, cells=away, cell=f"{x},{y}"))
    goal = town.mobility.cell_of_store(store)
    first = _listed_first(step, by, goal)
    if first >= 0:
        text = "going to {place} first; order at {store} after that"
        place = town.mobility.place_name(first)
        return Reason(SECOND_PLACE, town.wording.say(text, place=place, store=name))
    reason = town.set_out(by.agent, goal)
    if reason is None:
        town.economy.intentions.set_out(by.agent, store, order)
    return reason


def _listed_first(step: StepActions, by: SubmittedAction, goal: int) -> int:
    """Return the cell elsewhere for which the same decision sets out before; -1: none."""
    town, here = step.town, step.town.mobility.space.cell_of(by.agent)
    trip = town.economy.intentions.trip(by.agent)
    if trip is not None and trip.decided == town.t:
        elsewhere = town.mobility.cell_of_store(trip.store)
        return elsewhere if elsewhere != goal else -1
    for action in step.listed_before(by):
        if place := action.heads_for():
            cell = town.mobility.cell_called(by.agent, place)
            if not isinstance(cell, Reason) and cell not in (goal, here):
                return cell
    return -1


def place_order(
    step: StepActions, household: int, store: int, order: IntendedOrder
) -> Reason | None:
    """Place an order at the store where a household stands, with its record."""
    town = step.town
    seen = int(step.seen_prices[store, order.item])
    placed = town.economy.market.place(
        town.t,
        household,
        store,
        order.item,
        order.quantity,
        order.ttl,
        seen,
        order.action,
        decided=order.decided,
    )
    if isinstance(placed, Reason):
        return placed
    town.records["orders"].append(
        OrderRecord(
            town.t,
            placed.id,
            town.roster.names[household],
            town.roster.store_names[store],
            town.economy.goods.names[order.item],
            order.quantity,
            order.ttl,
            seen,
            order.decided,
        )
    )
    return None


def _too_long(text: str, town: Town) -> Reason:
    most = town.wording.counted(town.scenario.market.max_ttl, "step")
    return Reason(IMPOSSIBLE, town.wording.say(text, steps=most))


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
    spoken = r"offer|propos|swap|trade|exchange|交換|申し出|持ちかけ"

    to: HouseholdName
    give: CommodityName
    give_quantity: Annotated[Quantity, AmountOf("give")]
    take: CommodityName
    take_quantity: Annotated[Quantity, AmountOf("take")]
    ttl: Steps

    def resolve(self, step: StepActions, by: SubmittedAction) -> Reason | None:
        """Make the proposal, which the other household may answer from the next step on."""
        town = step.town
        goods, other = town.roster.commodities, town.roster.household(self.to)
        if other is None:
            words = town.wording.say("there is no household {name}", name=repr(self.to))
            return Reason(UNKNOWN_NAME, words)
        if town.mobility.space.cell_of(other) != town.mobility.space.cell_of(by.agent):
            return _apart(town, by.agent, self.to)
        unknown = [name for name in (self.give, self.take) if name not in goods]
        if unknown:
            text, advice = "there is no item {name}; {hint}", town.wording.hint(unknown[0], goods)
            words = town.wording.say(text, name=repr(unknown[0]), hint=advice)
            return Reason(UNKNOWN_NAME, words)
        if self.ttl > town.scenario.market.max_ttl:
            return _too_long("a proposal may stay open for {steps} at most", town)
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
        if isinstance(made, Reason):
            return made
        town.outcomes["offered"][other] += 1
        return None

    def in_words(self, wording: Wording) -> str:
        """Return who is offered what for what."""
        return wording.say(
            "offer {name} {gives} for {wants}",
            name=self.to,
            gives=wording.amount(self.give, self.give_quantity),
            wants=wording.amount(self.take, self.take_quantity),
        )

    @classmethod
    def reply_columns(cls, scenario: Scenario) -> tuple[str, ...]:
        """Return all but how long it stays open."""
        return ("to", "give", "give_quantity", "take", "take_quantity")

    @classmethod
    def unsaid(cls, scenario: Scenario, said: Mapping[str, Any]) -> Mapping[str, Any]:
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


def _apart(town: Town, household: int, other: str) -> Reason:
    """Return that another household is elsewhere, and who is here."""
    here = town.mobility.space.households_in(town.mobility.space.cell_of(household))
    names = [town.roster.names[number] for number in here if number != household]
    text = "{name} is not in the same cell; nobody else is here"
    if names:
        text = "{name} is not in the same cell; here are {others}"
    others = town.wording.listed(names[:_NAMED])
    return Reason(APART, town.wording.say(text, name=other, others=others))


class _Answer(Action):
    """Base of answers by number."""

    verb: ClassVar[str] = "react"
    position = 4
    spoken = r"accept|declin|reject|refus|agree|swap|offer|承諾|断|交換|申し出"

    id: Id
    accept: bool

    def in_words(self, wording: Wording) -> str:
        """Return what is accepted or declined."""
        return wording.say(
            "accept number {id}" if self.accept else "decline number {id}", id=self.id
        )


class AnswerProposal(_Answer, _OfSwaps):
    """Answer a proposal of a swap by its id."""

    phases: ClassVar = {HOUSEHOLD: "answers"}

    def resolve(self, step: StepActions, by: SubmittedAction) -> Reason | None:
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

    def resolve(self, step: StepActions, by: SubmittedAction) -> Reason | None:
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

    def resolve(self, step: StepActions, by: SubmittedAction) -> Reason | None:
        """Set the price; it is posted before anybody buys."""
        town, store = step.town, step.store(by.agent)
        item = town.economy.goods.index.get(self.item)
        if item is None or not town.economy.prices.sells[store, item]:
            sold = zip(town.economy.goods.names, town.economy.prices.sells[store], strict=True)
            advice = town.wording.hint(self.item, [name for name, sells in sold if sells])
            text = "does not sell {item}; {hint}"
            return Reason(NOT_SOLD, town.wording.say(text, item=repr(self.item), hint=advice))
        if not 0 <= self.price <= _HIGHEST_PRICE:
            price, highest = map(town.wording.sum_of, (self.price, _HIGHEST_PRICE))
            text = "cannot ask {price} for {item}, at most {highest}"
            words = town.wording.say(text, price=price, item=self.item, highest=highest)
            return Reason(IMPOSSIBLE, words)
        town.economy.prices.set_base(store, item, self.price)
        return None

    def in_words(self, wording: Wording) -> str:
        """Return the new price."""
        return wording.say(
            "price of {item}: {price}", item=self.item, price=wording.money(self.price)
        )

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
