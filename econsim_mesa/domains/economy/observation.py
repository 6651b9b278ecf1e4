"""What households and stores are shown of the economy: money, goods, prices, orders, swaps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple, Self

import numpy as np

from econsim_mesa.domains.economy.budget import Coming, tells_budgets
from econsim_mesa.domains.economy.opening import hours_of
from econsim_mesa.domains.economy.records import Sale
from econsim_mesa.domains.economy.stores_in_mind import stores_in_mind
from econsim_mesa.quoting import name_text, quoted
from econsim_mesa.scenario.hours import HoursOfWeek, spoken_hours_of_week
from econsim_mesa.scenario.llm import Listing
from econsim_mesa.society.records import Rejection
from econsim_mesa.society.rng import Integers
from econsim_mesa.society.section import Section, listed
from econsim_mesa.society.view import View
from econsim_mesa.society.wording import Wording

_ITEM, _NAME = attrgetter("item"), attrgetter("name")
_TOLD_APART = ("rejections", "thoughts")
"""Topics of records that the line about the last step tells in words of its own, or not at all."""


class Good(NamedTuple):
    """An item in one's possession, in smallest units; or its base price."""

    item: str
    quantity: int


class Shelf(NamedTuple):
    """An item as a store shows it; quantity -1: not seen."""

    item: str
    price: int
    quantity: int


class KnownStore(NamedTuple):
    """What is known of a store: where it is, and what was last seen there.

    ``visited`` is the step of the last visit within memory, or -1; then the shelves hold list
    prices and no quantities. ``crowd`` is how many others were met there, -1: unknown. ``shut``
    is the step in which it was found closed, -1: it was not, or has been seen since. ``opens`` is
    of a store that is closed now the step in which it opens, -1: not known; None: it is open, or
    somewhere else. At the store itself ``queue`` orders of ``people`` households wait, and
    ``free_seats`` of ``seats`` are free (-1: none are counted); of one remembered ``waited`` is how
    many steps one last waited there.
    """

    name: str
    kind: str
    x: int
    y: int
    distance: int
    visited: int
    crowd: int
    shelves: tuple[Shelf, ...]
    shut: int = -1
    opens: int | None = None
    queue: int = 0
    people: int = 0
    free_seats: int = -1
    seats: int = -1
    waited: int = 0


class LastStep(NamedTuple):
    """What the last step brought, as far as it is remembered."""

    bought: tuple[str, ...]
    """Items."""
    rejected: tuple[str, ...]
    """Why something could not be done, in any domain."""
    met: int
    """Others met at a store; -1: was at none."""
    price_change: int
    """Sign of a price change noticed: 1 dearer, -1 cheaper, 0 none."""
    changed_item: str
    events: tuple[str, ...] = ()
    """What else one did and lived through, in any domain, in words: purchases too."""


class Offer(NamedTuple):
    """A proposal of a swap by another household."""

    id: int
    proposer: str
    gives: str
    gives_quantity: int
    wants: str
    wants_quantity: int


class Plan(NamedTuple):
    """What a household has decided and not done yet: to order on arrival, and to eat then."""

    store: str
    """The store where it is to order; empty: it has ordered, and waits."""
    orders: tuple[Good, ...]
    meals: tuple[Good, ...]


class WaitingOrder(NamedTuple):
    """An order that waits for the answer of a store."""

    id: int
    buyer: str
    item: str
    quantity: int
    price: int


