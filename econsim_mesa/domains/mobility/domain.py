"""Mobility: where households are, and how they move."""

from __future__ import annotations

from typing import ClassVar

from econsim_mesa.domains.mobility.actions import MoveTo, note_closed
from econsim_mesa.domains.mobility.travel import travel
from econsim_mesa.society.domain import Domain
from econsim_mesa.society.order import Phase
from econsim_mesa.society.resolution import StepActions


class Mobility(Domain):
    """Households walk on a grid, toward the destination that each has."""

    name: ClassVar[str] = "mobility"
    actions = (MoveTo,)

    def settle(self, step: StepActions, phase: Phase) -> None:
        """Move everybody who is awake and has a destination."""
        if phase.name != "moves":
            return
        town = step.town
        goals = town.space.destination.copy()
        journey = travel(town.space, town.t, town.speeds(), ~step.asleep, step.rank(phase))
        town.deeds.distance = journey.distance
        for household, reason in journey.dropped:
            step.drop(household, reason)
            note_closed(town, household, int(goals[household]))
