"""From what prompts say to what the utility decider knows, for many households at once.

The columns are those that ``decision.utility.perceive`` fills from a town; a round trip shows
that they agree in all that a prompt says.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from econsim_mesa.deciders.utility.facts import Facts
from econsim_mesa.deciders.utility.perceive import found_closed, recency, reported_stockout_share
from econsim_mesa.deciders.utility.perception import Perception
from econsim_mesa.mind.stress import OVERALL
from econsim_mesa.mind.visit_memory import NEVER
from econsim_mesa.mock.knowledge import Knowledge
from econsim_mesa.mock.recall import Recall, Told
from econsim_mesa.prompts.labels import ReadHousehold, ReadShelf, ReadStore
from econsim_mesa.society.rng import Floats, Integers


class Known(NamedTuple):
    """Stores remembered by each household, the last visited first, -1 padded: (r, L).

    ``visited``: the step of the last visit. ``price`` has shape (r, L, I), -1 where none was seen.
    """

    store: Integers
    visited: Integers
    price: Floats
    crowd: Floats
    sold_out: Floats


def perceive(told: Sequence[Told], time: str, knowledge: Knowledge) -> Perception:
    """Return what households know, from prompts that all show the same ``time``."""
    facts, read = knowledge.facts, [one.read for one in told]
    t, hour = knowledge.moment(time)
    feed = _feed(told, t, knowledge)
    weight = recency(
        (t - knowledge.posts.topics.step[np.maximum(feed, 0)]) * facts.step_hours,
        knowledge.posts.topics.valence[np.maximum(feed, 0)],
        facts.choice.timeline,
    ) * (feed >= 0)
    x, y = _column(one.x for one in read), _column(one.y for one in read)
    standing = _column(_store(one.here, knowledge) for one in read)
    known = _known(told, t, knowledge)
    stores = _in_mind(told, knowledge)
    match = (stores[:, :, None] == known.store[:, None, :]) & (stores[:, :, None] >= 0)
    seen, slot, line = match.any(axis=2), match.argmax(axis=2), np.arange(len(read))[:, None]
    holdings = _amounts([one.goods for one in read], knowledge)
    levels = _levels(read, facts)
    visited = np.where(seen, known.visited[line, slot], NEVER)
    met = _column(one.met for one in read)
    posted, shelf = _shelf([one.here for one in read], knowledge)
    recall = Recall(told, knowledge, feed, known.store, t)
    return Perception(
        hour=hour,
        at_home=_column((one.at_home for one in read), bool),
        homeward=_column((one.destination == "home" for one in read), bool),
        going=_column((bool(one.destination) for one in read), bool),
        bound=_column(knowledge.store.get(one.destination, -1) for one in read),
        standing=standing,
        x=x,
        y=y,
        hours=np.clip(_column((one.hours_since_meal for one in read), float), 0.0,
                      facts.choice.most.hours.value),
        holdings=holdings,
        cash=_column((one.cash for one in read), float),
        walked=_column((one.walked for one in read), float),
        stores=stores,
        walk=np.ceil(
            facts.distance(x[:, None], y[:, None], stores) / knowledge.speeds(holdings)[:, None]
        ),
        price=_prices(t, feed, stores, np.where(seen[:, :, None], known.price[line, slot], -1.0),
                      knowledge),
        crowd=np.where(seen, known.crowd[line, slot], 0.0),
        sold_out=np.maximum.reduce([
            known.sold_out[line, slot] * seen / np.maximum(facts.sells[stores].sum(axis=2), 1),
            reported_stockout_share(knowledge.posts.topics.view(), feed, stores, visited,
                                    facts.sells),
            found_closed(stores, _column(_closed(one, knowledge) for one in read)),
        ]),
        talk_store=_talk_of_stores(feed, stores, weight, knowledge),
        talk_item=(weight[:, :, None] * knowledge.posts.topics.items[np.maximum(feed, 0)]).sum(1),
        posted=posted,
        shelf=shelf,
        levels=levels,
        overall=sum((knowledge.shares[name] * levels[name] for name in levels),
                    np.zeros(len(read))),
        bought=_column((bool(one.bought) for one in read), bool),
        rejected=_column((bool(one.rejected) for one in read), bool),
        met=np.maximum(met, 0),
        price_change=_column(one.price_change for one in read),
        subjects=recall.subjects,
        suggestions=recall.suggestions,
        offers=recall.offers,
    )  # fmt: skip


def _levels(read: Sequence[ReadHousehold], facts: Facts) -> dict[str, Floats]:
    """Return the share felt of each stressor; one that is not shown is the overall one, or 0."""
    hidden = facts.scenario.stress.hide
    return {
        name: _column((one.stress.get(name, one.stress.get(OVERALL, 0)) for one in read), float)
        * (name not in hidden)
        / 100.0
        for name in facts.domains
    }


def _column(values: Any, kind: type = np.int64) -> Any:
    return np.array(list(values), dtype=kind)


def _store(store: ReadStore | None, knowledge: Knowledge) -> int:
    return -1 if store is None else knowledge.store.get(store.name, -1)


def _closed(read: ReadHousehold, knowledge: Knowledge) -> int:
    """Return the store that is remembered as closed, -1 for none."""
    found = (knowledge.store.get(one.name, -1) for one in read.known if one.closed)
    return next(found, -1)


def _feed(told: Sequence[Told], t: int, knowledge: Knowledge) -> Integers:
    """Return the numbers of the posts read, -1 padded: (r, P)."""
    number = knowledge.posts.number
    feed = np.full((len(told), max(1, *(len(one.read.posts) for one in told), 1)), -1)
    for row, one in zip(feed, told, strict=True):
        posts = one.read.posts
        row[: len(posts)] = [number(post.author, post.text, t - post.age) for post in posts]
    return feed


def _amounts(goods: Sequence[dict[str, int]], knowledge: Knowledge) -> Integers:
    """Return items owned, smallest units: (r, I)."""
    held = np.zeros((len(goods), len(knowledge.item)), dtype=np.int64)
    for row, owned in enumerate(goods):
        for name, quantity in owned.items():
            if name in knowledge.item:
                held[row, knowledge.item[name]] = quantity
    return held


def _shelf(stores: Sequence[ReadStore | None], knowledge: Knowledge) -> tuple[Floats, Integers]:
    """Return posted prices (-1: none) and stock where households stand, both (r, I)."""
    posted = np.full((len(stores), len(knowledge.item)), -1.0)
    shelf = np.zeros(posted.shape, dtype=np.int64)
    for row, store in enumerate(stores):
        if store is not None and store.name in knowledge.store:
            for item, one in _sold(store.shelves, knowledge):
                posted[row, item], shelf[row, item] = one.price, max(one.stock, 0)
    return posted, shelf


def _sold(shelves: Sequence[ReadShelf], knowledge: Knowledge) -> list[tuple[int, ReadShelf]]:
    index = knowledge.item
    return [(index[one.item], one) for one in shelves if one.item in index]


def _known(told: Sequence[Told], t: int, knowledge: Knowledge) -> Known:
    rows = [_visited(one, knowledge) for one in told]
    r, length = len(rows), max(1, *(len(row) for row in rows), 1)
    store, visited = np.full((2, r, length), -1)
    price = np.full((r, length, len(knowledge.item)), -1.0)
    crowd, sold_out = np.zeros((r, length)), np.zeros((r, length))
    for i, row in enumerate(rows):
        for slot, one in enumerate(row):
            store[i, slot] = knowledge.store[one.name]
            visited[i, slot] = t - one.seen
            crowd[i, slot] = max(one.crowd, 0)
            for item, shelf in _sold(one.shelves, knowledge):
                price[i, slot, item] = shelf.price
                sold_out[i, slot] += shelf.stock == 0
    return Known(store, visited, price, crowd, sold_out)


def _visited(told: Told, knowledge: Knowledge) -> list[ReadStore]:
    """Return the stores that a household remembers, the last visited first."""
    here = [] if told.read.here is None else [told.read.here]
    seen = sorted((one for one in told.read.known if one.seen >= 0), key=lambda one: one.seen)
    return [one for one in here + seen if one.name in knowledge.store]


def _in_mind(told: Sequence[Told], knowledge: Knowledge) -> Integers:
    """Return the stores that prompts show, ascending, -1 padded: (r, K)."""
    facts = knowledge.facts
    if facts.slots == len(facts.stores):
        return np.broadcast_to(np.arange(facts.slots), (len(told), facts.slots))
    stores = np.full((len(told), facts.slots), -1, dtype=np.int64)
    for row, one in zip(stores, told, strict=True):
        shown = [*one.read.known, *([] if one.read.here is None else [one.read.here])]
        numbers = {knowledge.store[store.name] for store in shown if store.name in knowledge.store}
        row[: len(numbers)] = sorted(numbers)[: len(row)]
    return stores


def _prices(t: int, feed: Integers, stores: Integers, seen: Floats, knowledge: Knowledge) -> Floats:
    """Return prices seen, else list prices, and what posts announce; nan where not sold."""
    facts, topics = knowledge.facts, knowledge.posts.topics
    price = np.where(seen >= 0, seen, facts.list_price[stores])
    price[~facts.sells[stores] | (stores < 0)[:, :, None]] = np.nan
    read = np.maximum(feed, 0)
    on = (topics.percent[read] > 0) & (feed >= 0) & (topics.store[read] >= 0)
    on &= (topics.first[read] <= t) & (t <= topics.last[read])
    for row, column in np.argwhere(on).tolist():
        post = feed[row, column]
        for k in np.flatnonzero(stores[row] == topics.store[post]).tolist():
            meant = topics.items[post] > 0
            reduced = facts.list_price[stores[row, k]] * (1.0 - topics.percent[post] / 100)
            price[row, k] = np.where(meant, np.minimum(price[row, k], reduced), price[row, k])
    return price


def _talk_of_stores(
    feed: Integers, stores: Integers, weight: Floats, knowledge: Knowledge
) -> Floats:
    topic = np.where(feed >= 0, knowledge.posts.topics.store[np.maximum(feed, 0)], -2)
    about = topic[:, None, :] == stores[:, :, None]
    talk: Floats = (about * weight[:, None, :]).sum(axis=2)
    return talk
