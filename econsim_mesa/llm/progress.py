"""Numbers of a run's calls, to show while it goes on and to sum up at its end."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from econsim_mesa.llm.budget import Budget, Usage
from econsim_mesa.llm.messages import REPAIR, ChatReply, ChatRequest
from econsim_mesa.llm.speed import Speed
from econsim_mesa.numbers import counted, magnitude


class Forecast(NamedTuple):
    """How long calls will take: in seconds, and in words."""

    seconds: float
    text: str


class Progress:
    """Counts of the calls of one gateway; may be read from any thread.

    ``done`` calls ended, ``in_flight`` have a slot, ``reused`` cost nothing, ``waiting`` wait for
    a slot. ``faults`` counts failed attempts by kind, ``statuses`` calls by their end. ``speed`` is
    that of the server, by calls whose number is known beforehand: repair turns do not count.
    """

    def __init__(self, budget: Budget, speed: Speed | None = None) -> None:
        self.done = self.in_flight = self.reused = self._open = 0
        self.speed = speed or Speed()
        self._asked = 0
        self._spent_before = budget.usage
        self.faults: Counter[str] = Counter()
        self.statuses: Counter[str] = Counter()
        self._budget = budget

    @property
    def asked(self) -> int:
        """Calls that were sent and ended; repair turns, and replies used again, do not count."""
        return self._asked

    @property
    def waiting(self) -> int:
        """Calls that wait for a slot."""
        return max(self._open - self.in_flight, 0)

    @property
    def usage(self) -> Usage:
        """What the run spent, its earlier parts included."""
        return self._budget.usage

    @property
    def cached_share(self) -> float | None:
        """Share of prompt tokens that the provider had cached; None: no token yet."""
        usage = self.usage
        return usage.cached_tokens / usage.input_tokens if usage.input_tokens else None

    def forecast(self, calls: int | None, *, at_most: bool = False) -> Forecast | None:
        """Return how long calls will take, what they use and how sure that is.

        Args:
            calls: their number; None: it is not known, and the speed is all there is to say.
            at_most: there may be fewer.

        Returns:
            None: too few replies have come to say.
        """
        pace, time = self.speed.per_minute, self.speed.time_for(calls or 0)
        if pace is None or time is None:
            return None
        if calls is None:
            return Forecast(60 / pace, self.speed.words)
        most = "at most " if at_most else ""
        return Forecast(
            time.seconds,
            f"{self.speed.words}; if it stays as fast, {most}{counted(calls, 'call')} take "
            f"{most}about {time.words}, {most}{self._use(calls)}",
        )

    def _use(self, calls: int) -> str:
        """Say what so many calls use, those of their repair turns among them, as these did."""
        usage, before, share = self.usage, self._spent_before, calls / max(self._asked, 1)
        dollars = (usage.cost - before.cost) * share
        tokens = f"{magnitude((usage.tokens - before.tokens) * share)} tokens"
        return f"{tokens}, ${dollars:,.2f}" if dollars else tokens

    def begin(self) -> None:
        """Count a call that is to be asked; ``end`` must follow."""
        self._open += 1
        self.speed.begin()

    def end(self) -> None:
        """Note that it is asked no more."""
        self._open -= 1
        self.speed.end()

    def add(self, request: ChatRequest, reply: ChatReply) -> None:
        """Count a call that ended."""
        self.done += 1
        if reply.attempts and not reply.reused and request.call != REPAIR:
            self._asked += 1
            self.speed.note_reply()
        self.statuses[reply.status.value] += 1
        self.faults.update(reply.faults)
        self.reused += reply.reused
