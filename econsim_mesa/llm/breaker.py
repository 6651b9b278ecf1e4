"""A circuit breaker: after nothing but failed attempts for some time nobody is asked any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

STOPPED = "is asked no more"


class Breaker:
    """Counts failures in a row over all calls; opening ends everything under way at once.

    It opens after ``limit`` failures in a row that lasted for ``seconds`` or more: with many
    calls in flight a short outage alone fails many of them at once. Where the server refuses for
    good, no time need pass.

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

    def failure(self, why: str, *, permanent: bool = False) -> None:
        """Note an attempt that failed, and open at the limit; ``why`` has the server as subject.

        ``permanent``: the same attempt would fail again.
        """
        now = asyncio.get_running_loop().time()
        self._since = now if self.failures == 0 else self._since
        self.failures += 1
        lasting = now - self._since >= self._seconds
        if self.failures >= self._limit and (lasting or permanent) and not self.open:
            self.trip(why)

    def trip(self, why: str = STOPPED) -> None:
        """Open, and end everything under way at once; ``why`` says what became of the server."""
        self.open, self.why = True, why
        now = asyncio.get_running_loop().time()
        for scope in self._guards:
            if not scope.expired():
                scope.reschedule(now)

    def reset(self) -> None:
        """Close again, for a run that goes on."""
        self.open, self.failures, self.why = False, 0, ""
