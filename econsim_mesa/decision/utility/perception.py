"""What the utility decider makes of an observation: columns for all households that are asked.

r households are asked; each weighs at most K stores; the town has I items. Stores considered
are those visited last, those named in posts read, and the nearest; where the town has no more
than K stores, all of them, in their own order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from econsim_mesa.observation import View
from econsim_mesa.rng import Floats, Integers
from econsim_mesa.scenario.choice import ChoiceSpec
from econsim_mesa.town.town import Town

Bools = NDArray[np.bool_]
_CHUNK = 256


@dataclass(frozen=True)
class Perception:
    """Columns for the households in ``rows``; see the fields for shapes."""

    rows: Integers
    hours: Floats
    """Hours since the last meal, at most 12: (r,)."""
    meals: Floats
    """Meals carried: (r,)."""
    cash: Floats
    walked: Floats
    stores: Integers
    """Stores considered, -1 padded: (r, K)."""
    walk: Floats
    """Steps of walking to each: (r, K)."""
    price: Floats
    """Known price of each item there, nan where not sold: (r, K, I)."""
    crowd: Floats
    """Others last met there, 0 if unknown: (r, K)."""
    sold_out: Floats
    """Share of its items last seen sold out: (r, K)."""
    talk_store: Floats
    """Timeline term of each store considered, its items not counted: (r, K)."""
    talk_item: Floats
    """Timeline term of each item: (r, I)."""


class Surroundings:
    """What never changes in a run: which stores are nearest to each cell, what is food."""

    def __init__(self, town: Town, choice: ChoiceSpec) -> None:
        self.slots = min(choice.stores, town.who.stores)
        self.all_stores = town.who.stores <= choice.stores
        self.food = town.goods.nutrition > 0
        self.points = np.where(self.food, town.goods.nutrition, 0.0) / town.goods.unit
        self.sells = town.prices.sells
        self.store_x = np.array([x for x, _ in town.store_cells])
        self.store_y = np.array([y for _, y in town.store_cells])
        self.nearest = None if self.all_stores else self._nearest(town)

    def _nearest(self, town: Town) -> Integers:
        """Return the nearest stores of every cell, nearest first: (cells, K)."""
        width, height = town.space.width, town.space.height
        cells = np.arange(width * height)
        nearest = np.empty((len(cells), self.slots), dtype=np.int64)
        for start in range(0, len(cells), _CHUNK):
            some = cells[start : start + _CHUNK]
            far = self.distance(town, some[:, None] // height, some[:, None] % height, slice(None))
            nearest[some] = np.argsort(far, axis=1, kind="stable")[:, : self.slots]
        return nearest

    def distance(self, town: Town, x: Integers, y: Integers, stores: Any) -> Integers:
        """Return the king's distance from cells to stores, broadcast."""
        dx, dy = np.abs(self.store_x[stores] - x), np.abs(self.store_y[stores] - y)
        if town.space.torus:
            dx = np.minimum(dx, town.space.width - dx)
            dy = np.minimum(dy, town.space.height - dy)
        far: Integers = np.maximum(dx, dy)
        return far


def perceive(
    view: View, rows: Integers, choice: ChoiceSpec, around: Surroundings, speed: Integers
) -> Perception:
    """Return what the households in ``rows`` know, from own state, memory and timeline."""
    town, recollection, t = view.town, view.town.recollection, view.t
    feed = view.feed[rows]
    weight = _recency(view, feed, choice)
    stores = _considered(view, rows, feed, around)
    known = recollection.store[rows]
    remembered = recollection.remembered(t)[rows]
    match = (
        (stores[:, :, None] == known[:, None, :])
        & remembered[:, None, :]
        & (stores[:, :, None] >= 0)
    )
    slot, seen = match.argmax(axis=2), match.any(axis=2)
    line = rows[:, None]
    price = town.list_price[stores].astype(float)
    if not recollection.hides("prices"):
        price = np.where(seen[:, :, None], recollection.price[line, slot], price)
    price[~around.sells[stores] | (stores < 0)[:, :, None]] = np.nan
    _announced(view, feed, stores, price)
    far = around.distance(town, town.space.x[rows][:, None], town.space.y[rows][:, None], stores)
    crowd = np.where(seen, recollection.crowd[line, slot], 0.0)
    gone = recollection.sold_out[line, slot].sum(axis=2) * seen
    offered = np.maximum(around.sells[stores].sum(axis=2), 1)
    holdings = town.holdings()[rows]
    return Perception(
        rows=rows,
        hours=np.minimum(recollection.hours_since_meal(t, town.clock.step_hours)[rows], 12.0),
        meals=holdings @ around.points / choice.meal,
        cash=town.cash()[rows].astype(float),
        walked=recollection.steps_walked()[rows],
        stores=stores,
        walk=np.ceil(far / speed[rows][:, None]),
        price=price,
        crowd=crowd * (not recollection.hides("crowding")),
        sold_out=gone / offered * (not recollection.hides("prices")),
        talk_store=_talk_of_stores(town, feed, stores, weight),
        talk_item=_talk_of_items(town, feed, weight),
    )


