"""Measures of a run, by day and in all: what the tables of an experiment are made of.

``units <store>`` and ``units <store>: <item>`` in whole items, ``revenue <store>`` in smallest
currency units, ``visits <store>`` (arrivals of households in its cell), ``crowd <store>`` (others
in its cell, averaged over the steps that households are in it), ``posts households``,
``posts <keyword>`` (by households), ``posts stores``, ``posts scripted``, ``stress <kind>``
(mean own level), ``rejected`` (actions).

By day only: what the study of the plan measures beside them (``Study.daily_measures``). A run's
tables are read once, when it ends.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from typing import NamedTuple

from econsim_mesa.experiment.study import study_of
from econsim_mesa.experiment.types import AnalysisPlan
from econsim_mesa.runs.reader import Run
from econsim_mesa.runs.summary import Period, Summary
from econsim_mesa.scenario import Scenario

Values = dict[str, float | int | None]
"""Measure -> value; None: it cannot be computed."""


_ON_DAY = re.compile(r"(.+) on day (-?\d{1,5})")


class RunMeasures(NamedTuple):
    """The measures of a run; ``decisions`` has for (decider, outcome) the number of decisions."""

    days: dict[str, Values]
    total: Values
    decisions: dict[tuple[str, str], int]


def measure(run: Run, summary: Summary, plan: AnalysisPlan) -> RunMeasures:
    """Return the measures of a run whose summary is made already."""
    steps = dict(run.select("SELECT step, substr(time, 1, 10) FROM steps"))
    visits, items, crowds = _visits(run, steps), _items(run), _crowds(run, steps)
    names = [name for _, name, _ in run.scenario.agents.stores()]
    days = {}
    for period in summary.days:
        days[period.period] = _values(period, names, visits, crowds, items, (period.period,))
    all_days = tuple(period.period for period in summary.days)
    total = _values(summary.total, names, visits, crowds, items, all_days)
    decisions = {
        (decider, outcome): count
        for decider, outcomes in summary.decisions.items()
        for outcome, count in outcomes.items()
    }
    for day, values in study_of(plan).daily_measures(run, plan).items():
        days[day] |= values
    return RunMeasures(days, total, decisions)


def _values(
    period: Period,
    stores: list[str],
    visits: Counter[tuple[str, str]],
    crowds: dict[tuple[str, str], tuple[int, int]],
    items: dict[tuple[str, str], Counter[str]],
    days: tuple[str, ...],
) -> Values:
    values: Values = {}
    for store in stores:
        sales = period.stores[store]
        values[f"units {store}"] = sales.units
        values[f"revenue {store}"] = sales.revenue
        values[f"visits {store}"] = sum(visits[day, store] for day in days)
        held = [crowds.get((day, store), (0, 0)) for day in days]
        present, met = sum(one for one, _ in held), sum(one for _, one in held)
        values[f"crowd {store}"] = met / present if present else None
    for (store, item), sold in items.items():
        values[f"units {store}: {item}"] = sum(sold[day] for day in days)
    values["posts households"] = period.posts.households
    values |= {f"posts {word}": n for word, n in period.posts.keywords.items()}
    values["posts stores"] = period.posts.stores
    values["posts scripted"] = period.posts.scripted
    values |= {f"stress {kind}": level for kind, level in period.stress.items()}
    values["rejected"] = period.rejected_actions
    return values


def measures_of(scenario: Scenario) -> list[str]:
    """Return the names of all measures that a run of a scenario has in total."""
    stores = {name: store for _, name, store in scenario.agents.stores()}
    of_stores = ("units", "revenue", "visits", "crowd")
    return [
        *(f"{what} {store}" for store in stores for what in of_stores),
        *(f"units {store}: {item}" for store, spec in stores.items() for item in spec.sells),
        *(f"posts {who}" for who in ("households", *scenario.keywords, "stores", "scripted")),
        *(f"stress {kind}" for kind in scenario.stress.stressors),
        "rejected",
    ]


def day_in(name: str, plan: AnalysisPlan) -> tuple[str, str | None]:
    """Split a measure into its name and the day that it is of; None: the whole run."""
    match = _ON_DAY.fullmatch(name)
    if match is None or plan.event_day is None:
        return name, None
    return match.group(1), (plan.event_day + timedelta(days=int(match.group(2)))).isoformat()


def _visits(run: Run, day_of: dict[int, str]) -> Counter[tuple[str, str]]:
    """Count, by day and store, households that are in its cell and were not a step before."""
    at = {store.at: name for _, name, store in run.scenario.agents.stores()}
    cells = ", ".join(f"({x}, {y})" for x, y in at)
    found: Counter[tuple[str, str]] = Counter()
    for step, x, y, count in run.select(
        "WITH seen AS (SELECT step, x, y, lag(x) OVER w AS old_x, lag(y) OVER w AS old_y "
        "FROM agents WINDOW w AS (PARTITION BY agent ORDER BY step)) "
        "SELECT step, x, y, count(*) FROM seen WHERE step >= 0 "
        f"AND (old_x IS NOT x OR old_y IS NOT y) AND (x, y) IN (VALUES {cells}) GROUP BY step, x, y"
    ):
        found[day_of[step], at[x, y]] += count
    return found


def _crowds(run: Run, day_of: dict[int, str]) -> dict[tuple[str, str], tuple[int, int]]:
    """Return, by day and store, the steps of households in its cell and the others met in them."""
    at = {store.at: name for _, name, store in run.scenario.agents.stores()}
    cells = ", ".join(f"({x}, {y})" for x, y in at)
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for step, x, y, count in run.select(
        "SELECT step, x, y, count(*) FROM agents "
        f"WHERE step >= 0 AND (x, y) IN (VALUES {cells}) GROUP BY step, x, y"
    ):
        key = day_of[step], at[x, y]
        present, met = found.get(key, (0, 0))
        found[key] = present + count, met + count * (count - 1)
    return found


def _items(run: Run) -> dict[tuple[str, str], Counter[str]]:
    """Return, for each store and item that it sells, the whole items sold by day."""
    found: dict[tuple[str, str], Counter[str]] = {
        (store, item): Counter()
        for _, store, spec in run.scenario.agents.stores()
        for item in spec.sells
    }
    for day, store, item, quantity in run.select(
        "SELECT substr(time, 1, 10) AS day, store, item, sum(quantity) FROM sales "
        "GROUP BY day, store, item"
    ):
        unit = 10 ** run.scenario.items[item].decimals
        found[store, item][day] = quantity if unit == 1 else quantity / unit
    return found
