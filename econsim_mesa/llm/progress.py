"""Numbers of a run's calls, to show while it goes on and to sum up at its end."""

from __future__ import annotations

from collections import Counter

from econsim_mesa.llm.budget import Budget, Usage
from econsim_mesa.llm.messages import ChatReply


class Progress:
    """Counts of the calls of one gateway; may be read from any thread.

    ``done`` calls ended, ``in_flight`` have a slot, ``reused`` cost nothing, ``waiting`` wait for
    a slot. ``faults`` counts failed attempts by kind, ``statuses`` calls by their end.
    """

    def __init__(self, budget: Budget) -> None:
        self.done = self.in_flight = self.waiting = self.reused = 0
        self.faults: Counter[str] = Counter()
        self.statuses: Counter[str] = Counter()
        self._budget = budget

    @property
    def usage(self) -> Usage:
        """What the run spent, its earlier parts included."""
        return self._budget.usage

    @property
    def cached_share(self) -> float | None:
        """Share of prompt tokens that the provider had cached; None: no token yet."""
        usage = self.usage
        return usage.cached_tokens / usage.input_tokens if usage.input_tokens else None

    def add(self, reply: ChatReply) -> None:
        """Count a call that ended."""
        self.done += 1
        self.statuses[reply.status.value] += 1
        self.faults.update(reply.faults)
        self.reused += reply.reused
