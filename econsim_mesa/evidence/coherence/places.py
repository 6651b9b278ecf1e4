"""Checks of ways: what is closed is not tried again and again; the fast go farther."""

from __future__ import annotations

from typing import ClassVar

from econsim_mesa.evidence.coherence.check import Above, Below, Sample
from econsim_mesa.evidence.coherence.economy import first_food_store, share_of_trips
from econsim_mesa.evidence.coherence.lab import Fork, Lab
from econsim_mesa.evidence.coherence.pasts import at_home, closing, set_out
from econsim_mesa.scenario import Scenario

SPEEDUP = 4


class KeepOut(Below):
    """Who was turned away from a closed store sets out for it less often than who does not know.

    It is closed in both futures, and all are at home: in one they tried to go there a step ago.
    """

    name: ClassVar[str] = "keep-out"
    rule: ClassVar[str] = "share of ways that lead to a store found closed falls: below 0"

    def reason_against(self, scenario: Scenario, decider: str) -> str:
        """Another store is needed."""
        return "" if len(scenario.agents.stores()) > 1 else "there is no other store to go to"

    def sample(self, lab: Lab) -> Sample:
        """Return the share of those who were turned away minus that of those who were not."""
        store = first_food_store(lab.scenario)
        fork = Fork(build=closing(lab.stages, store))
        unaware, turned_away = (
            share_of_trips(lab.scripted(fork, past), store)
            for past in (at_home(lab.stages), set_out(lab.stages, store))
        )
        if unaware is None or turned_away is None:
            return (None,)
        return (turned_away - unaware,)


class FasterVehicle(Above):
    """From the same homes, whoever is faster chooses stores that are farther away."""

    name: ClassVar[str] = "vehicle"
    rule: ClassVar[str] = f"{SPEEDUP} times as fast: distance of the stores chosen rises: above 0"

    def reason_against(self, scenario: Scenario, decider: str) -> str:
        """Another store is needed."""
        return "" if len(scenario.agents.stores()) > 1 else "there is only one store"

    def sample(self, lab: Lab) -> Sample:
        """Return the mean distance chosen by the fast minus that by those on foot, in cells."""
        foot = lab.scenario.agents.Household.speed
        slow, fast = (self._distance(lab, speed) for speed in (foot, SPEEDUP * foot))
        return (None if slow is None or fast is None else fast - slow,)

    def _distance(self, lab: Lab, speed: int) -> float | None:
        fork = Fork(build=(("agents.Household.speed", speed),))
        future = lab.scripted(fork, at_home(lab.stages))
        town, far = future.model.town, []
        for one, goal in future.trips():
            place = future.places[one.step]
            x, y = int(place.x[one.household]), int(place.y[one.household])
            far.append(town.space.distance(x, y, *town.store_cells[goal]))
        return sum(far) / len(far) if far else None
