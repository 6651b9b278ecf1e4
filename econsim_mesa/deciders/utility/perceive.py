"""From a view of the town to what the utility decider knows, for all households at once."""

from __future__ import annotations

from typing import Any

import numpy as np

from econsim_mesa.deciders.utility.experience import Experiences
from econsim_mesa.deciders.utility.facts import Facts
from econsim_mesa.deciders.utility.perception import Perception
from econsim_mesa.domains.economy.stores_in_mind import stores_in_mind
from econsim_mesa.mind import TopicsView
from econsim_mesa.mind.visit_memory import NEVER
from econsim_mesa.scenario.choice import TimelineTerms
from econsim_mesa.society.rng import Booleans, Floats, Integers
from econsim_mesa.society.view import View


def perceive(view: View, rows: Integers, facts: Facts) -> Perception:
    """Return what the households in ``rows`` know, from own state, memory and timeline."""
    visit_memory, t = view.visit_memory, view.t
    mobility, standing = view.mobility, view.standing[rows]
    feed, destination = view.feed[rows], mobility.destination[rows]
    weight = recency(
        (t - view.social.topics.step[np.maximum(feed, 0)]) * facts.step_hours,
        view.social.topics.valence[np.maximum(feed, 0)],
        facts.choice.timeline,
    ) * (feed >= 0)
    stores = stores_in_mind(view, rows)
    slot, seen = _slots(view, rows, stores)
    line = rows[:, None]
    shown = {name: not visit_memory.hides(name) for name in ("purchases", "rejections", "prices")}
    far = facts.distance(mobility.x[rows][:, None], mobility.y[rows][:, None], stores)
    crowd = np.where(seen, visit_memory.crowd[line, slot], 0.0)
    items = np.maximum(facts.sells[stores].sum(axis=2), 1)
    gone = visit_memory.sold_out[line, slot].sum(axis=2) * seen * shown["prices"] / items
    visited = np.where(seen, visit_memory.visited[line, slot], NEVER)
    here, present = np.maximum(standing, 0), (standing >= 0)[:, None]
    levels = view.felt.levels[rows].T / 100.0
    hours = visit_memory.hours_since_meal(t, facts.step_hours)[rows]
    experiences = Experiences(view, rows)
    return Perception(
        hour=view.hour,
        at_home=view.at_home[rows],
        homeward=(destination == (mobility.home_x * mobility.height + mobility.home_y)[rows]),
        going=destination >= 0,
        bound=np.where(destination >= 0, mobility.store_at[np.maximum(destination, 0)], -1),
        standing=standing,
        x=mobility.x[rows],
        y=mobility.y[rows],
        hours=np.minimum(hours, facts.choice.most.hours.value),
        holdings=view.economy.holdings[rows],
        cash=view.economy.cash[rows].astype(float),
        walked=visit_memory.steps_walked()[rows],
        stores=stores,
        walk=np.ceil(far / view.speed[rows][:, None]),
        price=_known_prices(view, rows, feed, stores, slot, seen, facts),
        crowd=crowd * (not visit_memory.hides("crowding")),
        sold_out=np.maximum.reduce(
            [
                gone,
                reported_stockout_share(view.social.topics, feed, stores, visited, facts.sells),
                found_closed(stores, visit_memory.closed(t)[rows]),
            ]
        ),
        talk_store=_talk_of_stores(view, feed, stores, weight),
        talk_item=_talk_of_items(view, feed, weight),
        posted=np.where(present, view.posted[here], -1).astype(float),
        shelf=np.where(present & view.economy.open_now[here][:, None], view.economy.stock[here], 0),
        wait_over=view.wait_over[rows],
        unasked=view.unasked[rows],
        levels=dict(zip(view.stress.names, levels, strict=True)),
        overall=view.felt.overall[rows] / 100.0,
        bought=(view.last_outcomes["bought"][rows] > 0) & shown["purchases"],
        rejected=(view.last_outcomes["rejected"][rows] > 0) & shown["rejections"],
        met=np.maximum(visit_memory.met[rows], 0) * (not visit_memory.hides("crowding")),
        price_change=visit_memory.price_change[rows] * shown["prices"],
        subjects=experiences.subjects,
        suggestions=experiences.suggestions,
        offers=experiences.offers,
    )


