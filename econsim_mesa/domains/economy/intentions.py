"""Intentions: what households mean to order on arrival at a store, and to eat once they have it.

An order at a store elsewhere sets out for it; the order is placed in the first step that begins
with the household standing there, awake. To eat what one has ordered, or means to order, is kept
until it is bought. A town in which nobody means anything of the kind holds two empty tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from econsim_mesa.society.rng import Booleans, Integers


class IntendedOrder(NamedTuple):
    """An order to be placed on arrival; ``decided`` and ``action`` say where it was decided."""

    item: int
    quantity: int
    """In smallest units."""
    ttl: int
    """Steps that it stays open from its placing on."""
    decided: int
    """Step of the decision."""
    action: int
    """Index of the action in that decision."""


class IntendedMeal(NamedTuple):
    """Something to be eaten once it is bought; columns as those of ``IntendedOrder``."""

    item: int
    quantity: int
    decided: int
    action: int


@dataclass(frozen=True, slots=True)
class Trip:
    """A way to a store, and what is to be ordered there."""

    store: int
    orders: tuple[IntendedOrder, ...]

    @property
    def decided(self) -> int:
        """The step of the newest decision about it."""
        return max(order.decided for order in self.orders)

    def without(self, item: int, before: int) -> Trip:
        """Return the trip without orders of an item that were decided before a step."""
        left = (order for order in self.orders if order.item != item or order.decided >= before)
        return replace(self, orders=tuple(left))


class Intentions:
    """The intentions of all households, by their numbers."""

    def __init__(self) -> None:
        self._trips: dict[int, Trip] = {}
        self._meals: dict[int, list[IntendedMeal]] = {}

    def trip(self, household: int) -> Trip | None:
        """Return the trip of a household; None: it is on none."""
        return self._trips.get(household)

    def trips(self) -> list[tuple[int, Trip]]:
        """Return all households on a trip, in the order in which they set out."""
        return list(self._trips.items())

    def meals(self, household: int) -> tuple[IntendedMeal, ...]:
        """Return what a household means to eat once it is bought."""
        return tuple(self._meals.get(household, ()))

    def set_out(self, household: int, store: int, order: IntendedOrder) -> None:
        """Add an order to the trip of a household to a store; a trip elsewhere ends.

        What an earlier decision said of the same item is replaced.
        """
        trip = self._trips.get(household)
        if trip is None or trip.store != store:
            self.end_trip(household)
            trip = Trip(store, ())
        trip = trip.without(order.item, order.decided)
        self._trips[household] = replace(trip, orders=(*trip.orders, order))

    def forget_order(self, household: int, store: int, item: int) -> None:
        """Forget what a household means to order of an item at a store where it orders now."""
        trip = self._trips.get(household)
        if trip is None or trip.store != store:
            return
        left = [order for order in trip.orders if order.item != item]
        if left:
            self._trips[household] = replace(trip, orders=tuple(left))
        else:
            del self._trips[household]

    def end_trip(self, household: int) -> None:
        """Forget the trip of a household that chose another way, and what it was to eat of it."""
        trip = self._trips.pop(household, None)
        items = {order.item for order in trip.orders} if trip is not None else set()
        for meal in self.meals(household):
            if meal.item in items:
                self.forget_meal(household, meal)

    def forget_trip(self, household: int) -> None:
        """Forget the trip of a household, whose orders were refused."""
        del self._trips[household]

    def arrivals(self, standing: Integers, asleep: Booleans) -> Iterator[tuple[int, Trip]]:
        """Yield the households that begin the step at the store of their trip, awake.

        Their trips end.

        Args:
            standing: The store in whose cell each household is, -1: none; shape (households,).
            asleep: Who sleeps, shape (households,).
        """
        for household, trip in self.trips():
            if standing[household] == trip.store and not asleep[household]:
                del self._trips[household]
                yield household, trip

    def keep_meal(
        self, household: int, item: int, quantity: int, decided: int, action: int
    ) -> None:
        """Keep a meal until its item is bought; the arguments are those of ``IntendedMeal``."""
        meal = IntendedMeal(item, quantity, decided, action)
        self._meals.setdefault(household, []).append(meal)

    def forget_meals(self, household: int, item: int, before: int) -> None:
        """Forget meals of an item that were decided before a step: what is said now replaces them.

        A town without intentions pays one look into an empty table.
        """
        for meal in self.meals(household) if self._meals else ():
            if meal.item == item and meal.decided < before:
                self.forget_meal(household, meal)

    def forget_meal(self, household: int, meal: IntendedMeal) -> None:
        """Forget one meal."""
        meals = self._meals[household]
        meals.remove(meal)
        if not meals:
            del self._meals[household]

    def all_meals(self) -> list[tuple[int, IntendedMeal]]:
        """Return all meals that are kept, with whose they are, in the order of keeping."""
        return [(household, meal) for household, meals in self._meals.items() for meal in meals]
