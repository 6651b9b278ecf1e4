"""Measures of a run, by day and in total: what the tables of an experiment are made of.

``MEASURES`` lists them. A day has more: what the study of the plan measures beside them
(``Study.daily_measures``). The tables of a run are read once, when it ends.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, NamedTuple

from econsim_mesa.experiment.study import study_of
from econsim_mesa.experiment.types import AnalysisPlan
from econsim_mesa.runs.reader import Run
from econsim_mesa.runs.summary import Period, Summary
from econsim_mesa.scenario import Scenario

Value = float | int | None
"""Value of a measure; None: it cannot be computed."""
Values = dict[str, Value]
"""Measure -> value."""
Scope = Literal["town", "store", "item", "keyword", "stressor"]
"""What there is one measure for: the town, or each store, item of a store, keyword, stressor."""


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


class _Counts(NamedTuple):
    """What is counted from the records of a run, beside its summary.

    Attributes:
        visits: (day, store) -> arrivals of households in the store's cell.
        crowds: (day, store) -> steps of households in its cell, and the others met in them.
        items: (store, item) -> day -> whole items sold.
    """

    visits: Counter[tuple[str, str]]
    crowds: dict[tuple[str, str], tuple[int, int]]
    items: dict[tuple[str, str], Counter[str]]


class _Window(NamedTuple):
    """One day, or all days of a run."""

    period: Period
    days: Sequence[str]
    counts: _Counts


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure of a run, one for each subject of its scope.

    Attributes:
        name: Its name in tables; ``{}`` stands for the subject.
        unit: The unit of its values.
        scope: What there is one measure for.
        compute: Returns the value in a window; further arguments name the subject.
    """

    name: str
    unit: str
    scope: Scope
    compute: Callable[..., Value]


def _crowd(window: _Window, store: str) -> Value:
    steps = [window.counts.crowds.get((day, store), (0, 0)) for day in window.days]
    present = sum(households for households, _ in steps)
    met = sum(others for _, others in steps)
    return met / present if present else None


def _visits_of(window: _Window, store: str) -> Value:
    return sum(window.counts.visits[day, store] for day in window.days)


def _units_of_item(window: _Window, store: str, item: str) -> Value:
    sold = window.counts.items[store, item]
    return sum(sold[day] for day in window.days)


MEASURES = (
    Measure("units {}", "items", "store", lambda window, store: window.period.stores[store].units),
    Measure(
        "revenue {}",
        "smallest currency units",
        "store",
        lambda window, store: window.period.stores[store].revenue,
    ),
    Measure("visits {}", "arrivals of households in its cell", "store", _visits_of),
    Measure("crowd {}", "others in its cell, mean over household-steps in it", "store", _crowd),
    Measure("units {}: {}", "items", "item", _units_of_item),
    Measure("posts households", "posts", "town", lambda window: window.period.posts.households),
    Measure(
        "posts {}",
        "household posts",
        "keyword",
        lambda window, word: window.period.posts.keywords[word],
    ),
    Measure("posts stores", "posts", "town", lambda window: window.period.posts.stores),
    Measure("posts scripted", "posts", "town", lambda window: window.period.posts.scripted),
    Measure(
        "stress {}",
        "mean own level, 0 to 100",
        "stressor",
        lambda window, kind: window.period.stress[kind],
    ),
    Measure("rejected", "actions", "town", lambda window: window.period.rejected_actions),
)
"""All measures, in the order in which tables have them."""

_ON_DAY = re.compile(r"(.+) on day (-?\d{1,5})")


def measures_of(scenario: Scenario) -> list[str]:
    """Return the names of all measures that a run of a scenario has in total."""
    return [name for name, _, _ in _measures(scenario)]


def day_in(name: str, plan: AnalysisPlan) -> tuple[str, str | None]:
    """Split a measure into its name and the day that it is of; None: the whole run."""
    match = _ON_DAY.fullmatch(name)
    if match is None or plan.event_day is None:
        return name, None
    return match.group(1), (plan.event_day + timedelta(days=int(match.group(2)))).isoformat()


