"""Colours: one scale for stress, one set for categories; both told apart by the colour-blind.

The scale goes from blue over a pale middle to vermilion: hues of Okabe and Ito, which stay apart
under all common forms of colour blindness. Categories are theirs too.
"""

from __future__ import annotations

from itertools import pairwise

_STOPS = (
    (0.00, (0x1F, 0x6F, 0xB5)),
    (0.25, (0x6F, 0xB0, 0xD6)),
    (0.50, (0xEC, 0xE2, 0xC6)),
    (0.75, (0xF0, 0xA0, 0x30)),
    (1.00, (0xC4, 0x35, 0x0F)),
)
CATEGORIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c7ae6")
"""Colours of stores, stressors and other kinds, in their order; they repeat."""


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
    """Return the colour of a category by its index."""
    return CATEGORIES[index % len(CATEGORIES)]
