"""Discounted sums over the last W steps of all households, at the same cost for every W."""

from __future__ import annotations

import math

import numpy as np

from econsim_mesa.society.rng import Booleans, Floats


class DiscountedSum:
    """The sum of gamma^age x value over ages 0 .. W - 1, the present step having age 0.

    A ring of the last W values and the recursion s' = gamma s + x - gamma^W x_leaving keep it.
    ``kept`` is the sum that a constant history of W steps before the first had; ``None`` is a
    cold start without a history. It is one number for all, or one each, shape (n,).
    """

    def __init__(self, n: int, window: int, gamma: float, kept: Floats | float | None) -> None:
        self.window = window
        self._gamma = gamma
        self._leaving_weight = gamma**window
        self._steps = 0
        self._total = np.full(n, 0.0 if kept is None else kept)
        self._seen = np.zeros(n, dtype=np.bool_) if kept is None else None
        each = self._total / math.fsum(gamma**age for age in range(window))
        # What leaves is weighted on entry: one operation less in every step.
        self._ring = np.full((window, n), each * self._leaving_weight)

    @property
    def total(self) -> Floats:
        """The sums after the last step, shape (n,)."""
        return self._total

    @property
    def unknown(self) -> Booleans | None:
        """Rows of a cold start with nothing in a window not yet outlived; ``None``: no row."""
        if self._seen is None or self._steps > self.window:
            return None
        return ~self._seen

    def push(self, values: Floats) -> Floats:
        """Add one step's values >= 0, shape (n,), and return the sums."""
        leaving = self._ring[self._steps % self.window]
        total = self._total * self._gamma
        total += values
        total -= leaving
        # Rounding may leave a tiny negative sum where everything has left the window.
        self._total = np.maximum(total, 0.0, out=total)
        np.multiply(values, self._leaving_weight, out=leaving)
        self._steps += 1
        if self._seen is not None and self._steps <= self.window:
            self._seen |= values > 0
        return self._total
