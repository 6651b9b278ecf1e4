"""What one agent sees, as a frozen object: for a prompt, a person, or a decider that reads one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from econsim_mesa.domains.economy.records import Sale
from econsim_mesa.domains.economy.stores_in_mind import stores_in_mind
from econsim_mesa.society.records import Rejection
from econsim_mesa.society.rng import Integers
from econsim_mesa.society.view import View


class Good(NamedTuple):
    """An item in one's possession, in smallest units."""

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
    is the step in which it was found closed, -1: it was not, or has been seen since.
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


class ReadPost(NamedTuple):
    """A post in the timeline."""

    id: int
    author: str
    age_steps: int
    text: str


class Feeling(NamedTuple):
    """A stressor at or above the level from which it is put in words."""

    name: str
    level: float
    reason: str


class LastStep(NamedTuple):
    """What the last step brought, as far as it is remembered."""

    bought: tuple[str, ...]
    rejected: tuple[str, ...]
    met: int
    """Others met at a store; -1: was at none."""
    price_change: int
    """Sign of a price change noticed: 1 dearer, -1 cheaper, 0 none."""
    changed_item: str


class Offer(NamedTuple):
    """A proposal of a swap by another household."""

    id: int
    proposer: str
    gives: str
    gives_quantity: int
    wants: str
    wants_quantity: int


class WaitingOrder(NamedTuple):
    """An order that waits for the answer of a store."""

    id: int
    buyer: str
    item: str
    quantity: int
    price: int


@dataclass(frozen=True)
class Section:
    """What a domain shows an agent; a subclass has the facts as fields."""

    def lines(self) -> Iterable[str]:
        """Return it as lines of a prompt, each with a label such as ``[library]``."""
        return ()


@dataclass(frozen=True)
class HouseholdObservation:
    """All that a household sees and feels at the start of a step; memory is recalled apart."""

    name: str
    t: int
    time: str
    x: int
    y: int
    home: tuple[int, int]
    destination: str
    at_home: bool
    cash: int
    goods: tuple[Good, ...]
    here: KnownStore | None
    """The store in whose cell the household stands, with its present shelves."""
    stores: tuple[KnownStore, ...]
    """The other stores that it has in mind."""
    hours_since_meal: float
    """Active hours since it last ate; -1: hidden from memory."""
    walked: float
    """Cells walked lately, fading."""
    last_step: LastStep
    """What the last step brought."""
    nearby: tuple[str, ...]
    """Households in the same cell."""
    around: int
    """Other households within the radius of the stressor, or 1."""
    posts: tuple[ReadPost, ...]
    follows: tuple[str, ...]
    suggestions: tuple[str, ...]
    offers: tuple[Offer, ...]
    feelings: tuple[Feeling, ...]
    sections: Mapping[str, Section] = field(default_factory=dict)
    """What further domains of the town show, by their names."""


@dataclass(frozen=True)
class StoreObservation:
    """All that a store sees at the start of a step."""

    name: str
    t: int
    time: str
    cash: int
    shelves: tuple[Shelf, ...]
    base_prices: tuple[Good, ...]
    visitors: int
    orders: tuple[WaitingOrder, ...]


def observe_household(view: View, i: int) -> HouseholdObservation:
    """Return what household ``i`` sees."""
    town, names = view.town, view.town.roster.names
    space = town.mobility.space
    x, y = int(space.x[i]), int(space.y[i])
    here = int(view.standing[i])
    around = space.near(_radius(view))
    return HouseholdObservation(
        name=names[i],
        t=view.t,
        time=_time(view),
        x=x,
        y=y,
        home=(int(space.home_x[i]), int(space.home_y[i])),
        destination=_place(view, i, int(space.destination[i])),
        at_home=bool(view.at_home[i]),
        cash=int(town.economy.cash()[i]),
        goods=_goods(view, i),
        here=_present_store(view, here) if here >= 0 else None,
        stores=tuple(
            _known_store(view, i, store)
            for store in _in_mind(view)[i].tolist()
            if store not in (here, -1)
        ),
        hours_since_meal=_hours_since_meal(view, i),
        walked=float(town.visit_memory.steps_walked()[i]),
        last_step=_last_step(view, i),
        nearby=tuple(names[j] for j in space.households_in(space.cell_of(i)) if j != i),
        around=int(around[i]),
        posts=_posts(view, i),
        follows=tuple(names[j] for j in town.social.graph.followed(i)),
        suggestions=tuple(names[j] for j in view.suggestions(i)),
        offers=_offers(view, i),
        feelings=tuple(
            Feeling(*one) for one in town.stress.reasons(i, town.scenario.stress.threshold)
        ),
        sections=_sections(view, i),
    )


def _sections(view: View, i: int) -> Mapping[str, Section]:
    shown = {name: domain.observe(view, i) for name, domain in view.town.domains.items()}
    return MappingProxyType({name: section for name, section in shown.items() if section})


def _time(view: View) -> str:
    clock = view.town.clock
    return view.memo("time", lambda: clock.time(view.t).isoformat(timespec="minutes"))


def _in_mind(view: View) -> Integers:
    everybody = np.arange(view.town.roster.households)
    return view.memo("in mind", lambda: stores_in_mind(view, everybody))


def _radius(view: View) -> int:
    congestion = view.town.scenario.stress.stressors.get("congestion")
    return int(getattr(congestion, "radius", 1))


def _hours_since_meal(view: View, i: int) -> float:
    visit_memory, clock = view.town.visit_memory, view.town.clock
    if visit_memory.hides("consumption"):
        return -1.0
    hours = view.memo("meals", lambda: visit_memory.hours_since_meal(view.t, clock.step_hours))
    return float(hours[i])


