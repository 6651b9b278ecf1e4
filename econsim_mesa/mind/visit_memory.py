"""What households remember in numbers: their last meal, their walking, the stores they saw.

Each household keeps a few slots for the stores that it visited last; a slot holds what was
met and seen there: other people, prices, which items were sold out. Columns are arrays over
households, so that the embedded decider and the prompt of one household read the same.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from econsim_mesa.read_only import ShownState, read_only
from econsim_mesa.society.rng import Booleans, Floats, Integers

NEVER = -(10**6)
"""The step of what has not happened."""


@dataclass(frozen=True)
class VisitMemoryView:
    """What of it can be read at the start of a step: columns, with a row a household.

    A slot holds what was met and seen at a store; see ``remembered`` for those that count.
    """

    steps: int
    """Steps that memory reaches back."""
    hide: frozenset[str]
    """Domains of memory that are hidden."""
    last_meal: Integers
    """Step of the last meal, int64 of shape (households,)."""
    walked: Floats
    """Cells walked, fading exponentially, float64 of shape (households,)."""
    store: Integers
    """The store in each slot, -1: none; int64 of shape (households, slots)."""
    visited: Integers
    """Step of the last visit to it, int64 of shape (households, slots)."""
    crowd: Floats
    """Others met there, float64 of shape (households, slots)."""
    waited: Integers
    """Steps last waited there for an order, 0: none; int64 of shape (households, slots)."""
    price: Integers
    """Prices seen there, -1: not sold; int64 of shape (households, slots, items)."""
    sold_out: Booleans
    """Whether an item was sold out there, bool of shape (households, slots, items)."""
    price_change: Integers
    """Sign of the price change noticed in the last step: 1 dearer, -1 cheaper, 0 none."""
    changed_item: Integers
    """The item whose price that was, int64 of shape (households,)."""
    met: Integers
    """Others met in a store's cell in the last step, -1: not at a store; int64, (households,)."""
    shut: Integers
    """The store last found closed, -1: none yet; int64 of shape (households,)."""
    shut_at: Integers
    """Step in which it was found closed, int64 of shape (households,)."""

    def hides(self, domain: str) -> bool:
        """Whether a domain of memory is hidden."""
        return "all" in self.hide or domain in self.hide

    def hours_since_meal(self, t: int, step_hours: float) -> Floats:
        """Return the active hours since each household last ate, 0 if that is hidden."""
        if self.hides("consumption"):
            return np.zeros(len(self.last_meal))
        hours: Floats = (t - self.last_meal) * np.float64(step_hours)
        return hours

    def steps_walked(self) -> Floats:
        """Return the cells walked lately, fading exponentially; 0 if that is hidden."""
        return np.zeros(len(self.walked)) if self.hides("moves") else self.walked

    def closed(self, t: int) -> Integers:
        """Return the store that each household remembers as closed, not seen since; -1: none."""
        since = (self.store == self.shut[:, None]) & (self.visited > self.shut_at[:, None])
        fresh = (t - self.shut_at <= self.steps) & ~since.any(axis=1)
        closed: Integers = np.where(fresh & (not self.hides("rejections")), self.shut, -1)
        return closed

    @property
    def hides_stores(self) -> bool:
        """Whether nothing is remembered of stores: neither being there, nor people, nor prices."""
        return all(map(self.hides, ("moves", "crowding", "prices")))

    def remembered(self, t: int, rows: Integers) -> Booleans:
        """Return which slots of some households are filled, not too old and not hidden.

        ``rows`` are the households asked for, shape (r,); the result has shape (r, slots).
        """
        filled = (self.store[rows] >= 0) & (t - self.visited[rows] <= self.steps)
        return filled & (not self.hides_stores)

    def slots(self, household: int, t: int) -> dict[int, int]:
        """Return the slots of the stores that a household remembers, by store."""
        if self.hides_stores:
            return {}
        known = zip(self.store[household].tolist(), self.visited[household].tolist(), strict=True)
        return {
            store: slot
            for slot, (store, visited) in enumerate(known)
            if store >= 0 and t - visited <= self.steps
        }


