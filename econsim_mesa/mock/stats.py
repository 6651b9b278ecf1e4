"""What a mock server has done, in numbers."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from dataclasses import dataclass, field

from econsim_mesa.mock.response import Usage


@dataclass
class Stats:
    """Counts since the start; times in seconds.

    ``requests``: chat completions asked; ``refused``: answered with 400 because of what they
    ask; ``answered``: sent without a fault; ``repairs``: repair turns among the requests;
    ``latency_drawn``: sum over requests; ``worked``: at replies, in all slots; ``limited``:
    answered with 429 for the limit by the minute; ``repeated``: asked while the same request was
    still worked at; ``most_in_flight``: at once; ``batches``: times that
    requests were decided together; ``faults``: how often each was played; ``times``: when each
    prompt (SHA-256 of the user message) was answered, by the machine's monotonic clock, if asked.
    """

    requests: int = 0
    refused: int = 0
    answered: int = 0
    repairs: int = 0
    batches: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    limited: int = 0
    repeated: int = 0
    latency_drawn: float = 0.0
    worked: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    times: dict[str, float] = field(default_factory=dict)

    def enter(self) -> None:
        """Count a request that begins."""
        self.requests += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)

    def leave(self) -> None:
        """Count a request that has ended."""
        self.in_flight -= 1

    def note(self, user: str) -> None:
        """Note that a prompt is answered now."""
        self.times[hashlib.sha256(user.encode()).hexdigest()] = time.monotonic()

    def spend(self, usage: Usage) -> None:
        """Count the tokens of a reply."""
        self.prompt_tokens += usage.prompt
        self.completion_tokens += usage.completion
        self.cached_tokens += usage.cached

    def to_json(self) -> dict[str, object]:
        """Return the counts, and the CPU seconds of this process, as an object for JSON."""
        counts = {**vars(self), "faults": dict(sorted(self.faults.items()))}
        return {**counts, "cpu_seconds": time.process_time()}
