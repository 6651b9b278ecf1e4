"""The town: state of all domains, and the few operations that touch more than one of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

import numpy as np

from econsim_mesa.domains.body.sleep import Sleep
from econsim_mesa.domains.economy.goods import Goods
from econsim_mesa.domains.economy.market import Market
from econsim_mesa.domains.economy.perishables import Larder
from econsim_mesa.domains.economy.prices import Prices
from econsim_mesa.domains.economy.proposals import Swaps
from econsim_mesa.domains.economy.records import Price as PriceRecord
from econsim_mesa.domains.mobility.space import Space
from econsim_mesa.domains.social.graph import FollowerGraph
from econsim_mesa.domains.social.posts import Posts
from econsim_mesa.domains.social.recommend import Recommender
from econsim_mesa.domains.social.records import Post as PostRecord
from econsim_mesa.domains.social.timeline import Timeline
from econsim_mesa.mind import Memory, Personas, Recollection, Stress, Topics
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society import records as record
from econsim_mesa.society.clock import Clock
from econsim_mesa.society.ledger import WORLD, Ledger
from econsim_mesa.society.records import StepRecords
from econsim_mesa.society.rng import Floats, Integers, Streams
from econsim_mesa.society.roster import Directory

_TILE = 8
"""Side of a square of cells whose nearest stores are looked for together."""


@dataclass
class Deeds:
    """What households did and met in one step, a column each; filled while it is resolved."""

    n: int
    nutrition: Floats = field(init=False)
    distance: Floats = field(init=False)
    bought: Integers = field(init=False)
    rejected: Integers = field(init=False)
    stock_outs: Integers = field(init=False)
    ate: Integers = field(init=False)
    turned_away: Integers = field(init=False)
    """The store that was found closed, -1: none."""

    def __post_init__(self) -> None:
        """Begin with nothing done."""
        self.nutrition, self.distance = np.zeros(self.n), np.zeros(self.n)
        self.bought, self.rejected, self.stock_outs, self.ate = np.zeros((4, self.n), np.int64)
        self.turned_away = np.full(self.n, -1, np.int64)


@dataclass
class Town:
    """All state of a run. Households are rows of arrays; everyone has a number in ``who``.

    The economy's accounts, the nodes of the follower graph and ``who`` share one numbering:
    households first, then stores, the government, scripted accounts; the world is -1.
    """

    scenario: Scenario
    clock: Clock
    streams: Streams
    who: Directory
    goods: Goods
    ledger: Ledger
    larder: Larder
    prices: Prices
    market: Market
    swaps: Swaps
    space: Space
    sleep: Sleep
    graph: FollowerGraph
    posts: Posts
    topics: Topics
    timeline: Timeline
    recommender: Recommender
    stress: Stress
    recollection: Recollection
    memory: Memory
    personas: Personas
    store_cells: tuple[tuple[int, int], ...]
    """Cell of each store."""
    list_price: Integers
    """Base prices at the start, shape (stores, items), -1 where not sold."""
    stock_level: Integers
    """Level of a top-up of each store and item."""
    records: StepRecords
    t: int = -1
    deeds: Deeds = field(init=False)
    lately: Deeds = field(init=False)
    """The deeds of the step before."""
    discounts: dict[int, dict[int, tuple[tuple[int, ...], float]]] = field(default_factory=dict)
    """Promotions that are on: store -> number of the event -> items, percent."""
    texts_used: Counter[int] = field(default_factory=Counter)
    """Posts that each event has made so far, by the number of the event."""
    _recorded: Integers = field(init=False)
    """Base and posted prices as last recorded, shape (2, stores, items)."""

    def __post_init__(self) -> None:
        """Begin before step 0."""
        self.deeds = self.lately = Deeds(self.who.households)
        self._recorded = np.full((2, *self.prices.posted.shape), -1, dtype=np.int64)

    def begin(self, t: int) -> None:
        """Start the records and deeds of step ``t``."""
        self.t = t
        self.records = StepRecords(t, self.clock.time(t).isoformat(), self.records.rows)
        self.lately, self.deeds = self.deeds, Deeds(self.who.households)

    def holdings(self) -> Integers:
        """Return the goods of all households, shape (households, items), smallest units."""
        return self.ledger.balances[: self.who.households, 1:]

    def cash(self) -> Integers:
        """Return the cash of all households."""
        return self.ledger.balances[: self.who.households, 0]

    def stock(self) -> Integers:
        """Return the goods of all stores, shape (stores, items), smallest units."""
        first = self.who.households
        return self.ledger.balances[first : first + self.who.stores, 1:]

    @cached_property
    def nearest_stores(self) -> Integers:
        """The stores nearest to each cell, nearest first, as many as are in mind: (cells, K).

        A store that is nearest to some cell of a tile is not farther from the tile's corner than
        the K-th store from there and twice the way across the tile; only these are compared.
        """
        width, height = self.space.width, self.space.height
        count = min(self.scenario.choice.stores, self.who.stores)
        nearest = np.empty((width, height, count), dtype=np.int64)
        store_x, store_y = np.array(self.store_cells, dtype=np.int64).T
        for left, top in product(range(0, width, _TILE), range(0, height, _TILE)):
            tile = slice(left, left + _TILE), slice(top, top + _TILE)
            x, y = np.mgrid[tile[0], tile[1]][:, : width - left, : height - top, None]
            far = self.space.distances(x[0, 0], y[0, 0], store_x, store_y)
            reach = np.partition(far, count - 1)[count - 1] + 2 * (_TILE - 1)
            near = np.flatnonzero(far <= reach)
            far = self.space.distances(x, y, store_x[near], store_y[near])
            nearest[tile] = near[np.argsort(far, axis=2, kind="stable")[:, :, :count]]
        return nearest.reshape(width * height, count)

    def speeds(self) -> Integers:
        """Return the cells a step of each household: on foot, or by the fastest item it has."""
        foot = self.scenario.agents.Household.speed
        speed = np.full(self.who.households, foot, dtype=np.int64)
        for item in np.flatnonzero(self.goods.speed > foot).tolist():
            has = self.holdings()[:, item] >= self.goods.unit[item]
            np.maximum(speed, np.where(has, self.goods.speed[item], 0), out=speed)
        return speed

    def move_goods(
        self, source: int, target: int, commodity: int, amount: int, reason: str
    ) -> None:
        """Transfer outside of a trade, with its record. Raises ``LedgerError``."""
        if amount == 0:
            return
        self.ledger.transfer(source, target, commodity, amount)
        if commodity:
            if 0 <= source < self.who.households:
                self.larder.take(source, commodity - 1, amount)
            if 0 <= target < self.who.households:
                self.larder.receive(target, commodity - 1, amount, self.t)
        names = self.who.account_names
        self.records["transfers"].append(
            record.Transfer(
                self.records.step,
                names[source],
                names[target],
                self.who.commodities[commodity],
                int(amount),
                reason,
            )
        )

    def pay_all(self, amounts: Integers, reason: str) -> None:
        """Pay income from the world to households, one amount each."""
        rows = np.flatnonzero(amounts)
        self.ledger.transfer_many(WORLD, rows, 0, amounts[rows])
        world, currency = self.who.account_names[WORLD], self.who.commodities[0]
        step, names = self.records.step, self.who.account_names
        self.records["transfers"].extend(
            record.Transfer(step, world, names[i], currency, amount, reason)
            for i, amount in zip(rows.tolist(), amounts[rows].tolist(), strict=True)
        )

    def publish(self, author: int, text: str, reply_to: int = -1) -> int:
        """Append a post to all that read it, with its record; return its number."""
        number = self.posts.append(self.t, author, text, reply_to)
        self.topics.read(number, author - self.who.households, text, self.t)
        self.records["posts"].append(
            PostRecord(
                self.t,
                self.records.time,
                self.who.names[author],
                text,
                self.who.kinds[author],
                number,
                reply_to,
            )
        )
        return number

    def reprice(self, store: int | None = None) -> None:
        """Post prices anew from base prices and the promotions that are on; record changes.

        Of one store alone, if it is named: events for each of many stores stay cheap.
        """
        first, end = (0, self.who.stores) if store is None else (store, store + 1)
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
            self.record_price(first + row, item)

    def record_price(self, store: int, item: int) -> None:
        """Record the base and posted price of one item of a store."""
        base, posted = self.prices.base[store, item], self.prices.posted[store, item]
        self._recorded[:, store, item] = base, posted
        self.records["prices"].append(
            PriceRecord(
                self.records.step,
                self.who.store_names[store],
                self.goods.names[item],
                int(base),
                int(posted),
            )
        )
