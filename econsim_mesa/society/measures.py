"""Measures: numbers of a run, such as units sold, each computed in one way from its records.

A measure counts something in a step. What it is over a day or a run is the sum of its counts, or,
where it says ``per`` what, their mean. So the same measure serves the DataCollector while a town
runs, and summaries, experiments, tables and the page that read its records later.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

import numpy as np

from econsim_mesa.scenario import Scenario
from econsim_mesa.society.records import StepRecords
from econsim_mesa.society.rng import Floats, Integers

T = TypeVar("T")
Subject = tuple[str, ...]
"""What a measure is of: names, such as a store and an item; empty for the whole town."""
Count = int | float | Fraction
"""An amount that is summed; a Fraction keeps parts of items exact."""
Amounts = Count | Mapping[Subject, Count]
"""What a measure counts in a step: a number, or one for each subject that has any."""
Value = float | int | None
"""Value of a measure; None: there was nothing to take the mean of."""
Scope = Callable[[Scenario], Iterable[Subject]]
"""Gives the subjects that a measure has in a scenario."""

MONEY = "smallest currency units"
"""Unit of measures of money."""
MICRO = 1_000_000
"""Levels are added as whole millionths."""


class MeasuredStep:
    """One step, as measures see it: what it recorded, and the state that it left.

    Args:
        scenario: The scenario of the run.
        records: What the step recorded.
        before: Columns of the step before, None in the first step.
    """

    def __init__(
        self,
        scenario: Scenario,
        records: StepRecords,
        before: Mapping[str, Any] | None = None,
    ) -> None:
        self.scenario = scenario
        self.before = before
        self._records = records
        self._made: dict[Callable[[MeasuredStep], Any], Any] = {}
        self._amounts: dict[str, tuple[Amounts, Amounts | None]] = {}

    def __getitem__(self, table: str) -> Sequence[Any]:
        """Return the records that the step made of a table, in their order."""
        return self._records[table]

    def once(self, make: Callable[[MeasuredStep], T]) -> T:
        """Return what a function makes of the step, made once for all measures that need it."""
        if make not in self._made:
            self._made[make] = make(self)
        made: T = self._made[make]
        return made

    def amounts(self, measure: Measure) -> tuple[Amounts, Amounts | None]:
        """Return what a measure counts in the step, and what that is divided by, made once."""
        if measure.name not in self._amounts:
            per = None if measure.per is None else measure.per(self)
            self._amounts[measure.name] = measure.count(self), per
        return self._amounts[measure.name]

    @property
    def columns(self) -> Mapping[str, Integers | Floats]:
        """The table ``agents`` at the end of the step by column, shape (households,) each.

        It has ``x``, ``y``, ``cash`` (smallest currency units), ``asleep`` (0 or 1), and the level
        of each stressor (0 to 100).
        """
        return self._records.households


def town(scenario: Scenario) -> Iterator[Subject]:
    """Yield the one subject of measures of the whole town."""
    yield ()


def stores(scenario: Scenario) -> Iterator[Subject]:
    """Yield each store."""
    for _, store, _ in scenario.agents.stores():
        yield (store,)


def items_of_stores(scenario: Scenario) -> Iterator[Subject]:
    """Yield each store with each item that it sells."""
    for _, store, spec in scenario.agents.stores():
        for item in spec.sells:
            yield store, item


def keywords(scenario: Scenario) -> Iterator[Subject]:
    """Yield each keyword of the scenario."""
    for keyword in scenario.keywords:
        yield (keyword,)


def stressors(scenario: Scenario) -> Iterator[Subject]:
    """Yield each stressor of the scenario."""
    for stressor in scenario.stress.stressors:
        yield (stressor,)


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure of a run, with one value for each subject of its scope.

    Attributes:
        name: Its name in tables; ``{}`` stands for each name of the subject.
        unit: The unit of its values.
        count: Returns how much there was in a step: a number, or one for each subject, of which
            those that had nothing may be left out.
        scope: The subjects that it has in a scenario; by default the whole town alone.
        per: Returns in the same form what the sum of counts is divided by, which makes the
            measure a mean; None: the measure is the sum of its counts.
        said: What there is more or less of, in a sentence, with ``{}`` as in the name: ``visits to
            {}``; empty: its name.
    """

    name: str
    unit: str
    count: Callable[[MeasuredStep], Amounts]
    scope: Scope = town
    per: Callable[[MeasuredStep], Amounts] | None = None
    said: str = ""

    def of(self, *subject: str) -> str:
        """Return its name for a subject, such as ``units Pizza Place``."""
        return self.name.format(*subject)

    def in_words(self, *subject: str) -> str:
        """Return what there is more or less of for a subject, such as ``items sold at Cafe``."""
        return (self.said or self.name).format(*subject)

    def overall(self, step: MeasuredStep) -> Value:
        """Return its value in a step over all subjects together."""
        counted, divided_by = step.amounts(self)
        count = sum(by_subject(counted).values())
        if divided_by is None:
            return _plain(count)
        per = sum(by_subject(divided_by).values())
        return float(count / per) if per else None


