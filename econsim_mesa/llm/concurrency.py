"""How many attempts a server gets at once: fewer where it has too many, more while it answers."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_MOST = 4096
_TICK = 0.002
"""Seconds by which a timer of the loop may be early."""


class ConcurrencyLimit:
    """Turns for attempts at one server, at most so many at once as it has shown to bear.

    At first no attempt waits: slots bound the calls. The number is halved where the server has too
    many, once for all attempts that were under way, and grows by one with each reply. Belongs to
    one event loop.
    """

    def __init__(self) -> None:
        self.limit = _MOST  #: so many attempts may be under way now
        self._active = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._reduced = self._closed_until = 0.0

    @asynccontextmanager
    async def taken(self, *, again: bool = False) -> AsyncIterator[None]:
        """Wait for a turn and hold it; a call that is asked ``again`` goes before new ones."""
        await self._enter(again=again)
        try:
            yield
        finally:
            self._active -= 1
            self._admit()

    def grow(self) -> None:
        """Note a reply: the server bears what it has."""
        if self.limit < _MOST:
            self.limit += 1
            self._admit()

    def reduce(self, since: float) -> None:
        """Note that an attempt, under way since a time of the loop, was one too many."""
        if since >= self._reduced:
            self._reduced = asyncio.get_running_loop().time()
            self.limit = max(min(self.limit, self._active) // 2, 1)

    def pause(self, seconds: float) -> None:
        """Let no attempt begin for so long, as the server asks."""
        loop = asyncio.get_running_loop()
        self._closed_until = max(self._closed_until, loop.time() + seconds)
        loop.call_at(self._closed_until + _TICK, self._admit)  # who waits already has no timer

    async def _enter(self, *, again: bool) -> None:
        if not self._waiting and self._has_room():
            self._active += 1
            return
        loop = asyncio.get_running_loop()
        loop.call_at(self._closed_until + _TICK, self._admit)
        permission = loop.create_future()
        if again:
            self._waiting.appendleft(permission)
        else:
            self._waiting.append(permission)
        try:
            await permission
        except asyncio.CancelledError:
            if not permission.cancelled():  # it was given in the same moment
                self._active -= 1
                self._admit()
            raise

    def _has_room(self) -> bool:
        is_open = self._closed_until <= asyncio.get_running_loop().time()
        return is_open and self._active < self.limit

    def _admit(self) -> None:
        """Give turns to those who wait, as long as there is room."""
        while self._waiting and self._has_room():
            permission = self._waiting.popleft()
            if not permission.done():
                self._active += 1
                permission.set_result(None)
