"""Slots for calls in flight: a freed one goes to the run that is furthest behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from heapq import heappop, heappush
from itertools import count
from typing import Protocol


class Slots(Protocol):
    """So many calls at once."""

    def taken(self, step: int) -> AbstractAsyncContextManager[None]:
        """Wait for a slot for a call of a step, and hold it inside the ``with`` block."""
        ...


class LocalSlots:
    """The slots of one event loop.

    Of the calls that wait, those of the earliest step go first, and among these the one that
    came first. Runs that share slots so stay abreast: a run that a slow reply has held up
    catches up, and does not go on alone, with most slots idle, when all others have ended.
    """

    def __init__(self, number: int) -> None:
        self._free = number
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = count()

    @asynccontextmanager
    async def taken(self, step: int) -> AsyncIterator[None]:
        """Wait for a slot for a call of a step, and hold it inside the ``with`` block."""
        await self.acquire(step)
        try:
            yield
        finally:
            self.release()

    async def acquire(self, step: int) -> None:
        """Take a slot, to be given back by ``release``."""
        if self._free:  # then nobody waits
            self._free -= 1
            return
        permission = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (step, next(self._order), permission))
        try:
            await permission
        except asyncio.CancelledError:
            if not permission.cancelled():
                self.release()  # it was given in the same moment
            raise

    def release(self) -> None:
        """Hand a slot to who comes next, or keep it free."""
        while self._waiting:
            permission = heappop(self._waiting)[-1]
            if not permission.done():
                permission.set_result(None)
                return
        self._free += 1
