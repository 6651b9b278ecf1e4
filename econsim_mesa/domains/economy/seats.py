"""Seats at stores: who sits where, and for how long."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from econsim_mesa.domains.economy.orders import StoreTerms
from econsim_mesa.society.rng import Booleans, Integers

UNCOUNTED = -1
"""In the place of free seats: the store counts none."""


class Seats:
    """Who has a seat at a store: from the step of being served for ``seat_steps`` steps.

    Who leaves the cell has none any more. ``terms`` are those of each store.
    """

    def __init__(self, terms: Sequence[StoreTerms], households: int) -> None:
        self._store: Integers = np.full(households, -1, dtype=np.int64)
        self._since: Integers = np.zeros(households, dtype=np.int64)
        self._last: Integers = np.zeros(households, dtype=np.int64)
        self._taken: Integers = np.zeros(len(terms), dtype=np.int64)
        self.retune(terms)

    def retune(self, terms: Sequence[StoreTerms]) -> None:
        """Go on with other numbers of seats; who sits stays."""
        self._terms = terms
        counts = [UNCOUNTED if one.seats is None else one.seats for one in terms]
        self._seats: Integers = np.array(counts, dtype=np.int64)
        self._any = bool((self._seats >= 0).any())

    def begin(self, t: int, standing: Integers, arrived: Integers) -> None:
        """Free the seats of those who sat long enough, or left.

        Args:
            t: The step.
            standing: The store in whose cell each household is, -1: none; shape (households,).
            arrived: The step in which each came to its cell, shape (households,).
        """
        if self._any:
            sits = self._sitting(t, standing, arrived)
            self._store[~sits] = -1
            self._taken = np.bincount(self._store[sits], minlength=len(self._terms))

    def _sitting(self, t: int, standing: Integers, arrived: Integers) -> Booleans:
        has_seat = (self._store >= 0) & (self._last >= t)
        stayed: Booleans = (standing == self._store) & (arrived <= self._since)
        return has_seat & stayed

    def free(self, t: int, standing: Integers, arrived: Integers) -> Integers:
        """Return the free seats of each store in step ``t``, ``UNCOUNTED`` where there are none.

        The arguments are those of ``begin``; the result has shape (stores,).
        """
        if not self._any:
            return self._seats
        sitting = self._store[self._sitting(t, standing, arrived)]
        taken = np.bincount(sitting, minlength=len(self._terms))
        return np.where(self._seats < 0, UNCOUNTED, np.maximum(self._seats - taken, 0))

    def has_room(self, buyer: int, store: int) -> bool:
        """Whether a household sits at a store, or may: a seat is free, or none are counted."""
        seats = self._terms[store].seats
        return seats is None or self._store[buyer] == store or bool(self._taken[store] < seats)

    def take(self, buyer: int, store: int, t: int) -> None:
        """Let a household that is served sit, or sit on; nothing where no seats are counted."""
        if self._terms[store].seats is None:
            return
        self._taken[store] += self._store[buyer] != store
        self._store[buyer], self._since[buyer] = store, t
        self._last[buyer] = t + self._terms[store].seat_steps - 1
