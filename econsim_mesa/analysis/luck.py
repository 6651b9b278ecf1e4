"""Generators of resampling tests: each test of each condition has its own, the same every time."""

from __future__ import annotations

import numpy as np

from econsim_mesa.society.rng import Streams

_SITE = "analysis.resampling"


def luck(*key: str) -> np.random.Generator:
    """Return the generator of a test, named by words: equal words give equal draws.

    >>> float(luck("wild", "a").random()) == float(luck("wild", "a").random())
    True
    """
    return Streams(0).stream(_SITE, 0, "\x1f".join(key))
