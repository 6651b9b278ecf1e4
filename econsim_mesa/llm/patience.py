"""How long a reply is waited for: by how fast the server has answered so far."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

LEAST = 60.0
"""Seconds that any reply may take."""
LONGEST = 86_400.0
"""Seconds that no reply takes."""
_SLOWEST = 2.0
"""Tokens a second that the slowest server in use writes ..."""
_READING = 120.0
"""... after it has read the prompt for so many seconds."""
_MARGIN = 2.0
_REPLIES = 32
_IN_QUEUE = 4096
"""Calls that may be in flight at once."""
_FEWEST_TOKENS = 16
"""A reply with fewer says nothing of the speed of a long one."""


class Patience:
    """How long the longest reply of a server may take, as fast as its last replies came.

    What a server has begun is paid for by its time, if by nothing else: a reply is given up only
    where one of the most tokens allowed would have come at half the speed of the slowest of the
    last replies. Their time counts from the request on, so that the wait in a queue of the server
    is a part of it; and as long as requests are answered that were sent before, a reply may still
    be in the queue, and its time begins with theirs. Belongs to one event loop.
    """

    def __init__(self) -> None:
        self.last_reply: float | None = None
        """Time of the event loop at which a reply came last; None: none has come."""
        self._speeds: deque[float] = deque(maxlen=_REPLIES)
        self._times: deque[tuple[float, float]] = deque(maxlen=_IN_QUEUE)
        """When the last requests that were answered were sent, and when their replies came."""

    def seconds(self, most_tokens: int) -> float:
        """Return how long a reply of at most so many tokens may take."""
        if not self._speeds:
            return max(LEAST, _READING + most_tokens / _SLOWEST)
        return min(max(LEAST, _MARGIN * most_tokens / min(self._speeds)), LONGEST)

    def learn(self, seconds: float, tokens: int | None) -> None:
        """Note a reply that has come now, ``seconds`` after its request; None: not counted."""
        now = self.last_reply = asyncio.get_running_loop().time()
        self._times.append((now - seconds, now))
        self._speeds.append(max(tokens or 0, _FEWEST_TOKENS) / max(seconds, 1e-3))

    def answered_since(self, moment: float) -> bool:
        """Whether a reply to any call has come since a time of the event loop."""
        return self.last_reply is not None and self.last_reply >= moment

    def _end(self, began: float, most_tokens: int) -> float:
        """Return the time of the event loop until which a reply is waited for."""
        came = next((came for sent, came in reversed(self._times) if sent <= began), began)
        return max(began, came) + self.seconds(most_tokens)

    @asynccontextmanager
    async def limit(self, most_tokens: int) -> AsyncIterator[asyncio.Timeout]:
        """Raise ``TimeoutError`` in the ``with`` block when the reply has taken too long.

        What is learned of the server meanwhile counts.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        timer: asyncio.TimerHandle
        async with asyncio.timeout(None) as scope:

            def look() -> None:
                nonlocal timer
                end = self._end(began, most_tokens)
                if end > loop.time():
                    timer = loop.call_at(end, look)
                else:
                    scope.reschedule(loop.time())

            timer = loop.call_at(self._end(began, most_tokens), look)
            try:
                yield scope
            finally:
                timer.cancel()
