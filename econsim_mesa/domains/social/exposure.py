"""Which posts each household has been shown, so that a first time is told from a later one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from econsim_mesa.society.rng import Booleans, Integers

_BITS = 32
"""A household and a post are one number: the post in the lowest bits, the household above."""
_POST = (1 << _BITS) - 1


class Exposure:
    """Who was shown which post, as far back as timelines reach.

    A post that is too old for a timeline is forgotten; it could come back only if
    ``timeline.hours`` were raised while the town runs, and would then count as new.
    """

    def __init__(self) -> None:
        """Begin with nobody shown anything."""
        self._shown: Integers = np.empty(0, dtype=np.int64)

    def first_shown(
        self, feed: NDArray[np.int32], asked: Booleans, oldest: int
    ) -> tuple[list[int], list[int]]:
        """Return households and posts that those are shown for the first time, and keep them.

        Args:
            feed: What each household would read: int32 [households, posts], -1 beyond.
            asked: Who is asked, and so reads it: bool [households].
            oldest: The first post that a timeline may hold.

        Returns:
            Numbers of households, ascending, and of the post of each, ascending in a household.
        """
        households, columns = np.nonzero((feed >= 0) & asked[:, None])
        pairs = (households << _BITS) | feed[households, columns]
        shown = self._shown[(self._shown & _POST) >= oldest]
        at = np.searchsorted(shown, pairs)
        is_new = np.ones(len(pairs), dtype=np.bool_)
        inside = at < len(shown)
        is_new[inside] = shown[at[inside]] != pairs[inside]
        new = np.sort(pairs[is_new])
        self._shown = np.insert(shown, np.searchsorted(shown, new), new)
        return (new >> _BITS).tolist(), (new & _POST).tolist()
