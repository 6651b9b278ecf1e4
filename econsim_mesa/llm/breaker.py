"""A circuit breaker: nothing but failed attempts for some time mean that the server is gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

GONE = "is gone"


class Breaker:
    """Counts failures in a row over all calls; opening ends everything under way at once.

    It opens after ``limit`` failures in a row that lasted for ``seconds`` or more: with many
    calls in flight a short outage alone fails many of them at once.

    A call runs inside ``guard``, which raises ``TimeoutError`` in it when the breaker opens, or
    when the deadline passes that the call sets on the guard.
    """

    def __init__(self, limit: int, seconds: float = 0.0) -> None:
        self.open = False
        self.why = ""  #: why it is open, with the server as the subject
        self.failures = 0  #: failed attempts since the last one that succeeded
        self._limit, self._seconds = limit, seconds
        self._since = 0.0
        self._guards: set[asyncio.Timeout] = set()  # their order decides nothing

    @asynccontextmanager
    async def guard(self) -> AsyncIterator[asyncio.Timeout]:
        """Run a call so that it ends when the breaker opens."""
        async with asyncio.timeout(None) as scope:
            self._guards.add(scope)
            try:
                yield scope
            finally:
                self._guards.discard(scope)

    def success(self) -> None:
        """Note an attempt that succeeded."""
        self.failures = 0

    def failure(self, why: str = "") -> None:
        """Note an attempt that failed, and open at the limit."""
        now = asyncio.get_running_loop().time()
        self._since = now if self.failures == 0 else self._since
        self.failures += 1
        lasting = now - self._since >= self._seconds
        if self.failures >= self._limit and lasting and not self.open:
            self.trip(f"is gone: {why}" if why else GONE)

    def trip(self, why: str = GONE) -> None:
        """Open, and end everything under way at once; ``why`` says what became of the server."""
        self.open, self.why = True, why
        now = asyncio.get_running_loop().time()
        for scope in self._guards:
            if not scope.expired():
                scope.reschedule(now)

    def reset(self) -> None:
        """Close again, for a run that goes on."""
        self.open, self.failures, self.why = False, 0, ""
