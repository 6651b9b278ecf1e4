"""How fast a server answers, and so how long all calls of a run will take."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from econsim_mesa.numbers import duration, significant

_REMEMBERED = 500
_FEWEST = 3
"""Replies from which a speed can be told."""


class Speed:
    """Replies of a server by the minute, while it is asked.

    Its clock stands while no call is under way, so that it is about the server alone. The speed is
    the slope of the number of replies over time, of the last ones: the first reply, which may wait
    for a model to be loaded, counts little, and where replies come in waves, so many at once as the
    server works at, no wave is cut. It may be read from any thread.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.replies = 0
        self._now = now
        self._calls = 0
        self._asked_since, self._seconds_before = 0.0, 0.0
        self._first: float | None = None
        self._last: deque[tuple[float, int]] = deque(maxlen=_REMEMBERED)

    @property
    def seconds(self) -> float:
        """Seconds in which at least one call was under way."""
        return self._seconds_before + (self._now() - self._asked_since if self._calls else 0.0)

    def begin(self) -> None:
        """Note that a call is under way from now on; ``end`` must follow."""
        if not self._calls:
            self._asked_since = self._now()
        self._calls += 1

    def end(self) -> None:
        """Note that a call has ended."""
        if self._calls == 1:
            self._seconds_before = self.seconds
        self._calls -= 1

    def note_reply(self) -> None:
        """Note that a reply came now."""
        self.replies += 1
        if self._first is None:
            self._first = self.seconds
        self._last.append((self.seconds, self.replies))

    @property
    def per_minute(self) -> float | None:
        """Replies a minute; None: too few have come to say."""
        last = list(self._last)
        # What comes within the first wave says how replies differ, not how many will come.
        if len(last) < _FEWEST or last[-1][0] - last[0][0] < (self._first or 0.0):
            return None
        middle = sum(moment for moment, _ in last) / len(last)
        count = sum(number for _, number in last) / len(last)
        spread = sum((moment - middle) ** 2 for moment, _ in last)
        common = sum((moment - middle) * (number - count) for moment, number in last)
        return 60 * common / spread if spread > 0 and common > 0 else None

    def forecast(self, calls: int | None) -> str:
        """Return how fast the server answers, and how long so many calls take; empty: unknown."""
        pace = self.per_minute
        if pace is None:
            return ""
        shown = significant(pace, 2)
        line = f"this server answers about {shown} {'call' if shown == '1' else 'calls'} a minute"
        return f"{line}: {calls:,} calls take {duration(60 * calls / pace)}" if calls else line
