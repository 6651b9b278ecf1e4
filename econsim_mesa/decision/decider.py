"""The seam between the model and whoever decides: one method."""

from __future__ import annotations

from typing import ClassVar, Protocol

from econsim_mesa.decision.actions import Decision
from econsim_mesa.observation import Requests


class Decider(Protocol):
    """Answers a batch of requests. A class that is registered takes the scenario to make one."""

    name: ClassVar[str]

    def decide(self, requests: Requests) -> list[Decision]:
        """Return one decision for each request, in the same order."""
        ...
