"""Random numbers that a model draws past its own: from ``random`` and ``numpy.random`` themselves.

Libraries do so where they are given no generator, as networkx does for the network of a model.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np


@contextmanager
def global_random_kept() -> Iterator[None]:
    """Leave the global generators as they are, whatever is drawn within."""
    state, of_numpy = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(state)
        np.random.set_state(of_numpy)


def seed_global_random(key: str) -> None:
    """Seed the global generators by a text."""
    digest = hashlib.sha256(key.encode()).digest()
    random.seed(digest)
    np.random.seed(np.frombuffer(digest, dtype=np.uint32))
