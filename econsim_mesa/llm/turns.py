"""Work that holds up an event loop gives way to replies that have arrived.

Writing a prompt, or what a library does to a reply, takes tenths of milliseconds to milliseconds;
keeping a reply takes a tenth of one. Where many replies arrive at once, such work between them
would make the last wait for all of it. So a piece of it begins only in a pass of the loop after
one in which no reply came, one piece a pass, first come, first served.
"""

from __future__ import annotations

import asyncio
from collections import deque
from weakref import WeakKeyDictionary


class _Turns:
    """Those who wait for their turn on one event loop."""

    def __init__(self) -> None:
        self.replied = False  #: a reply came since the last look
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._watching = False

    def wait(self) -> asyncio.Future[None]:
        """Return what is done when it is the caller's turn."""
        loop = asyncio.get_running_loop()
        turn = loop.create_future()
        self._waiting.append(turn)
        if not self._watching:
            self._watching = True
            loop.call_soon(self._look, loop)
        return turn

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let the next one work, unless a reply came in the last pass."""
        if not self.replied:
            self._next()
        self.replied = False
        self._watching = bool(self._waiting)
        if self._watching:
            loop.call_soon(self._look, loop)

    def _next(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # else its task was cancelled
                turn.set_result(None)
                return


_of_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, _Turns] = WeakKeyDictionary()


def _turns() -> _Turns:
    loop = asyncio.get_running_loop()
    turns = _of_loop.get(loop)
    if turns is None:
        turns = _of_loop[loop] = _Turns()
    return turns


async def turn() -> None:
    """Wait until no reply needs the loop."""
    await _turns().wait()


def reply_came() -> None:
    """Say that a reply has arrived: others may be about to."""
    _turns().replied = True
