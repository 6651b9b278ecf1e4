"""A figure of effects with their intervals, for the report: places of lines and words.

It is drawn here and not by a library, because a report is compared byte for byte when it is made
again elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from textwrap import wrap
from typing import NamedTuple

from econsim_mesa.experiment.findings import Share

WIDTH, LEFT, RIGHT = 720, 320, 36
_ROW, _LINE, _FOOT = 20, 15, 46
_LETTERS = 48
"""Letters of a statement in one line."""
_MOST_TICKS = 6


class EffectBar(NamedTuple):
    """An effect: the lines of its statement, and where they and its marks stand."""

    lines: list[str]
    y: float
    x: float
    low: float
    high: float
    words: str


class Tick(NamedTuple):
    """A mark on the axis and what stands below it."""

    x: float
    text: str


class Forest(NamedTuple):
    """Effects one above the other, in units of the figure's box; ``zero`` is the place of none."""

    width: int
    height: int
    bottom: float
    zero: float
    bars: list[EffectBar]
    ticks: list[Tick]


def forest(effects: Sequence[tuple[str, Share]]) -> Forest | None:
    """Return a figure of statements and their effects; None: there are none."""
    if not effects:
        return None
    ends = [0.0, *(end for _, share in effects for end in (share.low, share.high))]
    step = _step(max(ends) - min(ends))
    first, last = math.floor(min(ends) / step), math.ceil(max(ends) / step)
    room = WIDTH - LEFT - RIGHT

    def place(value: float) -> float:
        return round(LEFT + room * (value / step - first) / max(last - first, 1), 1)

    bars, y = [], 12.0
    for statement, share in effects:
        lines = wrap(statement, _LETTERS)
        middle = y + (len(lines) * _LINE) / 2
        x, low, high = place(share.value), place(share.low), place(share.high)
        words = f"{share.value:+.0%} ({share.low:+.0%} to {share.high:+.0%})".replace("%", " %")
        bars.append(EffectBar(lines, middle, x, low, high, words))
        y += len(lines) * _LINE + _ROW
    ticks = [Tick(place(k * step), f"{k * step:+.0%}".replace("%", " %").replace("+0 %", "0"))
             for k in range(first, last + 1)]  # fmt: skip
    return Forest(WIDTH, round(y + _FOOT), y, place(0.0), bars, ticks)


def _step(span: float) -> float:
    """Return a round distance between marks, of which at most ``_MOST_TICKS`` fit into the span.

    >>> _step(0.5), _step(1.9), _step(0.0)
    (0.1, 0.5, 0.01)
    """
    if span <= 0:
        return 0.01
    size = 10.0 ** math.floor(math.log10(span))
    rough = (0.1, 0.2, 0.5, 1.0, 2.0)
    return round(next(size * one for one in rough if span / (size * one) <= _MOST_TICKS), 10)
