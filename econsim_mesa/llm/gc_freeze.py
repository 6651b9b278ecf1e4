"""Keep the garbage collector from looking through a whole town between replies.

A full collection visits every object of every library and model in the process: a tenth of a
second in which no reply is kept.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class GcFreeze:
    """Freezes the objects of this process while anybody is inside ``frozen``.

    Once the program was seen to have frozen objects of its own, nothing is done any more:
    unfreezing would free them as well, and counting them each time takes long.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._frozen = False
        self._program_freezes = False

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Have the collector leave alone what is there already; what is made later is collected."""
        self._enter()
        try:
            yield
        finally:
            self._leave()

    def _enter(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside > 1 or self._program_freezes:
                return
            self._program_freezes = gc.get_freeze_count() > 0
            if not self._program_freezes:
                gc.freeze()
                self._frozen = True

    def _leave(self) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0 and self._frozen:
                gc.unfreeze()
                self._frozen = False


frozen_gc = GcFreeze().frozen
"""The one freeze of the process, entered by every wait for calls."""
