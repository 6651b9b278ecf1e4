"""The names that a town holds, against which events check the names in their parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from econsim_mesa.errors import hint
from econsim_mesa.scenario.paths import Path_
from econsim_mesa.scenario.types import Scenario

Found = Iterator[tuple[Path_, str]]
"""Problems as they are found: the path, and what is wrong there."""


@dataclass(frozen=True, slots=True)
class Names:
    """Everything that a scenario gives a name, and the size of its grid as (width, height)."""

    items: tuple[str, ...]
    stores: tuple[str, ...]
    store_items: Mapping[str, tuple[str, ...]]
    cell_kinds: tuple[str, ...]
    size: tuple[int, int]
    households: frozenset[str]
    government: str | None
    stressors: tuple[str, ...]

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
        )

    @staticmethod
    def hint(name: str, known: Sequence[str]) -> str:
        """Return advice for a mistyped name: the nearest known one, or all of them."""
        return hint(name, known)


def unknown(what: str, name: str, known: Sequence[str]) -> str:
    """Say that nothing of a kind has a name, and which name is near."""
    return f"unknown {what} {name!r}; {hint(name, known)}"


def scripted_accounts(scenario: Scenario, names: Names) -> list[str]:
    """Return the authors of scripted posts that are neither stores nor the government."""
    authors = [getattr(event, "author", None) for event in scenario.events]
    own = {*names.stores, names.government}
    return list(dict.fromkeys(name for name in authors if name is not None and name not in own))
