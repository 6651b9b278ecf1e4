"""Mobility: where households are, and how they move."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter
from typing import ClassVar

from econsim_mesa.domains.mobility.actions import ACTIONS
from econsim_mesa.domains.mobility.observation import MobilitySection
from econsim_mesa.domains.mobility.travel import travel
from econsim_mesa.domains.mobility.view import MobilityView
from econsim_mesa.quoting import name_text
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.domain import Domain
from econsim_mesa.society.order import Phase
from econsim_mesa.society.resolution import StepActions
from econsim_mesa.society.rng import Booleans
from econsim_mesa.society.section import listed
from econsim_mesa.society.town import Town
from econsim_mesa.society.view import View
from econsim_mesa.society.wording import Wording


class Mobility(Domain):
    """Households walk on a grid, toward the destination that each has."""

    name: ClassVar[str] = "mobility"
    actions = ACTIONS
    outcomes: ClassVar = {"distance": 0.0, "turned_away": -1}  # the latter: a store found closed

    @classmethod
    def rules(cls, scenario: Scenario) -> Mapping[str, str]:
        """Return the size of the grid, and how one moves on it."""
        grid, fatigue = scenario.grid, scenario.stress.stressors.get("fatigue")
        comfort = getattr(fatigue, "home_comfort", 0.0)
        items = listed(scenario.items.items(), scenario.llm.listing, itemgetter(0))
        wording = Wording.of(scenario)
        return {
            "width": str(grid.width),
            "height": str(grid.height),
            "torus": "yes" if grid.torus else "",
            "speed": wording.counted(scenario.agents.Household.speed, "cell"),
            "vehicles": wording.listed(
                f"{name_text(name)} {wording.counted(item.speed, 'cell')}"
                for name, item in items
                if item.speed is not None
            ),
            "home_comfort": wording.percent(100 * comfort) if comfort else "",
        }

    def view(self, town: Town) -> MobilityView:
        """Return what can be read of it."""
        return MobilityView.of(town.mobility)

    def begin(self, town: Town) -> None:
        """Bring everybody home and awake, where a night was skipped before this step."""
        clock = town.clock
        new_day = town.t > 0 and clock.starts_day(town.t)
        if new_day and clock.skips_nights and town.scenario.clock.overnight == "home":
            town.body.sleep.end(town.t)
            town.mobility.space.send_home(town.t)

    def settle(self, step: StepActions, phase: Phase) -> None:
        """Move everybody who is awake and has a destination."""
        if phase.name != "moves":
            return
        town = step.town
        goals = town.mobility.space.destination.copy()
        journey = travel(town.mobility.space, town.t, town.speeds(), ~step.asleep, step.rank(phase))
        town.outcomes["distance"][:] = journey.distance
        for household in journey.dropped:
            goal = int(goals[household])
            step.drop(household, town.mobility.no_way(goal))
            town.note_closed(household, goal)

    def happened(self, view: View) -> Mapping[str, Booleans]:
        """Return who reached a destination; who lost it was refused."""
        walked = view.last_outcomes["distance"] > 0
        return {"arrived": walked & (view.mobility.destination < 0)}

    def observe(self, view: View, household: int) -> MobilitySection:
        """Return what a household is shown of it."""
        return MobilitySection.of(view, household)
