"""The roster: names, kinds and numbers of everyone in the town."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from econsim_mesa.scenario.actors import DomainAgent
from econsim_mesa.scenario.base import ReadOnlyDict
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.records import WORLD_NAME


@dataclass(frozen=True)
class Roster:
    """Everyone, in one numbering; it never changes.

    Households come first, then stores, the government, agents of installed domains, and scripted
    accounts.
    """

    names: tuple[str, ...]
    """Names of all by number."""
    kinds: tuple[str, ...]
    """Kind of each, such as ``Household``."""
    households: int
    """Number of households."""
    store_names: tuple[str, ...]
    """Names of the stores."""
    government: int | None
    """Number of the government; None: there is none."""
    domain_agents: Mapping[str, DomainAgent]
    """Agents of installed domains by name."""
    scripted: tuple[str, ...]
    """Names of scripted accounts."""
    commodities: tuple[str, ...]
    """The currency and then the items."""

    @classmethod
    def of(cls, scenario: Scenario, authors: Sequence[str]) -> Roster:
        """Return everyone in a scenario.

        Args:
            scenario: The scenario.
            authors: Authors of scripted posts; who is nobody else gets an account.
        """
        everyone = [(f"H{i}", "Household") for i in range(scenario.agents.Household.count)]
        stores = [(name, kind) for kind, name, _ in scenario.agents.stores()]
        everyone += stores
        government = scenario.agents.Government
        number = None if government is None else len(everyone)
        if government is not None:
            everyone.append((government.name, "Government"))
        domains = scenario.domain_agents().values()
        domain_agents = {agent.name: agent for agents in domains for agent in agents}
        everyone += [(name, agent.kind) for name, agent in domain_agents.items()]
        known = {name for name, _ in everyone}
        scripted = tuple(name for name in authors if name not in known)
        everyone += [(name, "Account") for name in scripted]
        return cls(
            names=tuple(name for name, _ in everyone),
            kinds=tuple(kind for _, kind in everyone),
            households=scenario.agents.Household.count,
            store_names=tuple(name for name, _ in stores),
            government=number,
            domain_agents=ReadOnlyDict(domain_agents),
            scripted=scripted,
            commodities=(scenario.currency.name, *scenario.items),
        )

    @cached_property
    def stores(self) -> int:
        """Number of stores."""
        return len(self.store_names)

    @cached_property
    def number(self) -> Mapping[str, int]:
        """Number of each by name."""
        return ReadOnlyDict({name: i for i, name in enumerate(self.names)})

    @cached_property
    def account_names(self) -> tuple[str, ...]:
        """Names of the accounts of the ledger: of everyone, and of the world, the last."""
        return (*self.names, WORLD_NAME)

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
