"""What one agent sees, as a frozen object: for a prompt, a person, or a decider that reads one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from econsim_mesa.errors import hint
from econsim_mesa.mind.feelings import Feeling
from econsim_mesa.society.section import Section
from econsim_mesa.society.view import View


@dataclass(frozen=True)
class Observation:
    """All that an agent sees and feels at the start of a step; memory is recalled apart.

    What a domain shows is an attribute of the domain's name: ``observation.economy.cash``.
    """

    name: str
    kind: str
    t: int
    time: str
    """Simulated time at which the step begins, ISO 8601, to the minute."""
    feelings: tuple[Feeling, ...]
    """Internal states at or above the level from which they are put in words."""
    sections: Mapping[str, Section]
    """What each domain shows, by its name; a domain that shows nothing is not there."""

    def __getattr__(self, name: str) -> Any:
        """Return what the domain of a name shows. Raises ``AttributeError`` if it shows nothing."""
        sections = self.__dict__.get("sections", {})  # a copy in the making has none yet
        if name not in sections:
            raise AttributeError(f"an observation has no {name!r}; {hint(name, list(sections))}")
        return sections[name]


def observation_of(view: View, agent: int) -> Observation:
    """Return what a household or a store sees, by its number."""
    return Observation(
        name=view.roster.names[agent],
        kind=view.roster.kinds[agent],
        t=view.t,
        time=view.memo(_time),
        feelings=_feelings(view, agent) if agent < view.roster.households else (),
        sections=view.sections(agent),
    )


def _time(view: View) -> str:
    return view.clock.time(view.t).isoformat(timespec="minutes")


def _feelings(view: View, household: int) -> tuple[Feeling, ...]:
    return tuple(view.stress.feelings(household, view.scenario.stress.threshold))
