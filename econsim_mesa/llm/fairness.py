"""Work that holds up an event loop gives way to replies that have arrived.

Writing a prompt, or what a library does to a reply, takes tenths of milliseconds to milliseconds;
keeping a reply takes a tenth of one. Where many replies arrive at once, such work between them
would make the last wait for all of it. So a piece of work begins only in a pass of the loop after
one in which no reply came, one piece a pass, first come, first served.
"""

from __future__ import annotations

import asyncio
from collections import deque
from weakref import WeakKeyDictionary


class _WorkQueue:
    """The pieces of work that wait on one event loop."""

    def __init__(self) -> None:
        self.replied = False  #: a reply came since the last look
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._watching = False

    def wait(self) -> asyncio.Future[None]:
        """Return a future that is done when the caller may work."""
        loop = asyncio.get_running_loop()
        permission = loop.create_future()
        self._waiting.append(permission)
        if not self._watching:
            self._watching = True
            loop.call_soon(self._look, loop)
        return permission

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let the next one work, unless a reply came in the last pass."""
        if not self.replied:
            self._let_next_work()
        self.replied = False
        self._watching = bool(self._waiting)
        if self._watching:
            loop.call_soon(self._look, loop)

    def _let_next_work(self) -> None:
        while self._waiting:
            permission = self._waiting.popleft()
            if not permission.done():  # else its task was cancelled
                permission.set_result(None)
                return


_queues: WeakKeyDictionary[asyncio.AbstractEventLoop, _WorkQueue] = WeakKeyDictionary()
"""The queue of each event loop that is in use: a loop itself has no place for one."""


def _queue() -> _WorkQueue:
    return _queues.setdefault(asyncio.get_running_loop(), _WorkQueue())


async def yield_to_replies() -> None:
    """Wait until no reply needs the loop."""
    await _queue().wait()


def note_reply() -> None:
    """Note that a reply has arrived: others may be about to."""
    _queue().replied = True
