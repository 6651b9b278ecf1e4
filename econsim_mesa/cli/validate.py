"""``econsim validate``: check a scenario and report all of its problems at once."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from datetime import datetime

from econsim_mesa.cli.command import Command
from econsim_mesa.cli.options import add_prompts, add_scenario, scenario_of
from econsim_mesa.cli.output import Output
from econsim_mesa.errors import Problem
from econsim_mesa.scenario import Scenario
from econsim_mesa.scenario.check_events import events_out_of_time
from econsim_mesa.scenario.paths import json_path
from econsim_mesa.scenario.when import When


def _configure(parser: ArgumentParser) -> None:
    add_scenario(parser)
    add_prompts(parser)


def _execute(options: Namespace, output: Output) -> int:
    scenario = scenario_of(options)
    size = extent(scenario)
    notes = [str(note) for note in notes_on(scenario)]
    readings = [str(reading) for reading in readings_of(scenario)]
    if output.as_json:
        valid = {"valid": True, "scenario": scenario.name}
        output.json({**valid, **size, "notes": notes, "readings": readings})
    elif not output.quiet:
        counts = ", ".join(f"{n:,} {many[:-1] if n == 1 else many}" for many, n in size.items())
        output.text(f"{scenario.name} is valid: {counts}")
        for note in notes:
            output.text(f"note: {note}")
        for reading in readings:
            output.text(f"read: {reading}")
    return 0


def notes_on(scenario: Scenario) -> list[Problem]:
    """Return notes on settings that are allowed but may not be intended."""
    notes = [Problem(json_path(path), note) for path, note in events_out_of_time(scenario)]
    notes += _odd_events(scenario)
    every = scenario.llm.summaries.every if scenario.llm.summaries else 0
    if every > (kept := scenario.memory.steps):
        note = f"a summary every {every} steps sees the last {kept} only, which memory.steps keeps"
        notes.append(Problem("$.llm.summaries.every", f"{note}: what was before is in none"))
    return notes


def _odd_events(scenario: Scenario) -> Iterator[Problem]:
    """Yield notes on events that happen in each step, or whose percent looks like a share."""
    for i, event in enumerate(scenario.events):
        if event.when == When() and not event.lasting:
            note = f"the {event.type} happens in every step; when says how often, if less is meant"
            yield Problem(json_path(("events", i, "when")), note)
        percent = getattr(event, "percent", None)
        if percent is not None and 0 < abs(percent) < 1:
            note = f"{percent:g} is less than one percent: a share of {percent:g} is {percent:.0%}"
            yield Problem(json_path(("events", i, "percent")), note.replace("%", " %"))


def readings_of(scenario: Scenario) -> list[Problem]:
    """Return each text that a scenario posts, its path, and the embedded decider's reading."""
    from econsim_mesa.mind.announcements import read_announcement
    from econsim_mesa.mind.names import TownNames

    stores, items = [name for _, name, _ in scenario.agents.stores()], list(scenario.items)
    names, clock = TownNames(stores, items), scenario.clock.clock()
    readings = []
    for i, event in enumerate(scenario.events):
        author = getattr(event, "author", "")
        first = next((t for t in range(scenario.steps) if event.holds(t, clock)), 0)
        for k, text in enumerate(getattr(event, "texts", ())):
            sale = read_announcement(text, names, author, clock.time(first))
            reading = "no announcement"
            if sale is not None and author in stores:
                names_of_items = ", ".join(items[item] for item in sale.items)
                reading = f"{sale.percent:g} % off {names_of_items}, {_span(sale.begin, sale.end)}"
            readings.append(Problem(json_path(("events", i, "texts", k)), f"{text!r}: {reading}"))
    return readings


def _span(begin: datetime | None, end: datetime | None) -> str:
    """Return the moments between which something holds, in words."""
    first = "from when it is posted" if begin is None else f"from {begin:%Y-%m-%d %H:%M}"
    return f"{first} on" if end is None else f"{first} to {end:%Y-%m-%d %H:%M}"


def extent(scenario: Scenario) -> dict[str, int]:
    """Return the size of a scenario: households, stores, steps and days."""
    return {
        "households": scenario.agents.Household.count,
        "stores": len(scenario.agents.stores()),
        "steps": scenario.steps,
        "days": scenario.clock.clock().day(scenario.steps - 1) + 1,
    }


COMMAND = Command(
    name="validate",
    help="Check a scenario: print every error at once, with its place and the nearest known name.",
    examples=("validate pizza_place", "validate my_town.json --set stress.mode=off"),
    configure=_configure,
    execute=_execute,
)
