"""Checks of buying: dearer goods sell less, and empty shelves send people elsewhere."""

from __future__ import annotations

import math
from statistics import fmean
from typing import ClassVar

from econsim_mesa.deciders.idle import Idle
from econsim_mesa.domains.economy.actions import PlaceOrder
from econsim_mesa.evidence.coherence.base import MeanAbove, MeanBelow, StoreAvoided
from econsim_mesa.evidence.coherence.estimates import Sample, slope
from econsim_mesa.evidence.coherence.lab import Fork, Future, Lab
from econsim_mesa.evidence.coherence.scripted_histories import (
    VisitHistory,
    history_at_home,
    history_of_visits,
)
from econsim_mesa.scenario import Scenario

FACTORS = (0.5, 0.75, 1.0, 1.5, 2.0)
"""All prices of the town are multiplied by these."""
_UNITS = 3
"""Whole units of the dearest good that a buyer must be able to pay at the highest price."""
_HOME_STEPS = 3


class PriceResponse(MeanBelow):
    """Households in a store order less when all prices are higher, at five levels of prices.

    Only households are asked whose budget binds at none of the five, so that a difference is a
    choice and not a lack of money.
    """

    name: ClassVar[str] = "price"
    rule: ClassVar[str] = "units ordered fall with ln price: slope below 0"

    def sample(self, lab: Lab) -> Sample:
        """Return the slope of units ordered per household on the logarithm of the factor."""
        visits = history_of_visits(lab.setup, None)
        buyers = _solvent_visitors(lab, visits)
        if not buyers:
            return (None,)
        units = [_units_ordered(lab, factor, buyers, visits) for factor in FACTORS]
        return (slope([math.log(factor) for factor in FACTORS], units),)


def _units_ordered(lab: Lab, factor: float, buyers: tuple[int, ...], visits: VisitHistory) -> float:
    """Return the whole units that buyers order per head, with all prices times a factor."""
    percent = round(100 * (factor - 1), 2)
    events = tuple(
        {"type": "price_change", "item": item, "percent": percent}
        for item in dict.fromkeys(
            item for _, _, spec in lab.scenario.agents.stores() for item in spec.sells
        )
    )
    fork = Fork(events=events if percent else (), asked=buyers)
    future = lab.scripted_future(fork, visits.history, visits.last_step)
    unit = {name: 10**item.decimals for name, item in lab.scenario.items.items()}
    orders = [order for _, order in future.actions(PlaceOrder)]
    return float(sum(order.quantity / unit[order.item] for order in orders)) / len(buyers)


def _solvent_visitors(lab: Lab, visits: VisitHistory) -> tuple[int, ...]:
    """Return the visitors whose money suffices for anything at the highest price."""
    idle = Idle(lab.scenario)
    town = lab.setup.model_after((), visits.history, visits.last_step, idle).town
    standing, cash = town.mobility.space.standing(), town.economy.cash()
    dearest = town.economy.prices.posted.max(axis=1)
    needed = _UNITS * max(FACTORS) * dearest
    return tuple(i for i in visits.visitors if cash[i] >= needed[standing[i]])


class StockOutResponse(StoreAvoided):
    """Of all trips to stores, fewer lead to a store that was found empty the day before.

    All walk there by script; in one of two futures the shelves were emptied just before.
    """

    name: ClassVar[str] = "stock-out"
    rule: ClassVar[str] = "share of ways that lead to a store found empty falls: below 0"

    def sample(self, lab: Lab) -> Sample:
        """Return the share of those who saw it empty minus that of those who saw it full."""
        store = first_food_store(lab.scenario)
        history, last_step, visitors = history_of_visits(lab.setup, store)
        full, empty = (
            share_of_trips(
                lab.scripted_future(Fork(asked=visitors, emptied=emptied), history), store
            )
            for emptied in (None, (store, last_step))
        )
        return (None if full is None or empty is None else empty - full,)


def first_food_store(scenario: Scenario) -> int:
    """Return the index of the first store that sells something to eat; 0 if none does."""
    for index, (_, _, spec) in enumerate(scenario.agents.stores()):
        if any(scenario.items[item].nutrition > 0 for item in spec.sells):
            return index
    return 0


def share_of_trips(future: Future, store: int) -> float | None:
    """Return which share of the decisions to walk to a store is for this one; None: no trips."""
    goals = [goal for _, goal in future.trips()]
    return goals.count(store) / len(goals) if goals else None


class Nearness(MeanAbove):
    """Households in different places go to different stores: each to what is near it."""

    name: ClassVar[str] = "heterogeneity"
    rule: ClassVar[str] = "chosen stores are nearer than the mean of all, in cells: above 0"

    def reason_against(self, scenario: Scenario, decider: str) -> str:
        """Return that there is no other store; empty: there is one."""
        return "" if len(scenario.agents.stores()) > 1 else "there is only one store"

    def sample(self, lab: Lab) -> Sample:
        """Return the mean over all decisions to walk to a store."""
        future = lab.scripted_future(Fork(steps=_HOME_STEPS), history_at_home(lab.setup))
        town, nearer = future.model.town, []
        for observed, goal in future.trips():
            positions, i = future.positions[observed.step], observed.household
            x, y, here = int(positions.x[i]), int(positions.y[i]), int(positions.standing[i])
            distances = {
                store: town.mobility.space.distance(x, y, *cell)
                for store, cell in enumerate(town.mobility.store_cells)
                if store != here
            }
            if goal != here and len(set(distances.values())) > 1:
                nearer.append(fmean(distances.values()) - distances[goal])
        return (sum(nearer) / len(nearer) if nearer else None,)
