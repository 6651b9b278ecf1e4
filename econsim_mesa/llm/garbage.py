"""Keep the garbage collector from looking through a whole town between replies.

A full collection visits every object of every library and model in the process: a tenth of a
second in which no reply is kept.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_guard = threading.Lock()
_inside = 0
_frozen = False
_theirs = False
"""Whether the program froze objects once: to count them takes long, so that is not done again."""


@contextmanager
def old_objects_spared() -> Iterator[None]:
    """Let the collector leave objects alone that are there already, until the last one leaves.

    What is made meanwhile is collected as always. Once the program was seen to have frozen
    objects of its own, nothing is done any more.
    """
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _inside, _frozen, _theirs
    with _guard:
        _inside += 1
        if _inside > 1 or _theirs:
            return
        _theirs = gc.get_freeze_count() > 0
        if not _theirs:
            gc.freeze()
            _frozen = True


def _leave() -> None:
    global _inside, _frozen
    with _guard:
        _inside -= 1
        if _inside == 0 and _frozen:
            gc.unfreeze()
            _frozen = False
