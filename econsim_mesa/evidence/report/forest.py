"""A figure of effects with their intervals, for the report: places of lines and words."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import NamedTuple

from econsim_mesa.evidence.report.axis import Mark, axis
from econsim_mesa.experiment.findings import Share

WIDTH, LEFT, RIGHT = 720, 320, 36
_ROW, _LINE, _FOOT = 20, 15, 46
_LETTERS = 48
"""Letters of a statement in one line."""


class EffectBar(NamedTuple):
    """An effect: the lines of its statement, and where they and its marks stand."""

    lines: list[str]
    y: float
    x: float
    low: float
    high: float
    words: str


class Forest(NamedTuple):
    """Effects one above the other, in units of the figure's box; ``zero`` is the place of none."""

    width: int
    height: int
    bottom: float
    zero: float
    bars: list[EffectBar]
    marks: list[Mark]


def forest(effects: Sequence[tuple[str, Share]]) -> Forest | None:
    """Return a figure of statements and their effects; None: there are none."""
    if not effects:
        return None
    ends = [0.0, *(end for _, share in effects for end in (share.low, share.high))]
    scale = axis(min(ends), max(ends), LEFT, WIDTH - RIGHT)
    bars, y = [], 12.0
    for statement, share in effects:
        lines = wrap(statement, _LETTERS)
        middle = y + (len(lines) * _LINE) / 2
        x, low, high = scale.at(share.value), scale.at(share.low), scale.at(share.high)
        words = f"{share.value:+.0%} ({share.low:+.0%} to {share.high:+.0%})".replace("%", " %")
        bars.append(EffectBar(lines, middle, x, low, high, words))
        y += len(lines) * _LINE + _ROW
    marks = [
        Mark(scale.at(value), "0" if value == 0 else f"{value:+.0%}".replace("%", " %"))
        for value in scale.values
    ]
    return Forest(WIDTH, round(y + _FOOT), y, scale.at(0.0), bars, marks)
