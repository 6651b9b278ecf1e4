"""Block the network for the code that runs within ``offline``, and for nothing else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from econsim_mesa.errors import EconSimError

_GUARDED = frozenset(
    {
        "socket.connect",
        "socket.getaddrinfo",
        "socket.gethostbyname",
        "socket.sendmsg",
        "socket.sendto",
    }
)
_blocked: ContextVar[bool] = ContextVar("network_blocked", default=False)


class NetworkBlocked(EconSimError):
    """Something tried to reach the network where nothing may."""


@contextmanager
def offline() -> Iterator[None]:
    """Refuse the network to what is called within, which then gets a ``NetworkBlocked``.

    That holds for the calling thread, and for the coroutines that it submits to an event loop,
    since these take its context with them. Other threads keep their connections. It may be
    entered again within itself, and in several threads at once.
    """
    _install_hook()
    token = _blocked.set(True)
    try:
        yield
    finally:
        _blocked.reset(token)


@cache  # an audit hook sees every socket, whatever library makes it, and cannot be removed
def _install_hook() -> None:
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event in _GUARDED and _blocked.get():
        raise NetworkBlocked(f"a replay reached for the network ({event}); it needs none")
