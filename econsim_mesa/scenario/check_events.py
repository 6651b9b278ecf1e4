"""Check the names and moments in an event against the town and its clock."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta

from econsim_mesa.scenario.check_draws import amount_problems
from econsim_mesa.scenario.domains import event_tables
from econsim_mesa.scenario.naming import Found, Names, unknown
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.scenario.when import Event, When, step_of
from econsim_mesa.society.clock import NAMED_MOMENT, Clock

_LAST = 1.0 - 1e-9
"""The draw with which a drawn day is the last that it may be."""


def event_problems(event: Event, scenario: Scenario, names: Names) -> Found:
    """Yield the path within an event, and the words, of each problem it has in its town."""
    for field, message in event.problems(names):
        yield (field,), message
    for field, value in event:
        for path, message in amount_problems(value, scenario):
            yield (field, *path), message
    yield from _when(event.when, scenario)
    after = event.when.after
    if after is None:
        return
    if event.lasting:
        yield ("when", "after"), f"a {event.type} lasts; records cannot set it off"
    tables = event_tables(scenario)
    if after.record not in tables:
        yield ("when", "after", "record"), unknown("table", after.record, list(tables))
        return
    columns = tables[after.record]
    known = {"item": names.items, "store": names.stores}
    for column, value in after.where.items():
        at = ("when", "after", "where", column)
        if column not in columns:
            yield at, unknown(f"column of {after.record}", column, columns)
        elif column in known and value not in known[column]:
            yield at, unknown(column, str(value), known[column])


def events_out_of_time(scenario: Scenario) -> Found:
    """Yield the path of each moment that lies outside the run, and what follows from it.

    No problem of a scenario, whose steps may be cut for a trial: worth a note where it is checked.
    """
    clock, steps = scenario.clock.clock(), scenario.steps
    last = f"{clock.time(steps - 1):%Y-%m-%dT%H:%M}"
    late = f"the last of {steps:,} steps begins at {last}"
    for i, event in enumerate(scenario.events):
        when, clocks = event.when, _possible_clocks(event.when, scenario)
        at = None if when.at is None else (when.at, when.at)
        for field, moments in (("at", at), ("between", when.between)):
            if moments is None:
                continue
            spans = [[step_of(moment, one) for moment in moments] for one in clocks]
            too_late = [first >= steps for first, _ in spans]
            too_early = [field == "between" and end <= 0 for _, end in spans]
            for outside, why in ((too_late, late), (too_early, "it ends before the run begins")):
                if any(outside):
                    never = "never happens" if all(outside) else "may never happen"
                    yield ("events", i, "when", field), f"the {event.type} {never}: {why}"
        if (when.weekdays or when.hours) and not _comes_up(when, scenario):
            field = "weekdays" if when.weekdays else "hours"
            message = f"the {event.type} never happens: no step of the run begins then"
            yield ("events", i, "when", field), message


def _comes_up(when: When, scenario: Scenario) -> bool:
    """Whether some step of the run begins on the weekdays and in the hours of a trigger."""
    clock = scenario.clock.clock()
    steps = range(min(scenario.steps, clock.steps_per_week))
    if when.between is not None:
        first, end = (step_of(moment, clock) for moment in when.between)
        first = max(first, 0)
        steps = range(first, min(end, scenario.steps, first + clock.steps_per_week))
    return not steps or any(when.in_week(t, clock) for t in steps)


def _possible_clocks(when: When, scenario: Scenario) -> list[Clock]:
    """Return clocks with each named day of a trigger as early and as late as it may be."""
    parts = (NAMED_MOMENT.fullmatch(str(moment)) for moment in (when.at, *(when.between or ())))
    names = sorted({found["name"] for found in parts if found is not None})
    lots = itertools.product((0.0, _LAST), repeat=len(names))
    return [scenario.clock.clock(dict(zip(names, lot, strict=True))) for lot in lots]


def _fault_of_day(moment: str, scenario: Scenario) -> str:
    """Return what is wrong with a moment that counts from a named day, or ''."""
    parts, days = NAMED_MOMENT.fullmatch(moment), list(scenario.clock.days)
    name = moment if parts is None else parts["name"]
    if name in days:
        return "" if _is_in_calendar(moment, scenario) else "lies beyond the calendar"
    if not days:
        return f"no day has a name; give {name!r} a date under $.clock.days"
    return unknown("day", name, days)


def _is_in_calendar(moment: str, scenario: Scenario) -> bool:
    when = When(at=moment)
    try:
        return all(clock.named(moment) for clock in _possible_clocks(when, scenario))
    except OverflowError:
        return False


def _when(when: When, scenario: Scenario) -> Found:
    clock = scenario.clock.clock()
    moments = {"at": (when.at,), "between": when.between or ()}
    zoned = unknown_day = False
    for field, some in moments.items():
        for moment in some:
            if isinstance(moment, datetime) and moment.tzinfo is not None:
                zoned = True
                yield ("when", field), "give local time without a time zone"
            elif isinstance(moment, str) and (fault := _fault_of_day(moment, scenario)):
                unknown_day = True
                yield ("when", field), fault
            elif isinstance(moment, int) and moment < 0:
                yield ("when", field), f"a step is 0 or more; found {moment}"
    if unknown_day:
        return
    if when.between is not None and not zoned:
        for one in _possible_clocks(when, scenario):
            first, last = (step_of(moment, one) for moment in when.between)
            if first >= last:
                on = ", ".join(f"{name} is {day}" for name, day in one.days)
                where = f" where {on}" if scenario.clock.days else ""
                yield ("when", "between"), f"ends before it begins, or holds no step{where}"
                break
    if any(moment.tzinfo is not None for moment in when.hours or ()):
        yield ("when", "hours"), "give local time without a time zone"
    if when.time is not None:
        if when.time.tzinfo is not None:
            yield ("when", "time"), "give local time without a time zone"
            return
        day = clock.time(0).date() + timedelta(days=1)
        step = clock.step_at(datetime.combine(day, when.time))
        if clock.time(step).date() != day:
            yield ("when", "time"), f"{when.time:%H:%M} is after the last step of the day"
