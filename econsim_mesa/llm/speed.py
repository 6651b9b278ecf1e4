"""How fast a server answers, and so how long all calls of a run will take."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from econsim_mesa.numbers import counted, duration, significant

_REMEMBERED = 500
_FEWEST = 3
"""Replies from which a speed can be told."""
_DEVIATIONS = 2.0
"""Standard deviations within which a speed is told, of replies that come by chance: of as many of
them it is one over their square root."""


class ExpectedTime(NamedTuple):
    """Seconds that calls will take, between which they lie, and by how many replies it is told."""

    seconds: float
    least: float
    most: float
    replies: int

    @classmethod
    def of(cls, calls: int, per_minute: float, replies: int, before: float = 0.0) -> ExpectedTime:
        """Return the time of calls at a speed that was told by so many replies.

        ``before`` are seconds that have passed, and count as well.
        """
        rest, unsure = 60 * calls / per_minute, 1 + _DEVIATIONS / math.sqrt(replies)
        return cls(before + rest, before + rest / unsure, before + rest * unsure, replies)

    @property
    def words(self) -> str:
        """The time, between what it lies, and by what it is told."""
        return (
            f"{duration(self.seconds)} ({duration(self.least)} to {duration(self.most)}, by "
            f"{counted(self.replies, 'reply', 'replies')})"
        )


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
        """Replies a minute; None: too few have come to say.

        What comes within the first wave says how replies differ, not how many will come, and a
        wait that is longer than all waves so far, such as for the next minute of a limit, is a part
        of the next one.
        """
        last = list(self._last)
        span = last[-1][0] - last[0][0] if last else 0.0
        if len(last) < _FEWEST or span < max(self._first or 0.0, self.seconds - last[-1][0]):
            return None
        slope = _slope(last)
        return 60 * slope if slope > 0 else None

    @property
    def words(self) -> str:
        """How fast the server answers; empty: not known yet."""
        pace = self.per_minute
        if pace is None:
            return ""
        shown = significant(pace, 2)
        return f"this server answers about {shown} {'call' if shown == '1' else 'calls'} a minute"

    def time_for(self, calls: int) -> ExpectedTime | None:
        """Return the time for so many calls in all, if the server stays as fast; None: unknown."""
        pace = self.per_minute
        if pace is None:
            return None
        left = max(calls - self.replies, 0)
        return ExpectedTime.of(left, pace, self.replies, self._last[-1][0])


def _slope(last: Sequence[tuple[float, int]]) -> float:
    """Return replies a second by least squares; the later ones weigh more, as the server is now."""
    weights = range(1, len(last) + 1)
    mean = sum(w * moment for w, (moment, _) in zip(weights, last, strict=True)) / sum(weights)
    spread = sum(w * (moment - mean) ** 2 for w, (moment, _) in zip(weights, last, strict=True))
    common = sum(
        w * (moment - mean) * number for w, (moment, number) in zip(weights, last, strict=True)
    )
    return common / spread if spread > 0 else 0.0
