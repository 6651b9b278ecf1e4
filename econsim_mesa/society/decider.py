"""The seam between the model and whoever decides: one method."""

from __future__ import annotations

from typing import ClassVar, Protocol, runtime_checkable

from econsim_mesa.llm.chat import CallLog
from econsim_mesa.society.action import Decision
from econsim_mesa.society.requests import Requests


@runtime_checkable
class Decider(Protocol):
    """Answers a batch of requests. A class that is registered takes the scenario to make one.

    It may say more of itself by the attributes of ``DeciderTraits``, such as ``asks_model``.
    """

    name: ClassVar[str]

    def decide(self, requests: Requests) -> list[Decision]:
        """Return one decision for each request, in the same order."""
        ...


@runtime_checkable
class WritesSummaries(Protocol):
    """A decider whose agents now and then write down what matters to them."""

    def summaries(self, requests: Requests) -> list[tuple[int, str]]:
        """Return numbers of households and what they wrote before this step's decisions."""
        ...


@runtime_checkable
class TakesCalls(Protocol):
    """A decider that calls a language model and has its calls kept."""

    def attach(self, log: CallLog) -> None:
        """Keep calls in a log from now on, and begin with what it holds."""

    def close(self) -> None:
        """Close connections: the run has ended, or somebody else decides from now on."""
