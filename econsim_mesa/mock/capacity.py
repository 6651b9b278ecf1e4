"""What a server can do at once and in a minute: slots, tokens a second, a limit on requests."""

from __future__ import annotations

import asyncio
import math
from collections import deque

from econsim_mesa.mock.response import Usage
from econsim_mesa.mock.settings import Settings
from econsim_mesa.mock.stats import Stats

MINUTE = 60.0
_READING = 10
"""Prompt tokens that are read in the time in which one is written."""


class Capacity:
    """Works at requests in so many slots, first come, first served.

    A request is worked at to its end, though its client may be gone: as the least considerate of
    servers do.
    """

    def __init__(self, settings: Settings, stats: Stats) -> None:
        self._settings, self._stats = settings, stats
        self._speed = settings.tokens_per_second
        self._slots = asyncio.Semaphore(settings.slots) if settings.slots else None
        self._admitted: deque[float] = deque()

    def wait(self) -> int:
        """Return the seconds until the limit by the minute lets a request in; 0: it is let in."""
        if not self._settings.per_minute:
            return 0
        now = asyncio.get_running_loop().time()
        while self._admitted and self._admitted[0] <= now - MINUTE:
            self._admitted.popleft()
        if len(self._admitted) < self._settings.per_minute:
            self._admitted.append(now)
            return 0
        return math.ceil(self._admitted[0] + MINUTE - now)

    async def work(self, usage: Usage, seconds: float) -> None:
        """Take the time for a reply: ``seconds``, and those that its tokens take."""
        if self._slots is None:
            await self._work(usage, seconds)
            return
        async with self._slots:
            await self._work(usage, seconds)

    async def _work(self, usage: Usage, seconds: float) -> None:
        if self._speed:
            tokens = usage.completion + (usage.prompt - usage.cached) / _READING
            seconds += tokens / self._speed
            self._speed *= self._settings.slowing
        self._stats.worked += seconds
        if seconds > 0:
            await asyncio.sleep(seconds)
