"""Checks of buying: dearer goods sell less, and empty shelves send people elsewhere."""

from __future__ import annotations

import math
from statistics import fmean
from typing import ClassVar

from econsim_mesa.deciders.idle import Idle
from econsim_mesa.domains.economy.actions import PlaceOrder
from econsim_mesa.evidence.coherence.check import Above, Below, Sample, slope
from econsim_mesa.evidence.coherence.lab import Fork, Future, Lab
from econsim_mesa.evidence.coherence.pasts import at_home, visited
from econsim_mesa.evidence.coherence.stages import Past
from econsim_mesa.scenario import Scenario

FACTORS = (0.5, 0.75, 1.0, 1.5, 2.0)
"""All prices of the town times this."""
_UNITS = 3
"""Whole units of the dearest good that a buyer must be able to pay at the highest price."""
_HOME_STEPS = 3


class PriceResponse(Below):
    """Demand of those who stand in a store, under five levels of all prices.

    Only households are asked whose budget binds at none of the five, so that a difference is a
    choice and not a lack of money.
    """

    name: ClassVar[str] = "price"
    rule: ClassVar[str] = "units ordered fall with ln price: slope below 0"

    def sample(self, lab: Lab) -> Sample:
        """Return the slope of units ordered per household on the logarithm of the factor."""
        past, when, there = visited(lab.stages, None)
        asked = _solvent(lab, there, past, when)
        if not asked:
            return (None,)
        ordered = [_ordered(lab, factor, asked, past, when) for factor in FACTORS]
        return (slope([math.log(factor) for factor in FACTORS], ordered),)


def _ordered(lab: Lab, factor: float, asked: tuple[int, ...], past: Past, when: int) -> float:
    """Return the whole units ordered per household asked, all prices times a factor."""
    change = round(100 * (factor - 1), 2)
    events = tuple(
        {"type": "price_change", "item": item, "percent": change}
        for item in dict.fromkeys(
            item for _, _, spec in lab.scenario.agents.stores() for item in spec.sells
        )
    )
    future = lab.scripted(Fork(events=events if change else (), asked=asked), past, when)
    units = {name: 10**item.decimals for name, item in lab.scenario.items.items()}
    orders = [order for _, order in future.actions(PlaceOrder)]
    return float(sum(order.quantity / units[order.item] for order in orders)) / len(asked)


def _solvent(lab: Lab, there: tuple[int, ...], past: Past, when: int) -> tuple[int, ...]:
    """Return those of some households whose money suffices for anything at the highest price."""
    town = lab.stages.lived((), past, when, Idle(lab.scenario)).town
    standing, cash = town.space.standing(), town.cash()
    dearest = town.prices.posted.max(axis=1)
    return tuple(i for i in there if cash[i] >= _UNITS * max(FACTORS) * dearest[standing[i]])


class StockOut(Below):
    """Who found a store empty the day before sets out for it less often, among all ways to stores.

    All walk there by script; in one of two futures the shelves were emptied just before.
    """

    name: ClassVar[str] = "stock-out"
    rule: ClassVar[str] = "share of ways that lead to a store found empty falls: below 0"

    def reason_against(self, scenario: Scenario, decider: str) -> str:
        """Another store is needed."""
        return "" if len(scenario.agents.stores()) > 1 else "there is no other store to go to"

    def sample(self, lab: Lab) -> Sample:
        """Return the share of those who saw it empty minus that of those who saw it full."""
        store = first_food_store(lab.scenario)
        past, when, there = visited(lab.stages, store)
        full, empty = (
            share_of_trips(lab.scripted(Fork(asked=there, emptied=emptied), past), store)
            for emptied in (None, (store, when))
        )
        return (None if full is None or empty is None else empty - full,)


def first_food_store(scenario: Scenario) -> int:
    """Return the index of the first store that sells something to eat; 0 if none does."""
    for index, (_, _, spec) in enumerate(scenario.agents.stores()):
        if any(scenario.items[item].nutrition > 0 for item in spec.sells):
            return index
    return 0


def share_of_trips(future: Future, store: int) -> float | None:
    """Return which share of the decisions to walk to a store is for this one."""
    trips = [goal for _, goal in future.trips()]
    return trips.count(store) / len(trips) if trips else None


class Nearness(Above):
    """Households in different places go to different stores: each to what is near it."""

    name: ClassVar[str] = "heterogeneity"
    rule: ClassVar[str] = "chosen stores are nearer than the mean of all, in cells: above 0"

    def reason_against(self, scenario: Scenario, decider: str) -> str:
        """Another store is needed."""
        return "" if len(scenario.agents.stores()) > 1 else "there is only one store"

    def sample(self, lab: Lab) -> Sample:
        """Return the mean over all decisions to walk to a store."""
        future = lab.scripted(Fork(steps=_HOME_STEPS), at_home(lab.stages))
        town, found = future.model.town, []
        for one, goal in future.trips():
            place = future.places[one.step]
            x, y = int(place.x[one.household]), int(place.y[one.household])
            here = int(place.standing[one.household])
            far = {
                store: town.space.distance(x, y, *cell)
                for store, cell in enumerate(town.store_cells)
                if store != here
            }
            if goal == here or len(set(far.values())) < 2:
                continue
            found.append(fmean(far.values()) - far[goal])
        return (sum(found) / len(found) if found else None,)