class VisitMemory(ShownState):
    """Memory in numbers of ``n`` households: ``slots`` stores each, ``items`` goods.

    ``steps`` is how far memory reaches back, ``walk_steps`` the time constant over which
    walking is counted, ``hide`` the domains of memory that are hidden. The columns are those of
    ``VisitMemoryView``.
    """

    def __init__(
        self,
        n: int,
        slots: int,
        items: int,
        *,
        steps: int,
        walk_steps: float,
        hide: Collection[str] = (),
    ) -> None:
        self.retune(steps, walk_steps, hide)
        self.last_meal: Integers = np.full(n, -1, dtype=np.int64)
        self.walked: Floats = np.zeros(n)
        self.store: Integers = np.full((n, slots), -1, dtype=np.int64)
        self.visited: Integers = np.full((n, slots), NEVER, dtype=np.int64)
        self.crowd: Floats = np.zeros((n, slots))
        self.waited: Integers = np.zeros((n, slots), dtype=np.int64)
        self.price: Integers = np.full((n, slots, items), -1, dtype=np.int64)
        self.sold_out: Booleans = np.zeros((n, slots, items), dtype=np.bool_)
        self.price_change: Integers = np.zeros(n, dtype=np.int64)
        self.changed_item: Integers = np.full(n, -1, dtype=np.int64)
        self.met: Integers = np.full(n, -1, dtype=np.int64)
        self.shut: Integers = np.full(n, -1, dtype=np.int64)
        self.shut_at: Integers = np.full(n, NEVER, dtype=np.int64)

    def retune(self, steps: int, walk_steps: float, hide: Collection[str]) -> None:
        """Reach back so many steps from now on, fade walking so, and hide these domains."""
        self.steps = steps
        self.hide = frozenset(hide)
        self._show_anew()
        self._fading = float(np.exp(-1.0 / walk_steps))

    def view(self) -> VisitMemoryView:
        """Return what can be read of it, now and later."""
        return self._shown

    @cached_property
    def _shown(self) -> VisitMemoryView:
        return VisitMemoryView(
            self.steps,
            self.hide,
            last_meal=read_only(self.last_meal),
            walked=read_only(self.walked),
            store=read_only(self.store),
            visited=read_only(self.visited),
            crowd=read_only(self.crowd),
            waited=read_only(self.waited),
            price=read_only(self.price),
            sold_out=read_only(self.sold_out),
            price_change=read_only(self.price_change),
            changed_item=read_only(self.changed_item),
            met=read_only(self.met),
            shut=read_only(self.shut),
            shut_at=read_only(self.shut_at),
        )

    def update(
        self,
        t: int,
        distance: Floats,
        ate: Booleans,
        standing: Integers,
        others: Integers,
        posted: Integers,
        stock: Integers,
    ) -> None:
        """Bring all columns up to date after step ``t``; ``ate``: whether it was a meal.

        ``standing`` is the store in whose cell a household stands (or -1) and ``others`` how
        many other households are there; ``posted`` and ``stock`` have shape (stores, items).
        """
        self.walked *= self._fading
        self.walked += distance
        np.copyto(self.last_meal, t, where=ate)
        self.met[:] = np.where(standing >= 0, others, -1)
        self.price_change[:] = 0
        rows = np.flatnonzero(standing >= 0)
        if len(rows):
            self._visit(t, rows, standing[rows], others[rows], posted, stock)

    def record_closed(self, t: int, stores: Integers) -> None:
        """Remember the store that each household found closed in step ``t`` (-1: none)."""
        found = stores >= 0
        np.copyto(self.shut, stores, where=found)
        np.copyto(self.shut_at, t, where=found)

    def record_waits(self, stores: Integers, steps: Integers) -> None:
        """Remember how long each household has waited at a store (-1: it has not been served)."""
        rows = np.flatnonzero(stores >= 0)
        known = self.store[rows] == stores[rows, None]
        has_slot = known.any(axis=1)
        self.waited[rows[has_slot], known.argmax(axis=1)[has_slot]] = steps[rows[has_slot]]

    def _visit(
        self,
        t: int,
        rows: Integers,
        stores: Integers,
        others: Integers,
        posted: Integers,
        stock: Integers,
    ) -> None:
        known = self.store[rows] == stores[:, None]
        slot = np.where(known.any(axis=1), known.argmax(axis=1), self.visited[rows].argmin(axis=1))
        fresh = posted[stores]
        seen = self.price[rows, slot]
        recent = known.any(axis=1) & (t - self.visited[rows, slot] <= self.steps)
        self._notice(rows[recent], np.sign(fresh - seen)[recent])
        self.waited[rows, slot] *= known.any(axis=1)
        self.store[rows, slot], self.visited[rows, slot] = stores, t
        self.crowd[rows, slot] = others
        self.price[rows, slot] = fresh
        self.sold_out[rows, slot] = (stock[stores] <= 0) & (fresh >= 0)

    def _notice(self, rows: Integers, signs: Integers) -> None:
        """Note the first item whose price differs from the one remembered."""
        changed = signs != 0
        any_changed = changed.any(axis=1)
        item = changed.argmax(axis=1)
        some = rows[any_changed]
        self.changed_item[some] = item[any_changed]
        self.price_change[some] = signs[any_changed, item[any_changed]]
