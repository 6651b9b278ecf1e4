"""Opening hours: which stores take and settle orders in a step, and when they open next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from econsim_mesa.scenario.hours import DAY, WEEK, HoursOfWeek, since_monday, spans_of_week
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.clock import Clock
from econsim_mesa.society.rng import Booleans, Integers

UNKNOWN = -1
"""In the place of a step: nobody knows when, or never."""
_MOMENTS = "timedelta64[us]"
"""How moments of a week are kept in arrays."""


class Opening:
    """When the stores of a town are open: by their hours, but for closures.

    Hours are known to everybody; a closure is an event that nobody is told of beforehand. What is
    open at the beginning of a step is open for all of it. ``hours`` has an entry a store; None:
    always open.
    """

    def __init__(self, hours: Sequence[HoursOfWeek | None], clock: Clock | None = None) -> None:
        self._clock = clock
        self._closures = np.zeros(len(hours), dtype=np.int64)
        self.retune(hours)

    @classmethod
    def of(cls, scenario: Scenario) -> Self:
        """Return when the stores of a scenario are open."""
        return cls(hours_of(scenario), scenario.clock.clock())

    def retune(self, hours: Sequence[HoursOfWeek | None]) -> None:
        """Go on with other hours; closures stay."""
        kinds: list[HoursOfWeek | None] = []
        numbers = [_number_of(kinds, one) for one in hours]
        self._hours_of: Integers = np.array(numbers, dtype=np.int64)
        """Row of the hours of each store in the table of the week."""
        clock = self._clock if any(one is not None for one in kinds) else None
        steps = 1 if clock is None else clock.steps_per_week
        self._week: Booleans = np.ones((len(kinds), steps), dtype=np.bool_)
        if clock is not None:
            begins = np.array([since_monday(clock.time(t)) for t in range(steps)], dtype=_MOMENTS)
            for row, one in enumerate(kinds):
                if one is not None:
                    self._week[row] = _lie_in(begins, one)

    def by_hours(self, t: int | Integers, stores: int | Integers | None = None) -> Booleans:
        """Return whether stores are open in steps ``t`` by their hours; all stores if None.

        Steps and stores are broadcast.
        """
        rows = self._hours_of if stores is None else self._hours_of[stores]
        is_open: Booleans = self._week[rows, np.asarray(t) % self._week.shape[1]]
        return is_open

    def now(self, t: int) -> Booleans:
        """Return whether each store is open in step ``t``, the present one: (stores,)."""
        is_open: Booleans = self.by_hours(t) & (self._closures == 0)
        return is_open

    def is_open(self, t: int, store: int) -> bool:
        """Whether a store is open in step ``t``, the present one."""
        return not self.is_shut(store) and bool(self.by_hours(t, store))

    def opens(self, t: int, store: int) -> int:
        """Return the first step after ``t`` in which a store that is closed opens.

        ``UNKNOWN`` where an event keeps it closed.
        """
        steps = t + 1 + np.arange(self._week.shape[1])
        is_open = self.by_hours(steps, store)
        is_known = is_open.any() and not self.is_shut(store)
        return int(steps[is_open.argmax()]) if is_known else UNKNOWN

    def is_shut(self, store: int) -> bool:
        """Whether a closure is on at a store."""
        return bool(self._closures[store])

    @property
    def shut(self) -> Booleans:
        """Whether a closure is on at each store: (stores,)."""
        return self._closures > 0

    def close(self, store: int) -> None:
        """Begin a closure. They nest: a store opens again when each of them has ended."""
        self._closures[store] += 1

    def reopen(self, store: int) -> None:
        """End a closure that was begun."""
        self._closures[store] -= 1


def hours_of(scenario: Scenario) -> list[HoursOfWeek | None]:
    """Return the hours of the stores of a scenario, in order."""
    return [spec.hours_of_week for _, _, spec in scenario.agents.stores()]


def _lie_in(begins: NDArray[np.timedelta64], hours: HoursOfWeek) -> Booleans:
    """Return which moments of a week, counted from its beginning, lie in hours."""
    lie: Booleans = np.zeros(len(begins), dtype=np.bool_)
    week = np.timedelta64(len(WEEK) * DAY)
    for begin, length in spans_of_week(hours):
        lie |= (begins - np.timedelta64(begin)) % week < np.timedelta64(length)
    return lie


def _number_of(kinds: list[HoursOfWeek | None], one: HoursOfWeek | None) -> int:
    """Return the place of hours among those there are, added if they are new."""
    if one not in kinds:
        kinds.append(one)
    return kinds.index(one)
