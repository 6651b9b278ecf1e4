"""The scheduler: everyone is observed, everyone decides, and only then does anything change."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from econsim_mesa.decision.actions import Decision
from econsim_mesa.decision.decider import Decider
from econsim_mesa.errors import EconSimError
from econsim_mesa.observation import Requests, View
from econsim_mesa.scenario.registry import lookup
from econsim_mesa.scenario.types import Scenario

STORE_RULES = "utility"
"""Who decides for a store whose specification names nobody."""


Decided = list[tuple[int, Decision]]
"""Numbers of agents and their decisions, in the order of the numbers."""


class Scheduler:
    """Hands the requests of a step to the deciders, one batch each, and orders the answers.

    ``households`` decides for all households; ``stores`` maps a decider to the stores (their
    indices) that it decides for. ``recorded`` holds the decisions of steps that were made
    before: there nobody is asked.
    """

    def __init__(self, households: Decider, stores: Mapping[Decider, list[int]]) -> None:
        self.households = households
        self.stores = dict(stores)
        self.recorded: Mapping[int, Decided] = {}

    @property
    def deciders(self) -> list[Decider]:
        """Everyone who decides for somebody, once each."""
        return list(dict.fromkeys([self.households, *self.stores]))

    @classmethod
    def of(cls, scenario: Scenario, decider: Decider | None = None) -> Scheduler:
        """Return the scheduler that a scenario asks for; ``decider`` replaces its households'."""
        chosen = scenario.agents.Household.decider or scenario.decider
        made: dict[str, Decider] = {}

        def make(name: str) -> Decider:
            if name not in made:
                made[name] = lookup("decider", name)(scenario)
            return made[name]

        stores: dict[Decider, list[int]] = {}
        for index, (_, _, spec) in enumerate(scenario.agents.stores()):
            stores.setdefault(make(spec.decider or STORE_RULES), []).append(index)
        return cls(decider or make(chosen), stores)

    def decide(self, view: View) -> Decided:
        """Return the decision of every agent that is asked, in the order of their numbers."""
        if view.t in self.recorded:
            return self.recorded[view.t]
        first = view.town.who.households
        awake = np.flatnonzero(view.awake).tolist()
        decided = self._ask(self.households, view, awake)
        for decider, stores in self.stores.items():
            decided += self._ask(decider, view, [first + store for store in stores])
        return sorted(decided, key=lambda pair: pair[0]) if len(self.stores) > 1 else decided

    def _ask(self, decider: Decider, view: View, agents: list[int]) -> Decided:
        if not agents:
            return []
        decisions = decider.decide(Requests(view, agents))
        if len(decisions) != len(agents):
            raise EconSimError(
                f"the decider {decider.name!r} gave {len(decisions)} decisions for "
                f"{len(agents)} requests at step {view.t}; return one each, in order"
            )
        return list(zip(agents, decisions, strict=True))
