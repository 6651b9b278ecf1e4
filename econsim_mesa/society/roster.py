"""The roster: names, kinds and numbers of everyone in the town."""

from __future__ import annotations

from collections.abc import Sequence

from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.records import WORLD_NAME


class Roster:
    """Everyone, in one numbering.

    Households come first, then stores, the government, agents of installed domains, and scripted
    accounts. ``households`` and ``stores`` count them; ``government`` is a number or None;
    ``domain_agents`` are those of installed domains by name.
    """

    def __init__(self, scenario: Scenario, scripted: Sequence[str]) -> None:
        stores = scenario.agents.stores()
        government = scenario.agents.Government
        self.households = scenario.agents.Household.count
        self.stores = len(stores)
        self.store_names = [name for _, name, _ in stores]
        self.names = [f"H{i}" for i in range(self.households)] + self.store_names
        self.kinds = ["Household"] * self.households + [kind for kind, _, _ in stores]
        self.government = None if government is None else len(self.names)
        if government is not None:
            self.names.append(government.name)
            self.kinds.append("Government")
        own = scenario.domain_agents().values()
        self.domain_agents = {agent.name: agent for agents in own for agent in agents}
        self.names += self.domain_agents
        self.kinds += [agent.kind for agent in self.domain_agents.values()]
        self.scripted = [name for name in scripted if name not in self.names]
        self.names += self.scripted
        self.kinds += ["Account"] * len(self.scripted)
        self.number = {name: i for i, name in enumerate(self.names)}
        self.account_names = [*self.names, WORLD_NAME]
        self.commodities = [scenario.currency.name, *scenario.items]

    def store(self, name: str) -> int | None:
        """Return the index 0 .. stores - 1 of a store, or None if there is none of the name."""
        number = self.number.get(name, -1) - self.households
        return number if 0 <= number < self.stores else None

    def store_number(self, store: int) -> int:
        """Return the number of the agent that is store ``store``."""
        return self.households + store

    def household(self, name: str) -> int | None:
        """Return the index of a household, or None."""
        number = self.number.get(name, -1)
        return number if 0 <= number < self.households else None
