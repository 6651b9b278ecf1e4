"""Checks of movement: a closed store is not tried again and again, and the fast go farther."""

from __future__ import annotations

from typing import ClassVar

from econsim_mesa.evidence.coherence.base import MeanAbove, StoreAvoided
from econsim_mesa.evidence.coherence.buying import first_food_store, share_of_trips
from econsim_mesa.evidence.coherence.estimates import Sample
from econsim_mesa.evidence.coherence.lab import Fork, Lab
from econsim_mesa.evidence.coherence.scripted_histories import (
    closed_store,
    history_at_home,
    history_setting_out,
)
from econsim_mesa.scenario import Scenario

SPEEDUP = 4


class ClosedStoreResponse(StoreAvoided):
    """Households that were turned away from a closed store set out for it less often than others.

    It is closed in both futures, and all are at home: in one they tried to go there a step ago.
    """

    name: ClassVar[str] = "keep-out"
    rule: ClassVar[str] = "share of ways that lead to a store found closed falls: below 0"

    def sample(self, lab: Lab) -> Sample:
        """Return the share of those who were turned away minus that of those who were not."""
        store = first_food_store(lab.scenario)
        fork = Fork(build=closed_store(lab.setup, store))
        unaware, turned_away = (
            share_of_trips(lab.scripted_future(fork, history), store)
            for history in (history_at_home(lab.setup), history_setting_out(lab.setup, store))
        )
        if unaware is None or turned_away is None:
            return (None,)
        return (turned_away - unaware,)


class FasterVehicle(MeanAbove):
    """From the same homes, households that are faster choose stores that are farther away."""

    name: ClassVar[str] = "vehicle"
    rule: ClassVar[str] = f"{SPEEDUP} times as fast: distance of the stores chosen rises: above 0"

    def reason_against(self, scenario: Scenario, decider: str) -> str:
        """Return that there is no other store; empty: there is one."""
        return "" if len(scenario.agents.stores()) > 1 else "there is only one store"

    def sample(self, lab: Lab) -> Sample:
        """Return the mean distance chosen by the fast minus that by those on foot, in cells."""
        foot = lab.scenario.agents.Household.speed
        slow, fast = (self._distance(lab, speed) for speed in (foot, SPEEDUP * foot))
        return (None if slow is None or fast is None else fast - slow,)

    def _distance(self, lab: Lab, speed: int) -> float | None:
        fork = Fork(build=(("agents.Household.speed", speed),))
        future = lab.scripted_future(fork, history_at_home(lab.setup))
        town, distances = future.model.town, []
        for observed, goal in future.trips():
            positions, i = future.positions[observed.step], observed.household
            x, y = int(positions.x[i]), int(positions.y[i])
            distances.append(town.mobility.space.distance(x, y, *town.mobility.store_cells[goal]))
        return sum(distances) / len(distances) if distances else None