def measure(run: Run, summary: Summary, plan: AnalysisPlan) -> RunMeasures:
    """Return the measures of a run, of which ``summary`` is the summary."""
    day_of: dict[int, str] = dict(run.select("SELECT step, substr(time, 1, 10) FROM steps"))
    counts = _Counts(_visits(run, day_of), _crowds(run, day_of), _items(run))
    days = {
        period.period: _values(_Window(period, [period.period], counts), run.scenario)
        for period in summary.days
    }
    total = _values(_Window(summary.total, list(days), counts), run.scenario)
    decisions = {
        (decider, outcome): count
        for decider, outcomes in summary.decisions.items()
        for outcome, count in outcomes.items()
    }
    for day, values in study_of(plan).daily_measures(run, plan).items():
        days[day] |= values
    return RunMeasures(days, total, decisions)


def _values(window: _Window, scenario: Scenario) -> Values:
    return {name: kind.compute(window, *subject) for name, kind, subject in _measures(scenario)}


def _measures(scenario: Scenario) -> Iterator[tuple[str, Measure, tuple[str, ...]]]:
    """Yield each measure that a run has: its name, its entry in ``MEASURES``, and its subject.

    Entries with the same scope that stand together come subject by subject.
    """
    for scope, kinds in itertools.groupby(MEASURES, key=lambda kind: kind.scope):
        for subject, kind in itertools.product(_subjects(scope, scenario), list(kinds)):
            yield kind.name.format(*subject), kind, subject


def _subjects(scope: Scope, scenario: Scenario) -> Iterable[tuple[str, ...]]:
    """Return what a scenario has of a scope; the town has no name."""
    stores = {name: spec for _, name, spec in scenario.agents.stores()}
    match scope:
        case "town":
            return [()]
        case "store":
            return [(store,) for store in stores]
        case "item":
            return [(store, item) for store, spec in stores.items() for item in spec.sells]
        case "keyword":
            return [(keyword,) for keyword in scenario.keywords]
        case "stressor":
            return [(stressor,) for stressor in scenario.stress.stressors]


def _visits(run: Run, day_of: dict[int, str]) -> Counter[tuple[str, str]]:
    """Count, by day and store, households that are in its cell and were not a step before."""
    at = {store.at: name for _, name, store in run.scenario.agents.stores()}
    cells = ", ".join(f"({x}, {y})" for x, y in at)
    visits: Counter[tuple[str, str]] = Counter()
    for step, x, y, count in run.select(
        "WITH seen AS (SELECT step, x, y, lag(x) OVER w AS old_x, lag(y) OVER w AS old_y "
        "FROM agents WINDOW w AS (PARTITION BY agent ORDER BY step)) "
        "SELECT step, x, y, count(*) FROM seen WHERE step >= 0 "
        f"AND (old_x IS NOT x OR old_y IS NOT y) AND (x, y) IN (VALUES {cells}) GROUP BY step, x, y"
    ):
        visits[day_of[step], at[x, y]] += count
    return visits


def _crowds(run: Run, day_of: dict[int, str]) -> dict[tuple[str, str], tuple[int, int]]:
    """Return, by day and store, the steps of households in its cell and the others met in them."""
    at = {store.at: name for _, name, store in run.scenario.agents.stores()}
    cells = ", ".join(f"({x}, {y})" for x, y in at)
    crowds: dict[tuple[str, str], tuple[int, int]] = {}
    for step, x, y, count in run.select(
        "SELECT step, x, y, count(*) FROM agents "
        f"WHERE step >= 0 AND (x, y) IN (VALUES {cells}) GROUP BY step, x, y"
    ):
        key = day_of[step], at[x, y]
        present, met = crowds.get(key, (0, 0))
        crowds[key] = present + count, met + count * (count - 1)
    return crowds


def _items(run: Run) -> dict[tuple[str, str], Counter[str]]:
    """Return, for each store and item that it sells, the whole items sold by day."""
    items: dict[tuple[str, str], Counter[str]] = {
        (store, item): Counter()
        for _, store, spec in run.scenario.agents.stores()
        for item in spec.sells
    }
    for day, store, item, quantity in run.select(
        "SELECT substr(time, 1, 10) AS day, store, item, sum(quantity) FROM sales "
        "GROUP BY day, store, item"
    ):
        unit = 10 ** run.scenario.items[item].decimals
        items[store, item][day] = quantity if unit == 1 else quantity / unit
    return items