def _recency(view: View, feed: Any, choice: ChoiceSpec) -> Floats:
    """Return the weight of each post read: recency x (salience + valence); 0 for padding."""
    town, terms = view.town, choice.timeline
    read = np.maximum(feed, 0)
    age = (view.t - town.topics.step[read]) * town.clock.step_hours
    tone = terms.salience.value + terms.valence.value * town.topics.valence[read]
    weight: Floats = np.exp2(-age / terms.half_life.value) * tone * (feed >= 0)
    return weight


def _talk_of_stores(town: Town, feed: Any, stores: Integers, weight: Floats) -> Floats:
    topic = np.where(feed >= 0, town.topics.store[np.maximum(feed, 0)], -2)
    about = topic[:, None, :] == stores[:, :, None]
    talk: Floats = (about * weight[:, None, :]).sum(axis=2)
    return talk


def _talk_of_items(town: Town, feed: Any, weight: Floats) -> Floats:
    named = town.topics.items[np.maximum(feed, 0)]
    talk: Floats = np.matmul(weight[:, None, :], named)[:, 0, :]
    return talk


def _considered(view: View, rows: Integers, feed: Any, around: Surroundings) -> Integers:
    """Return the stores that each household weighs, -1 padded, shape (r, K)."""
    town = view.town
    if around.nearest is None:
        return np.broadcast_to(np.arange(around.slots), (len(rows), around.slots))
    k, recollection = around.slots, town.recollection
    share = max(k // 3, 1)
    visited = np.where(recollection.remembered(view.t)[rows], recollection.visited[rows], -(10**9))
    last = np.argsort(-visited, axis=1, kind="stable")[:, :share]
    line = np.arange(len(rows))[:, None]
    lately = np.where(visited[line, last] >= 0, recollection.store[rows[:, None], last], -1)
    named = np.where(feed >= 0, town.topics.store[np.maximum(feed, 0)], -1)
    named = _first_distinct(named, share)
    nearest = around.nearest[town.space.cells[rows]]
    return _first_distinct(np.concatenate([lately, named, nearest], axis=1), k)


def _first_distinct(candidates: Integers, k: int) -> Integers:
    """Return the first k distinct entries of each row, -1 last: shape (r, k)."""
    columns = candidates.shape[1]
    earlier = np.tril(np.ones((columns, columns), dtype=np.bool_), -1)
    repeated = ((candidates[:, :, None] == candidates[:, None, :]) & earlier).any(axis=2)
    dropped = repeated | (candidates < 0)
    order = np.argsort(dropped, axis=1, kind="stable")[:, :k]
    line = np.arange(len(candidates))[:, None]
    return np.where(dropped[line, order], -1, candidates[line, order])


def _announced(view: View, feed: Any, stores: Integers, price: Floats) -> None:
    """Lower known prices, in place, to what posts read announce for this step."""
    topics, t = view.town.topics, view.t
    read = np.maximum(feed, 0)
    on = (
        (topics.percent[read] > 0)
        & (feed >= 0)
        & (topics.first[read] <= t)
        & (t <= topics.last[read])
        & (topics.store[read] >= 0)
    )
    for column in np.flatnonzero(on.any(axis=0)).tolist():
        reads = np.flatnonzero(on[:, column])
        posts, weighed = feed[reads, column], stores[reads]
        there = weighed == topics.store[posts][:, None]
        meant = there[:, :, None] & (topics.items[posts] > 0)[:, None, :]
        kept = 1.0 - topics.percent[posts][:, None, None] / 100
        reduced = np.minimum(price[reads], view.town.list_price[weighed] * kept)
        price[reads] = np.where(meant, reduced, price[reads])
