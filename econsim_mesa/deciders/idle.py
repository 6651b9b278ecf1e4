"""The idle decider: does nothing; for benchmarks and tests."""

from __future__ import annotations

from typing import ClassVar

from econsim_mesa.scenario.decider_traits import DeciderTraits
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.action import Decision
from econsim_mesa.society.requests import Requests


class Idle(DeciderTraits):
    """Answers every request with no action."""

    name: ClassVar[str] = "idle"
    by_formula: ClassVar[bool] = True
    in_words: ClassVar[str] = "idle decider, not an LLM: nobody does anything"

    def __init__(self, scenario: Scenario) -> None:
        self._nothing = Decision(decider=self.name)

    def decide(self, requests: Requests) -> list[Decision]:
        """Return an empty decision for each request."""
        return [self._nothing] * len(requests)
