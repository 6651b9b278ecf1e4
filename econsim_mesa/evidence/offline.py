"""No network: while it is entered, whatever would reach for a socket is refused."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from econsim_mesa.errors import EconSimError

_GUARDED = frozenset({"socket.connect", "socket.sendto", "socket.getaddrinfo"})
_lock = threading.Lock()
_hooked: list[bool] = []
_entered: list[object] = []


class NetworkBlocked(EconSimError):
    """Something tried to reach the network where nothing may."""


@contextmanager
def offline() -> Iterator[None]:
    """Refuse the network to this process. Raises ``NetworkBlocked`` in whoever tries.

    Python's audit hooks see every socket, whatever library makes it, and stay for good: one is
    installed, and asks whether anybody has entered.
    """
    with _lock:
        if not _hooked:
            sys.addaudithook(_refuse)
            _hooked.append(True)
    _entered.append(None)
    try:
        yield
    finally:
        _entered.pop()


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if _entered and event in _GUARDED:
        raise NetworkBlocked(f"a replay reached for the network ({event}); it needs none")