class Tally:
    """Counts of measures, summed over steps."""

    def __init__(self) -> None:
        """Begin with no step."""
        self._counts: dict[tuple[str, Subject], Count] = {}
        self._per: dict[tuple[str, Subject], Count] = {}

    def add(self, step: MeasuredStep, measures: Iterable[Measure]) -> None:
        """Add what measures count in a step."""
        for measure in measures:
            counted, divided_by = step.amounts(measure)
            _add(self._counts, measure.name, counted)
            if divided_by is not None:
                _add(self._per, measure.name, divided_by)

    @classmethod
    def over(cls, tallies: Iterable[Tally]) -> Tally:
        """Return what tallies sum up together: days that become a run, say."""
        total = cls()
        for tally in tallies:
            for sums, more in ((total._counts, tally._counts), (total._per, tally._per)):
                for key, amount in more.items():
                    sums[key] = sums.get(key, 0) + amount
        return total

    def value(self, measure: Measure, *subject: str) -> Value:
        """Return the value of a measure over the steps added; None: a mean of nothing."""
        count, per = self.parts(measure, *subject)
        if measure.per is None:
            return _plain(count)
        return float(count / per) if per else None

    def parts(self, measure: Measure, *subject: str) -> tuple[Count, Count]:
        """Return the sum of a measure's counts, and what it is divided by: 1 of a sum."""
        key = measure.name, subject
        return self._counts.get(key, 0), 1 if measure.per is None else self._per.get(key, 0)


def named_measures(
    measures: Iterable[Measure], scenario: Scenario
) -> Iterator[tuple[str, Measure, Subject]]:
    """Yield each value that a run of a scenario has: its name, its measure and its subject.

    Measures with the same scope that stand together come subject by subject.
    """
    for scope, together in itertools.groupby(measures, key=lambda measure: measure.scope):
        for subject, measure in itertools.product(scope(scenario), list(together)):
            yield measure.of(*subject), measure, subject


def _add(sums: dict[tuple[str, Subject], Count], name: str, amounts: Amounts) -> None:
    """Add what a measure of a name counted."""
    for subject, amount in by_subject(amounts).items():
        key = name, subject
        sums[key] = sums.get(key, 0) + amount


def by_subject(amounts: Amounts) -> Mapping[Subject, Count]:
    """Return what a measure counted by subject; a number is that of the whole town."""
    return amounts if isinstance(amounts, Mapping) else {(): amounts}


def _plain(amount: Count) -> int | float:
    return float(amount) if isinstance(amount, Fraction) else amount


def _levels(step: MeasuredStep) -> dict[Subject, int]:
    """Return the sum of each stressor's level in millionths: exact, in any order."""
    names = list(step.scenario.stress.stressors)
    if not names:
        return {}
    levels = np.stack([step.columns[name] for name in names])
    sums = np.floor(levels * MICRO + 0.5).sum(axis=1)
    return {(name,): int(level) for name, level in zip(names, sums.tolist(), strict=True)}


def _households(step: MeasuredStep) -> dict[Subject, int]:
    """Return the number of households in millionths of them, for each stressor."""
    households = len(step.columns["x"]) * MICRO
    return {(name,): households for name in step.scenario.stress.stressors}


STRESS = Measure(
    "stress {}",
    "mean own level, 0 to 100",
    _levels,
    stressors,
    _households,
    said="points of {}, of 100, on average",
)
REJECTED = Measure(
    "rejected", "actions", lambda step: len(step["rejections"]), said="refused actions"
)