@dataclass(frozen=True)
class EconomySection(Section):
    """What a household owns, what it knows of stores, and what it is offered."""

    t: int
    """The present step."""
    cash: int
    goods: tuple[Good, ...]
    last_step: LastStep
    here: KnownStore | None
    """The store in whose cell the household stands, with its present shelves."""
    stores: tuple[KnownStore, ...]
    """The other stores that it has in mind."""
    offers: tuple[Offer, ...]
    plan: Plan | None = None
    """What it has decided and not done yet; None: nothing."""
    coming: tuple[Coming, ...] = ()
    """Its next income and expenses, where they are told to households."""
    due: int = 0
    """What it has to pay before its next income."""

    @classmethod
    def of(cls, view: View, household: int) -> Self:
        """Return what a household is shown."""
        here = int(view.standing[household])
        in_mind = view.memo(_in_mind)[household].tolist()
        others = (store for store in in_mind if store not in (here, -1))
        slots = view.visit_memory.slots(household, view.t)
        return cls(
            t=view.t,
            cash=int(view.economy.cash[household]),
            goods=_goods(view, household),
            last_step=_last_step(view, household),
            here=_present_store(view, here) if here >= 0 else None,
            stores=tuple(
                _known_store(view, household, store, slots.get(store)) for store in others
            ),
            offers=_offers(view, household),
            plan=_plan(view, household),
            coming=view.economy.budgets.coming(household) if view.memo(_tells_budgets) else (),
            due=int(view.economy.due[household]),
        )

    def lines(self, listing: Listing, wording: Wording) -> Iterator[str]:
        """Yield cash and goods, the last step, what is planned, stores, and offers."""
        yield f"[cash] {wording.sum_of(self.cash)}"
        if self.coming:
            yield f"[next] {self._coming_text(wording)}"
        goods = [wording.amount(*good) for good in listed(self.goods, listing, _ITEM)]
        yield f"[goods] {wording.listed(goods) or wording.say('none')}"
        if last_step := _last_step_text(self.last_step, wording):
            yield f"[last] {wording.time(self.t - 1, self.t)}: {last_step}"
        if self.plan is not None:
            yield f"[plan] {_plan_text(self.plan, wording)}"
        if self.here is not None:
            here = wording.say(
                "[here] {store}: {shelves}; {others} here",
                store=_name_and_hours(self.here, self.t, wording),
                shelves=_shelves_text(self.here.shelves, listing, wording),
                others=wording.counted(self.here.crowd, "other"),
            )
            yield wording.joined([here, *_queue_and_seats(self.here, wording)])
        for store in listed(self.stores, listing, _NAME):
            yield f"[known] {self._known_store_text(store, listing, wording)}"
        for offer in self.offers:
            gives = wording.amount(offer.gives, offer.gives_quantity)
            wants = wording.amount(offer.wants, offer.wants_quantity)
            text = "[offers] id {id}: {name} gives {gives} for {wants}"
            yield wording.say(text, id=offer.id, name=offer.proposer, gives=gives, wants=wants)

    def _coming_text(self, wording: Wording) -> str:
        """Return the next income and expenses, and what is to be paid before the next income."""
        say = wording.say
        parts = [
            say(
                "you get {sum} ({name}) {time}"
                if one.is_income
                else "you pay {sum} ({name}) {time}",
                sum=wording.sum_of(one.amount),
                name=name_text(one.name),
                time=wording.time(one.step, self.t),
            )
            for one in self.coming
        ]
        if self.due and any(one.is_income for one in self.coming):
            due = wording.sum_of(self.due)
            parts.append(say("{sum} to pay before your next income", sum=due))
        return wording.joined(parts)

    def _known_store_text(self, store: KnownStore, listing: Listing, wording: Wording) -> str:
        """Return what is known of a store; its list prices stand in the system prompt."""
        say, distance = wording.say, wording.counted(store.distance, "cell")
        clauses = [say("{store}: {cells} away", store=name_text(store.name), cells=distance)]
        if store.shut >= 0:
            clauses.append(say("found closed {time}", time=wording.time(store.shut, self.t)))
        if store.visited < 0:
            return wording.joined(clauses)
        seen, text = wording.time(store.visited, self.t), "seen {time}"
        if store.crowd >= 0:
            text = "seen {time} with {others}"
        clauses.append(say(text, time=seen, others=wording.counted(store.crowd, "other")))
        if store.waited:
            steps = wording.counted(store.waited, "step")
            clauses.append(say("waited {steps} there", steps=steps))
        return f"{wording.joined(clauses)}: {_shelves_text(store.shelves, listing, wording)}"


@dataclass(frozen=True)
class StoreSection(Section):
    """What a store owns and asks, who is in it, and which orders wait for its answer."""

    cash: int
    shelves: tuple[Shelf, ...]
    base_prices: tuple[Good, ...]
    visitors: int
    orders: tuple[WaitingOrder, ...]
    t: int = 0
    """The present step."""
    hours: HoursOfWeek | None = None
    """Its opening hours; None: always open."""
    opens: int | None = None
    """The step in which it opens, if it is closed, -1: not known; None: it is open."""

    @classmethod
    def of(cls, view: View, store: int) -> Self:
        """Return what a store is shown, by its row."""
        items, base = view.economy.goods.names, view.economy.base_price[store].tolist()
        return cls(
            cash=int(view.balances[view.roster.store_number(store), 0]),
            shelves=_shelves(view, store),
            base_prices=tuple(
                Good(item, price) for item, price in zip(items, base, strict=True) if price >= 0
            ),
            visitors=int((view.standing == store).sum()),
            orders=tuple(
                WaitingOrder(
                    order.id,
                    view.roster.names[order.buyer],
                    items[order.item],
                    order.quantity,
                    order.price,
                )
                for order in view.economy.orders(store)
            ),
            t=view.t,
            hours=view.memo(_hours)[store],
            opens=None if view.economy.open_now[store] else view.economy.opens(store),
        )

    def lines(self, listing: Listing, wording: Wording) -> Iterator[str]:
        """Yield cash, shelves and base prices, visitors, and orders that wait."""
        yield f"[cash] {wording.sum_of(self.cash)}"
        yield f"[shelves] {_shelves_text(self.shelves, listing, wording)}"
        base = (Shelf(good.item, good.quantity, -1) for good in self.base_prices)
        yield f"[base] {_shelves_text(base, listing, wording)}"
        yield f"[visitors] {wording.counted(self.visitors, 'household')}"
        if clauses := list(self._hours_clauses(wording)):
            yield f"[hours] {wording.joined(clauses)}"
        for order in self.orders:
            wants = wording.amount(order.item, order.quantity)
            price = wording.sum_of(order.price)
            text = "[orders] id {id}: {buyer} wants {wants} at {price} each"
            yield wording.say(text, id=order.id, buyer=order.buyer, wants=wants, price=price)

    def _hours_clauses(self, wording: Wording) -> Iterator[str]:
        """Yield when the store is open, and until when it is closed."""
        if self.hours is not None:
            hours = spoken_hours_of_week(self.hours, wording.language)
            yield wording.say("open {hours}", hours=hours)
        if self.opens is not None:
            text = "closed until {time}" if self.opens >= 0 else "closed for now"
            yield wording.say(text, time=wording.time(self.opens, self.t))


