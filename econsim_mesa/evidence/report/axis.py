"""Scales of the report's figures: round marks, and where a value stands in the box of a figure.

Figures of the report are drawn here and not by a library, because a report is compared byte for
byte when it is made again elsewhere.
"""

from __future__ import annotations

import math
from typing import NamedTuple

_MOST_MARKS = 6


class Mark(NamedTuple):
    """A mark of a scale: where it stands, and what stands beside it."""

    at: float
    text: str


class Axis(NamedTuple):
    """A scale from ``low`` to ``high`` with marks at ``values``.

    ``start`` and ``end`` are the places of its ends in the box of the figure.
    """

    low: float
    high: float
    values: list[float]
    start: float
    end: float

    def at(self, value: float) -> float:
        """Return the place of a value."""
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + (self.end - self.start) * share, 1)


def axis(low: float, high: float, start: float, end: float) -> Axis:
    """Return a scale with round ends that holds two values, between two places of a box."""
    step = _step(high - low)
    first, last = math.floor(low / step), math.ceil(high / step)
    values = [k * step for k in range(first, max(last, first + 1) + 1)]
    return Axis(values[0], values[-1], values, start, end)


def _step(span: float) -> float:
    """Return a round distance between marks, of which at most ``_MOST_MARKS`` fit into the span.

    >>> _step(0.5), _step(1.9), _step(0.0)
    (0.1, 0.5, 0.01)
    """
    if span <= 0:
        return 0.01
    size = 10.0 ** math.floor(math.log10(span))
    rough = (0.1, 0.2, 0.5, 1.0, 2.0)
    return round(next(size * one for one in rough if span / (size * one) <= _MOST_MARKS), 10)
