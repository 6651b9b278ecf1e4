"""The names that a town holds, against which events check the names in their parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from econsim_mesa.errors import hint
from econsim_mesa.scenario.paths import Path_
from econsim_mesa.scenario.types import Scenario

Found = Iterator[tuple[Path_, str]]
"""Problems as they are found: the path, and what is wrong there."""


@dataclass(frozen=True, slots=True)
class Names:
    """Everything that a scenario gives a name, and the size of its grid."""

    items: tuple[str, ...]
    """Items, in the scenario's order."""
    stores: tuple[str, ...]
    """Stores, in the scenario's order."""
    store_items: Mapping[str, tuple[str, ...]]
    """Store -> the items that it sells."""
    cell_kinds: tuple[str, ...]
    """Kinds of cells that ``grid.kinds`` names."""
    size: tuple[int, int]
    """Columns (x) and rows (y) of the grid, in cells."""
    households: frozenset[str]
    """Households, ``H0``, ``H1``, ..."""
    government: str | None
    """The government; None: there is none."""
    stressors: tuple[str, ...]
    """Stressors, in the scenario's order."""
    days: tuple[str, ...]
    """Named days of the clock, in the scenario's order."""
    domain_agents: Mapping[str, tuple[str, ...]]
    """Names of the agents that each section of an installed domain brings, by its name."""

    @classmethod
    def of(cls, scenario: Scenario) -> Names:
        """Return the names of a scenario."""
        stores = scenario.agents.stores()
        government = scenario.agents.Government
        return cls(
            items=tuple(scenario.items),
            stores=tuple(name for _, name, _ in stores),
            store_items={name: tuple(spec.sells) for _, name, spec in stores},
            cell_kinds=tuple(scenario.grid.kinds),
            size=(scenario.grid.width, scenario.grid.height),
            households=frozenset(f"H{i}" for i in range(scenario.agents.Household.count)),
            government=None if government is None else government.name,
            stressors=tuple(scenario.stress.stressors),
            days=tuple(scenario.clock.days),
            domain_agents={
                name: tuple(agent.name for agent in agents)
                for name, agents in scenario.domain_agents().items()
            },
        )

    @property
    def accounts(self) -> tuple[str, ...]:
        """Names of all but households: stores, the government, agents of installed domains."""
        government = () if self.government is None else (self.government,)
        return (*self.stores, *government, *chain.from_iterable(self.domain_agents.values()))

    @staticmethod
    def hint(name: str, known: Sequence[str]) -> str:
        """Return advice for a mistyped name: the nearest known one, or all of them."""
        return hint(name, known)


def unknown(what: str, name: str, known: Sequence[str]) -> str:
    """Say that nothing of a kind has a name, and which name is near."""
    return f"unknown {what} {name!r}; {hint(name, known)}"


def scripted_accounts(scenario: Scenario, names: Names) -> list[str]:
    """Return the authors of scripted posts that are accounts of their own, or households."""
    authors = [getattr(event, "author", None) for event in scenario.events]
    own = names.accounts
    return list(dict.fromkeys(name for name in authors if name is not None and name not in own))