def _in_mind(view: View) -> Integers:
    """Return the stores that each household has in mind, shape (households, K)."""
    return stores_in_mind(view, np.arange(view.roster.households))


def _tells_budgets(view: View) -> bool:
    """Whether households are told of regular sums."""
    return tells_budgets(view.scenario)


def _seats(view: View) -> list[int | None]:
    """Return the seats of each store; None: it counts none."""
    return [spec.seats for _, _, spec in view.scenario.agents.stores()]


def _hours(view: View) -> list[HoursOfWeek | None]:
    """Return the opening hours of each store."""
    return hours_of(view.scenario)


def _closed(view: View) -> Integers:
    """Return the store that each household remembers as closed, -1: none."""
    return view.visit_memory.closed(view.t)


def _goods(view: View, household: int) -> tuple[Good, ...]:
    items = view.economy.goods.names
    held = view.economy.holdings[household].tolist()
    return tuple(
        Good(item, quantity) for item, quantity in zip(items, held, strict=True) if quantity
    )


def _last_step(view: View, household: int) -> LastStep:
    visit_memory = view.visit_memory
    last, name = view.memory.last_records(household), view.roster.names[household]
    change = 0 if visit_memory.hides("prices") else int(visit_memory.price_change[household])
    item = int(visit_memory.changed_item[household])
    return LastStep(
        bought=tuple(row.item for row, _ in last if isinstance(row, Sale) and row.buyer == name),
        rejected=tuple(row.reason for row, _ in last if isinstance(row, Rejection)),
        met=-1 if visit_memory.hides("crowding") else int(visit_memory.met[household]),
        price_change=change,
        changed_item=view.economy.goods.names[item] if change else "",
        events=tuple(event.words for _, event in last if event.topic not in _TOLD_APART),
    )


def _present_store(view: View, store: int) -> KnownStore:
    mobility, number = view.mobility, view.roster.store_number(store)
    x, y = mobility.store_cells[store]
    others = len(mobility.households_in(x * mobility.height + y)) - 1
    name, kind = view.roster.names[number], view.roster.kinds[number]
    economy, seats = view.economy, view.memo(_seats)[store]
    return KnownStore(
        name,
        kind,
        x,
        y,
        0,
        view.t,
        others,
        _shelves(view, store),
        opens=None if economy.open_now[store] else economy.opens(store),
        queue=int(economy.queue[store]),
        people=economy.people_waiting(store),
        free_seats=int(economy.free_seats[store]),
        seats=-1 if seats is None else seats,
    )


def _known_store(view: View, household: int, store: int, slot: int | None) -> KnownStore:
    """Return what a household knows of a store that it remembers in a slot, or from afar only."""
    visit_memory, mobility = view.visit_memory, view.mobility
    x, y = mobility.store_cells[store]
    distance = mobility.distance(int(mobility.x[household]), int(mobility.y[household]), x, y)
    visited, crowd = -1, -1
    shelves = view.memo(_list_shelves, store)
    if slot is not None:
        visited = int(visit_memory.visited[household, slot])
        if not visit_memory.hides("crowding"):
            crowd = int(visit_memory.crowd[household, slot])
        if not visit_memory.hides("prices"):
            shelves = _remembered_shelves(view, household, slot)
    closed = view.memo(_closed)[household] == store
    shut = int(visit_memory.shut_at[household]) if closed else -1
    waited = 0
    if slot is not None and not visit_memory.hides("purchases"):
        waited = int(visit_memory.waited[household, slot])
    number = view.roster.store_number(store)
    name, kind = view.roster.names[number], view.roster.kinds[number]
    return KnownStore(name, kind, x, y, distance, visited, crowd, shelves, shut, waited=waited)


