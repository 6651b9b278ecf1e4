"""The stores that a household has in mind: those it is shown, and those it weighs."""

from __future__ import annotations

from typing import Any

import numpy as np

from econsim_mesa.society.rng import Integers
from econsim_mesa.society.view import View

_SHARE = 3
"""Up to one part in three are stores visited last, and as many those named in posts read."""
_NEVER = -(10**9)


def stores_in_mind(view: View, rows: Integers) -> Integers:
    """Return the stores that households have in mind, ascending, -1 last: (r, K).

    K is ``choice.stores``, or all stores of a smaller town, which then are all in mind. Else they
    are those visited last, those named in posts read, and the nearest.
    """
    k = min(view.scenario.choice.stores, view.roster.stores)
    if k == view.roster.stores:
        return np.broadcast_to(np.arange(k), (len(rows), k))
    visit_memory, feed = view.visit_memory, view.feed[rows]
    share, line = max(k // _SHARE, 1), np.arange(len(rows))[:, None]
    remembered = visit_memory.remembered(view.t, rows)
    visited = np.where(remembered, visit_memory.visited[rows], _NEVER)
    last = np.argsort(-visited, axis=1, kind="stable")[:, :share]
    recent = np.where(remembered[line, last], visit_memory.store[rows[:, None], last], -1)
    named = np.where(feed >= 0, view.social.topics.store[np.maximum(feed, 0)], -1)
    nearest = view.mobility.nearest_stores[view.mobility.cells[rows]]
    chosen = first_distinct(np.concatenate([recent, first_distinct(named, share), nearest], 1), k)
    return ascending(chosen)


def ascending(stores: Integers) -> Integers:
    """Return each row in ascending order, with its -1 last.

    >>> ascending(np.array([[5, -1, 3]])).tolist()
    [[3, 5, -1]]
    """
    last = np.iinfo(np.int64).max
    ordered = np.sort(np.where(stores < 0, last, stores), axis=1)
    return np.where(ordered == last, -1, ordered)


def first_distinct(candidates: Any, k: int) -> Integers:
    """Return the first k distinct entries of each row that are not -1, then -1: (r, k).

    >>> first_distinct(np.array([[3, -1, 3, 5]]), 3).tolist()
    [[3, 5, -1]]
    """
    columns = candidates.shape[1]
    earlier = np.tril(np.ones((columns, columns), dtype=np.bool_), -1)
    repeated = ((candidates[:, :, None] == candidates[:, None, :]) & earlier).any(axis=2)
    dropped = repeated | (candidates < 0)
    order = np.argsort(dropped, axis=1, kind="stable")[:, :k]
    line = np.arange(len(candidates))[:, None]
    return np.where(dropped[line, order], -1, candidates[line, order])
