"""Regular incomes and expenses that households know: how much a day, and what comes next."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from econsim_mesa.read_only import read_only
from econsim_mesa.scenario.draws import Draw
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.scenario.when import DAYS_AHEAD, Event
from econsim_mesa.society.clock import Clock
from econsim_mesa.society.individuals import Individuals
from econsim_mesa.society.rng import Floats, Integers

_DAYS_WITHOUT_INCOME = 28
"""Days for which expenses count as due where no income is known."""


class Coming(NamedTuple):
    """The next time that a household gets or pays a regular sum."""

    name: str
    amount: int
    """In the smallest unit."""
    is_income: bool
    step: int


class _Regular:
    """A regular sum: what each household gets or pays, and the steps in which it does."""

    def __init__(self, event: Event, clock: Clock, individuals: Individuals, place: int) -> None:
        regular = event.regular_sum()
        assert regular is not None
        self.name, self.is_income = regular.name, regular.is_income
        self.amounts = individuals.amounts(regular.drawn_as, regular.amount)
        self.per_day = event.when.per_day(clock)
        self.place = place
        """Its place among the events, in whose order those of one step happen."""
        self._event, self._clock = event, clock
        every = event.when.every
        self._stride = every if isinstance(every, int) else 1
        self._steps: list[int] = []
        self._seen = 0
        """The first step that may be one of them and was not looked at."""

    def after(self, t: int) -> int | None:
        """Return the first step after ``t`` in which it happens; None: in no year to come."""
        end = t + DAYS_AHEAD * self._clock.steps_per_day
        while not (self._steps and self._steps[-1] > t) and self._seen <= end:
            self._look()
        later = bisect_right(self._steps, t)
        return self._steps[later] if later < len(self._steps) else None

    def until(self, t: int, end: int) -> list[int]:
        """Return the steps after ``t`` and up to ``end`` in which it happens."""
        while self._seen <= end:
            self._look()
        return self._steps[bisect_right(self._steps, t) : bisect_right(self._steps, end)]

    def _look(self) -> None:
        if self._event.holds(self._seen, self._clock):
            self._steps.append(self._seen)
        self._seen += self._stride


@dataclass(frozen=True)
class Budgets:
    """What households know of the sums that they regularly get and pay; amounts in smallest units.

    Known are events with a rhythm that goes on through the run.
    """

    income_per_day: Floats
    """Income a calendar day on average, float64 of shape (households,)."""
    expenses_per_day: Floats
    """Expenses a calendar day on average, the same."""
    due: Integers
    """Expenses before the household's next income, int64 of shape (households,); where no income is
    known, those of 28 days."""
    _next: tuple[tuple[_Regular, int], ...]

    def coming(self, household: int) -> tuple[Coming, ...]:
        """Return each next sum of a household, the soonest first."""
        return tuple(
            Coming(regular.name, int(regular.amounts[household]), regular.is_income, step)
            for regular, step in self._next
            if regular.amounts[household]
        )


class BudgetPlanner:
    """Looks ahead for all households: at little cost a step, since what was found is kept."""

    def __init__(self, scenario: Scenario, clock: Clock, individuals: Individuals) -> None:
        self._clock = clock
        self._regular = [
            _Regular(event, clock, individuals, place)
            for place, event in enumerate(scenario.events)
            if event.regular_sum() is not None and event.when.rhythm(clock)
        ]
        n = scenario.agents.Household.count
        per_day = {True: np.zeros(n), False: np.zeros(n)}
        for regular in self._regular:
            per_day[regular.is_income] += regular.amounts * regular.per_day
        self._income, self._expenses = (read_only(per_day[one]) for one in (True, False))
        self._made: tuple[object, Budgets] | None = None

    def look(self, t: int) -> Budgets:
        """Return what is known in step ``t``, after its events."""
        known = ((regular, regular.after(t)) for regular in self._regular)
        coming = [(regular, step) for regular, step in known if step is not None]
        coming.sort(key=lambda one: (one[1], one[0].place))
        key = ([step for _, step in coming], t if self._moves(coming) else None)
        if self._made is None or self._made[0] != key:
            due = read_only(self._due(t, coming))
            self._made = (key, Budgets(self._income, self._expenses, due, tuple(coming)))
        return self._made[1]

    def _moves(self, coming: list[tuple[_Regular, int]]) -> bool:
        """Whether what is due may be other in each step: some have expenses and no income."""
        gets, pays = np.zeros((2, len(self._income)), dtype=np.bool_)
        for regular, _ in coming:
            some = gets if regular.is_income else pays
            some |= regular.amounts > 0
        return bool((pays & ~gets).any())

    def _due(self, t: int, coming: list[tuple[_Regular, int]]) -> Integers:
        """Return what each household has to pay before its next income."""
        n = len(self._income)
        due = np.zeros(n, dtype=np.int64)
        if all(regular.is_income for regular, _ in coming):
            return due
        step = np.full(n, t + _DAYS_WITHOUT_INCOME * self._clock.steps_per_day)
        place = np.full(n, self._regular[-1].place + 1)
        unknown = np.ones(n, dtype=np.bool_)
        for regular, first in coming:
            if regular.is_income:
                mine = unknown & (regular.amounts > 0)
                step[mine], place[mine] = first, regular.place
                unknown &= ~mine
        for regular, _ in coming:
            if not regular.is_income:
                steps = np.array(regular.until(t, int(step.max())), dtype=np.int64)
                before = np.searchsorted(steps, step, side="left")
                with_it = np.searchsorted(steps, step, side="right")
                due += np.where(regular.place < place, with_it, before) * regular.amounts
        return due


def tells_budgets(scenario: Scenario) -> bool:
    """Whether households are told of regular sums of their own, or of expenses."""
    clock = scenario.clock.clock()
    sums = [(event, event.regular_sum()) for event in scenario.events]
    return any(
        not one.is_income or (isinstance(one.amount, Draw) and bool(event.when.rhythm(clock)))
        for event, one in sums
        if one is not None
    )