def _last_step(view: View, i: int) -> LastStep:
    town, visit_memory = view.town, view.town.visit_memory
    records = town.memory.last_records(i)
    name, seen = town.roster.names[i], not visit_memory.hides("prices")
    change = int(visit_memory.price_change[i]) if seen else 0
    return LastStep(
        bought=tuple(row.item for row in records if isinstance(row, Sale) and row.buyer == name),
        rejected=tuple(row.reason for row in records if isinstance(row, Rejection)),
        met=-1 if visit_memory.hides("crowding") else int(visit_memory.met[i]),
        price_change=change,
        changed_item=town.economy.goods.names[int(visit_memory.changed_item[i])] if change else "",
    )


def _goods(view: View, agent: int) -> tuple[Good, ...]:
    town = view.town
    held = town.ledger.balances[agent, 1:].tolist()
    return tuple(
        Good(name, quantity) for name, quantity in zip(town.economy.goods.names, held, strict=True)
        if quantity
    )  # fmt: skip


def _place(view: View, i: int, cell: int) -> str:
    """Return the name of a cell for household ``i``: home, a store, or x,y; empty for none."""
    if cell < 0:
        return ""
    space = view.town.mobility.space
    x, y = divmod(cell, view.town.scenario.grid.height)
    if (x, y) == (int(space.home_x[i]), int(space.home_y[i])):
        return "home"
    store = int(space.store_at[cell])
    return view.town.roster.store_names[store] if store >= 0 else f"{x},{y}"


def _shelves(view: View, store: int) -> tuple[Shelf, ...]:
    town = view.town
    stock = town.economy.stock()[store].tolist()
    return tuple(
        Shelf(town.economy.goods.names[item], price, stock[item])
        for item, price in enumerate(view.posted[store].tolist())
        if price >= 0
    )


def _present_store(view: View, store: int) -> KnownStore:
    town = view.town
    x, y = town.mobility.store_cells[store]
    others = len(town.mobility.space.households_in(x * town.scenario.grid.height + y)) - 1
    number = town.roster.store_number(store)
    return KnownStore(
        town.roster.names[number], town.roster.kinds[number], x, y, 0, view.t, others,
        _shelves(view, store),
    )  # fmt: skip


def _known_store(view: View, i: int, store: int) -> KnownStore:
    town, visit_memory = view.town, view.town.visit_memory
    x, y = town.mobility.store_cells[store]
    distance = town.mobility.space.distance(
        int(town.mobility.space.x[i]), int(town.mobility.space.y[i]), x, y
    )
    number = town.roster.store_number(store)
    slot = visit_memory.slot(i, store, view.t)
    visited, crowd = -1, -1
    shelves = view.memo(("listed", store), lambda: _listed(view, store))
    if slot >= 0:
        visited = int(visit_memory.visited[i, slot])
        if not visit_memory.hides("crowding"):
            crowd = int(visit_memory.crowd[i, slot])
        if not visit_memory.hides("prices"):
            shelves = _remembered_shelves(view, i, slot)
    name, kind = town.roster.names[number], town.roster.kinds[number]
    closed = view.memo("closed", lambda: visit_memory.closed(view.t))[i] == store
    shut = int(visit_memory.shut_at[i]) if closed else -1
    return KnownStore(name, kind, x, y, distance, visited, crowd, shelves, shut)


def _listed(view: View, store: int) -> tuple[Shelf, ...]:
    town = view.town
    return tuple(
        Shelf(town.economy.goods.names[item], price, -1)
        for item, price in enumerate(town.economy.list_price[store].tolist())
        if price >= 0
    )


def _remembered_shelves(view: View, i: int, slot: int) -> tuple[Shelf, ...]:
    visit_memory, names = view.town.visit_memory, view.town.economy.goods.names
    gone = visit_memory.sold_out[i, slot].tolist()
    return tuple(
        Shelf(names[item], price, 0 if gone[item] else -1)
        for item, price in enumerate(visit_memory.price[i, slot].tolist())
        if price >= 0
    )


def _posts(view: View, i: int) -> tuple[ReadPost, ...]:
    posts, names = view.town.social.posts, view.town.roster.names
    return tuple(
        ReadPost(p, names[int(posts.author[p])], view.t - int(posts.step[p]), posts.text[p])
        for p in view.feed[i].tolist()
        if p >= 0
    )


def _offers(view: View, i: int) -> tuple[Offer, ...]:
    town = view.town
    names, goods = town.roster.names, town.roster.commodities
    return tuple(
        Offer(
            one.id,
            names[one.proposer],
            goods[one.give_commodity],
            one.give_quantity,
            goods[one.take_commodity],
            one.take_quantity,
        )
        for one in town.economy.swaps.waiting(i)
    )


def observe_store(view: View, agent: int) -> StoreObservation:
    """Return what the store with agent number ``agent`` sees."""
    town = view.town
    store = agent - town.roster.households
    names = town.roster.names
    base = town.economy.prices.base[store].tolist()
    return StoreObservation(
        name=names[agent],
        t=view.t,
        time=_time(view),
        cash=int(town.ledger.balance(agent, 0)),
        shelves=_shelves(view, store),
        base_prices=tuple(
            Good(name, price)
            for name, price in zip(town.economy.goods.names, base, strict=True)
            if price >= 0
        ),
        visitors=int((view.standing == store).sum()),
        orders=tuple(
            WaitingOrder(
                one.id,
                names[one.buyer],
                town.economy.goods.names[one.item],
                one.quantity,
                one.seen_price,
            )
            for one in town.economy.market.waiting(store)
            if one.answer is None
        ),
    )
