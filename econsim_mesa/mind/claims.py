"""What posts said of a store, put to the test where a household comes and sees for itself.

A post that names a store may say that goods there are sold out, or, if the store wrote it, that
they are cheaper between two dates. Whoever comes to the store while the post is in its timeline
learns whether that is so.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from econsim_mesa.mind.topics import Topics
from econsim_mesa.society.rng import Booleans, Floats, Integers


class Shelves(NamedTuple):
    """What all stores show: base and posted prices (-1: not sold) and stock, (stores, items)."""

    base: Integers
    posted: Integers
    stock: Integers


class ClaimOutcomes(NamedTuple):
    """What households learned in a step, counts of shape (n,)."""

    false_news: Integers
    """Posts in their timeline that turned out wrong."""
    true_news: Integers
    """Posts in their timeline that turned out right."""
    empty_shelves: Integers
    """1 where something that the store sells was found sold out."""


def check_claims(
    t: int,
    came: Booleans,
    standing: Integers,
    feed: Integers,
    topics: Topics,
    shelves: Shelves,
) -> ClaimOutcomes:
    """Return what the households that ``came`` to a store in step ``t`` learned there.

    ``standing``: the store where each household is, or -1; ``feed``: numbers of the posts in
    its timeline, shape (n, k), -1 padded.
    """
    counts = np.zeros((3, len(standing)), dtype=np.int64)
    rows = np.flatnonzero(came & (standing >= 0))
    if len(rows):
        stores = standing[rows]
        sold = shelves.posted >= 0
        empty = sold & (shelves.stock <= 0)
        counts[2, rows] = empty[stores].any(axis=1)
        posts = np.maximum(feed[rows], 0)
        about = (feed[rows] >= 0) & (topics.store[posts] == stores[:, None])
        gone, sale = about & topics.gone[posts], about & _announced(topics, posts, t)
        counts[0, rows], counts[1, rows] = _counts(
            gone, ~_are_sold_out(topics, posts, stores, empty, sold)
        )
        wrong, right = _counts(sale, _is_dearer(topics, posts, stores, shelves))
        counts[0, rows] += wrong
        counts[1, rows] += right
    return ClaimOutcomes(*counts)


def _counts(said: Booleans, false: Booleans) -> tuple[Integers, Integers]:
    """Return how many of the posts that say something are wrong, and how many right."""
    return (said & false).sum(axis=1), (said & ~false).sum(axis=1)


def _announced(topics: Topics, posts: Integers, t: int) -> Booleans:
    on: Booleans = (topics.percent[posts] > 0) & (topics.first[posts] <= t)
    return on & (t <= topics.last[posts])


def _are_sold_out(
    topics: Topics, posts: Integers, stores: Integers, empty: Booleans, sold: Booleans
) -> Booleans:
    """Return whether the items that a post names, or anything if it names none, are sold out."""
    named = (topics.items[posts] > 0) & sold[stores][:, None, :]
    missing = empty[stores][:, None, :]
    meant = named | ~named.any(axis=2, keepdims=True)
    return np.asarray((meant & missing).any(axis=2))


def _is_dearer(topics: Topics, posts: Integers, stores: Integers, shelves: Shelves) -> Booleans:
    """Return whether an item costs more than the announced part of its base price, rounded up."""
    named = (topics.items[posts] > 0) & (shelves.posted[stores] >= 0)[:, None, :]
    kept: Floats = 1.0 - topics.percent[posts] / 100.0
    promised = np.ceil(shelves.base[stores][:, None, :] * kept[:, :, None])
    return np.asarray((named & (shelves.posted[stores][:, None, :] > promised)).any(axis=2))
