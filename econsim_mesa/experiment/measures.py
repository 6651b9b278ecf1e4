"""What an experiment measures of a run, by day and in total: all measures of its town.

A day has more: what the study of the plan measures beside them (``Study.daily_measures``). The
tables of a run are read once, when it ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from econsim_mesa.domains.measures import measures_of
from econsim_mesa.experiment.study import study_of
from econsim_mesa.experiment.types import AnalysisPlan
from econsim_mesa.numbers import money, short, significant
from econsim_mesa.runs.reader import Run
from econsim_mesa.runs.step_reader import measured_days
from econsim_mesa.runs.summary import Summary
from econsim_mesa.scenario import Scenario
from econsim_mesa.society.measures import (
    MONEY,
    Measure,
    Subject,
    Tally,
    Value,
    named_measures,
)

Values = dict[str, Value]
"""Measure -> value."""


class RunMeasures(NamedTuple):
    """The measures of a run.

    Attributes:
        days: ISO date -> measures of that day.
        total: Measures of the whole run.
        decisions: (decider, outcome) -> number of decisions.
    """

    days: dict[str, Values]
    total: Values
    decisions: dict[tuple[str, str], int]


class MeasureInWords(NamedTuple):
    """A measure as a sentence has it: ``17 more`` of what, and over how many days.

    Attributes:
        text: What there is more or less of.
        is_mean: Whether it is a mean, not a sum over the days.
        days: Calendar days of a run.
        currency: Name and decimals of the currency, if it is money.
    """

    text: str
    is_mean: bool
    days: int
    currency: tuple[str, int] | None = None

    def write(self, value: float) -> str:
        """Return a value with its unit, as far as ``text`` does not name that."""
        if self.currency is None:
            return significant(value) if self.is_mean else short(value)
        name, decimals = self.currency
        return f"{money(value, decimals)} {name}"


def in_words(scenarios: Sequence[Scenario], name: str) -> MeasureInWords:
    """Return a measure of whole runs in words; ``name`` is one of the measures of a scenario."""
    for scenario in scenarios:
        for named, measure, subject in _named(scenario):
            if named == name:
                currency = scenario.currency.name, scenario.currency.decimals
                return MeasureInWords(
                    measure.in_words(*subject),
                    measure.per is not None,
                    scenario.calendar_days,
                    currency if measure.unit == MONEY else None,
                )
    return MeasureInWords(name, is_mean=False, days=scenarios[0].calendar_days)


_ON_DAY = re.compile(r"(.+) on day (-?\d{1,5})")


def measure_names(scenario: Scenario) -> list[str]:
    """Return the names of all measures that a run of a scenario has in total."""
    return [name for name, _, _ in _named(scenario)]


def day_in(name: str, plan: AnalysisPlan) -> tuple[str, str | None]:
    """Split a measure into its name and the day that it is of; None: the whole run."""
    match = _ON_DAY.fullmatch(name)
    if match is None or plan.event_day is None:
        return name, None
    return match.group(1), (plan.event_day + timedelta(days=int(match.group(2)))).isoformat()


def measure(run: Run, summary: Summary, plan: AnalysisPlan) -> RunMeasures:
    """Return the measures of a run, of which ``summary`` is the summary."""
    tallies = measured_days(run)
    days = {day: _values(tally, run.scenario) for day, tally in tallies.items()}
    decisions = {
        (decider, outcome): count
        for decider, outcomes in summary.decisions.items()
        for outcome, count in outcomes.items()
    }
    for day, values in study_of(plan).daily_measures(run, plan).items():
        days[day] |= values
    return RunMeasures(days, _values(Tally.over(tallies.values()), run.scenario), decisions)


def _values(tally: Tally, scenario: Scenario) -> Values:
    return {name: tally.value(measure, *subject) for name, measure, subject in _named(scenario)}


def _named(scenario: Scenario) -> Iterator[tuple[str, Measure, Subject]]:
    return named_measures(measures_of(scenario), scenario)
