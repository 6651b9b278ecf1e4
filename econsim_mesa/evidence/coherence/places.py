"""Checks of ways: what is closed is not tried again and again; the fast go farther."""

from __future__ import annotations

from typing import ClassVar

from econsim_mesa.evidence.coherence.check import Above, Below, Sample
from econsim_mesa.evidence.coherence.economy import first_food_store, share_of_trips
from econsim_mesa.evidence.coherence.lab import Fork, Lab
from econsim_mesa.evidence.coherence.pasts import at_home
from econsim_mesa.scenario import Scenario

SPEEDUP = 4


class KeepOut(Below):
    """While the cell of a store is closed, fewer ways lead to it."""

    name: ClassVar[str] = "keep-out"
    rule: ClassVar[str] = "share of ways that lead to a closed store falls: below 0"

    def reason_against(self, scenario: Scenario, decider: str) -> str:
        """Another store is needed."""
        return "" if len(scenario.agents.stores()) > 1 else "there is no other store to go to"

    def sample(self, lab: Lab) -> Sample:
        """Return the share while closed minus the share while open."""
        store, end = first_food_store(lab.scenario), lab.at + lab.rest
        cell = list(lab.scenario.agents.stores()[store][2].at)
        event = {"type": "keep_out", "cells": [cell], "when": {"between": [lab.at, end]}}
        free, shut = (
            share_of_trips(lab.future(Fork(steps=lab.rest, events=events)), store)
            for events in ((), (event,))
        )
        return (None if free is None or shut is None else shut - free,)


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