def recency(age_hours: Any, valence: Any, terms: TimelineTerms) -> Floats:
    """Return the weight of posts read: recency x (salience + valence)."""
    tone = terms.salience.value + terms.valence.value * valence
    weight: Floats = np.exp2(-age_hours / terms.half_life.value) * tone
    return weight


def reported_stockout_share(
    topics: TopicsView, feed: Any, stores: Integers, visited: Integers, sells: Booleans
) -> Floats:
    """Return the share of each store's items that posts read call sold out: (r, K).

    A post counts that is newer than the last visit, the step ``visited``; one that names no
    item of the store means all of them. ``sells`` has shape (stores, items).
    """
    share = np.zeros(stores.shape)
    read = np.maximum(feed, 0)
    said = (feed >= 0) & topics.gone[read] & (topics.store[read] >= 0)
    for row, column in np.argwhere(said).tolist():
        post = read[row, column]
        for k in np.flatnonzero(stores[row] == topics.store[post]).tolist():
            if topics.step[post] > visited[row, k]:
                sold = sells[stores[row, k]]
                named = (topics.items[post] > 0) & sold
                part = named.sum() / sold.sum() if named.any() else 1.0
                share[row, k] = max(share[row, k], part)
    return share


def found_closed(stores: Integers, closed: Integers) -> Floats:
    """Return 1 for the store considered that a household remembers as closed (-1: none): (r, K).

    Nothing is to be had there, as in one whose shelves are all empty.
    """
    found: Floats = ((stores == closed[:, None]) & (stores >= 0)).astype(float)
    return found


def _slots(view: View, rows: Integers, stores: Integers) -> tuple[Integers, Booleans]:
    """Return where in memory each store considered is, and whether it is remembered."""
    visit_memory = view.visit_memory
    known = visit_memory.store[rows]
    match = (stores[:, :, None] == known[:, None, :]) & (stores[:, :, None] >= 0)
    match &= visit_memory.remembered(view.t, rows)[:, None, :]
    return match.argmax(axis=2), match.any(axis=2)


def _known_prices(
    view: View,
    rows: Integers,
    feed: Any,
    stores: Integers,
    slot: Integers,
    seen: Booleans,
    facts: Facts,
) -> Floats:
    """Return remembered prices, list prices where there are none, and what posts announce."""
    visit_memory = view.visit_memory
    price = facts.list_price[stores]
    if not visit_memory.hides("prices"):
        price = np.where(seen[:, :, None], visit_memory.price[rows[:, None], slot], price)
    price[~facts.sells[stores] | (stores < 0)[:, :, None]] = np.nan
    topics, t, read = view.social.topics, view.t, np.maximum(feed, 0)
    on = (topics.percent[read] > 0) & (feed >= 0) & (topics.store[read] >= 0)
    on &= (topics.first[read] <= t) & (t <= topics.last[read])
    for column in np.flatnonzero(on.any(axis=0)).tolist():
        reads = np.flatnonzero(on[:, column])
        posts, weighed = feed[reads, column], stores[reads]
        there = weighed == topics.store[posts][:, None]
        meant = there[:, :, None] & (topics.items[posts] > 0)[:, None, :]
        kept = 1.0 - topics.percent[posts][:, None, None] / 100
        reduced = np.minimum(price[reads], facts.list_price[weighed] * kept)
        price[reads] = np.where(meant, reduced, price[reads])
    return price


def _talk_of_stores(view: View, feed: Any, stores: Integers, weight: Floats) -> Floats:
    topic = np.where(feed >= 0, view.social.topics.store[np.maximum(feed, 0)], -2)
    about = topic[:, None, :] == stores[:, :, None]
    talk: Floats = (about * weight[:, None, :]).sum(axis=2)
    return talk


def _talk_of_items(view: View, feed: Any, weight: Floats) -> Floats:
    named = view.social.topics.items[np.maximum(feed, 0)]
    talk: Floats = (weight[:, :, None] * named).sum(axis=1)
    return talk