def _shelves(view: View, store: int) -> tuple[Shelf, ...]:
    """Return the shelves of a store as they are now."""
    stock = view.economy.stock[store].tolist()
    return _shelves_of(view, view.posted[store], stock)


def _list_shelves(view: View, store: int) -> tuple[Shelf, ...]:
    """Return the shelves of a store as everybody knows them: list prices, no quantities."""
    return _shelves_of(view, view.economy.list_price[store])


def _remembered_shelves(view: View, household: int, slot: int) -> tuple[Shelf, ...]:
    """Return the shelves of a store as a household remembers them."""
    visit_memory = view.visit_memory
    stock = np.where(visit_memory.sold_out[household, slot], 0, -1).tolist()
    return _shelves_of(view, visit_memory.price[household, slot], stock)


def _shelves_of(view: View, prices: Integers, stock: list[int] | None = None) -> tuple[Shelf, ...]:
    """Return a shelf for each item with a price, shape (items,), -1: not sold there."""
    items = view.economy.goods.names
    return tuple(
        Shelf(items[item], price, -1 if stock is None else stock[item])
        for item, price in enumerate(prices.tolist())
        if price >= 0
    )


def _offers(view: View, household: int) -> tuple[Offer, ...]:
    names, goods = view.roster.names, view.roster.commodities
    return tuple(
        Offer(
            proposal.id,
            names[proposal.proposer],
            goods[proposal.give_commodity],
            proposal.give_quantity,
            goods[proposal.take_commodity],
            proposal.take_quantity,
        )
        for proposal in view.economy.proposals(household)
    )


def _plan(view: View, household: int) -> Plan | None:
    trip, meals = view.economy.trip(household), view.economy.meals(household)
    if trip is None and not meals:
        return None
    items = view.economy.goods.names
    orders = () if trip is None else trip.orders
    return Plan(
        store="" if trip is None else view.roster.store_names[trip.store],
        orders=tuple(Good(items[order.item], order.quantity) for order in orders),
        meals=tuple(Good(items[meal.item], meal.quantity) for meal in meals),
    )


def _plan_text(plan: Plan, wording: Wording) -> str:
    """Return what is planned, such as ``on arrival at Cafe: order 1 Pie; then eat 1 Pie``."""
    orders, meals = (
        wording.listed(wording.amount(*good) for good in goods)
        for goods in (plan.orders, plan.meals)
    )
    if not plan.store:
        return wording.say("once it is bought: eat {meals}", meals=meals)
    text = "on arrival at {store}: order {orders}"
    clauses = [wording.say(text, store=name_text(plan.store), orders=orders)]
    if meals:
        clauses.append(wording.say("then eat {meals}", meals=meals))
    return wording.joined(clauses)


def _queue_and_seats(store: KnownStore, wording: Wording) -> Iterator[str]:
    """Yield how many seats are free at a store, if it counts any, and who waits there, if any."""
    if store.seats >= 0:
        text = "{free} of {seats} seats free"
        yield wording.say(text, free=store.free_seats, seats=store.seats)
    if store.queue:
        orders = wording.counted(store.queue, "order")
        people = wording.counted(store.people, "household")
        yield wording.say("{orders} of {people} waiting", orders=orders, people=people)


def _name_and_hours(store: KnownStore, now: int, wording: Wording) -> str:
    """Return the name of a store, and that it is closed, if so."""
    name = name_text(store.name)
    if store.opens is None:
        return name
    text = "{store} (closed until {time})" if store.opens >= 0 else "{store} (closed for now)"
    return wording.say(text, store=name, time=wording.time(store.opens, now))


def _shelves_text(shelves: Iterable[Shelf], listing: Listing, wording: Wording) -> str:
    return wording.listed(_shelf_text(shelf, wording) for shelf in listed(shelves, listing, _ITEM))


def _shelf_text(shelf: Shelf, wording: Wording) -> str:
    text = f"{name_text(shelf.item)} {wording.price(shelf.price)}"
    if shelf.quantity == 0:
        return wording.say("{shelf} (sold out)", shelf=text)
    if shelf.quantity < 0:
        return text
    left = wording.quantity(shelf.item, shelf.quantity)
    return wording.say("{shelf} ({quantity} left)", shelf=text, quantity=left)


def _last_step_text(last_step: LastStep, wording: Wording) -> str:
    say = wording.say
    parts = [
        *last_step.events,
        *(say("could not: {reason}", reason=quoted(reason)) for reason in last_step.rejected),
    ]
    if last_step.met >= 0:
        parts.append(say("met {others}", others=wording.counted(last_step.met, "other")))
    if last_step.price_change:
        change = "{item} dearer" if last_step.price_change > 0 else "{item} cheaper"
        parts.append(say(change, item=name_text(last_step.changed_item)))
    return wording.joined(parts)
