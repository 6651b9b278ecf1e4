"""Requests: the agents asked in one step, handed to a decider as one batch."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, overload

from econsim_mesa.society.observation import Observation, observation_of
from econsim_mesa.society.view import View


class Request(NamedTuple):
    """One agent that is asked; its observation is made when somebody reads it."""

    view: View
    """What everybody is shown."""
    agent: int
    """Number of the agent in the roster."""
    kind: str
    """Kind of agent, such as ``Household`` or ``Restaurant``."""

    def observation(self) -> Observation:
        """Return what the agent sees."""
        return observation_of(self.view, self.agent)


@dataclass(frozen=True, eq=False)
class Requests(Sequence[Request]):
    """A batch of agents in the order of their numbers: households first, then stores.

    A decider that works over arrays reads ``view`` and ``agents``; one that reads a single
    observation takes the requests one by one.
    """

    view: View
    """What everybody is shown."""
    agents: Sequence[int]
    """Numbers of the agents that are asked, ascending; a tuple."""

    def __post_init__(self) -> None:
        """Keep the agents as they are now."""
        object.__setattr__(self, "agents", tuple(self.agents))

    def split(self) -> tuple[Requests, Requests]:
        """Return the requests of households and those of stores."""
        first = bisect_left(self.agents, self.view.roster.households)
        return self[:first], self[first:]

    def __len__(self) -> int:
        """Return how many agents are asked."""
        return len(self.agents)

    @overload
    def __getitem__(self, index: int) -> Request: ...
    @overload
    def __getitem__(self, index: slice) -> Requests: ...
    def __getitem__(self, index: int | slice) -> Request | Requests:
        """Return one request, or some of them."""
        if isinstance(index, slice):
            return Requests(self.view, self.agents[index])
        agent = int(self.agents[index])
        return Request(self.view, agent, self.view.roster.kinds[agent])

    def __iter__(self) -> Iterator[Request]:
        """Iterate over the requests."""
        return (self[index] for index in range(len(self)))
