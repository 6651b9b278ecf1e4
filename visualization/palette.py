"""Colours: one scale for stress, one set for categories; both told apart by the colour-blind.

The scale goes from blue over a pale middle to vermilion: hues of Okabe and Ito, which stay apart
under all common forms of colour blindness. Categories are theirs too.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from .view import OVERALL, Frame

_STOPS = (
    (0.00, (0x1F, 0x6F, 0xB5)),
    (0.25, (0x6F, 0xB0, 0xD6)),
    (0.50, (0xEC, 0xE2, 0xC6)),
    (0.75, (0xF0, 0xA0, 0x30)),
    (1.00, (0xC4, 0x35, 0x0F)),
)
COLORS = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#E69F00",
    "#8C6D31",
    "#7F7F7F",
)
"""Colours of stores, stressors and lines of charts, in their order; they repeat.

Told apart on light and dark (Okabe and Ito 2008, two added).
"""


def scale(share: float) -> str:
    """Return the colour of a share from 0 (calm) to 1 (as stressed as can be).

    >>> scale(0.0), scale(1.0)
    ('#1f6fb5', '#c4350f')
    """
    for (low, first), (high, second) in pairwise(_STOPS):
        if share <= high:
            part = (share - low) / (high - low)
            mixed = (a + (b - a) * part for a, b in zip(first, second, strict=True))
            return "#" + "".join(f"{round(value):02x}" for value in mixed)
    return scale(1.0)


SCALE = tuple(scale(level / 100) for level in range(101))
"""The colour of each whole level of stress, 0 to 100."""


def category(index: int) -> str:
    """Return the colour of a store, a stressor or another category by its index."""
    return COLORS[index % len(COLORS)]


def stress_levels(frame: Frame, colour_by: str) -> dict[str, object]:
    """Return the stress by which town and network colour households, and its level for each.

    ``kind`` is a stressor or overall stress; ``level`` are whole numbers, places in ``SCALE``.
    """
    kind = colour_by if colour_by in frame.scene.stressors else OVERALL
    return {"kind": kind, "level": np.rint(frame.stress(kind)).astype(int).tolist()}
