"""``econsim validate``: check a scenario and say everything that is wrong with it at once."""

from __future__ import annotations

from argparse import Namespace

from econsim_mesa.cli.command import Command
from econsim_mesa.cli.options import add_scenario, scenario_of
from econsim_mesa.cli.screen import Screen
from econsim_mesa.errors import Problem
from econsim_mesa.scenario import Scenario
from econsim_mesa.scenario.check_events import events_out_of_time
from econsim_mesa.scenario.paths import json_path


def _execute(options: Namespace, screen: Screen) -> int:
    scenario = scenario_of(options)
    told = extent(scenario)
    notes = [str(note) for note in notes_on(scenario)]
    if screen.json:
        screen.emit({"valid": True, "scenario": scenario.name, **told, "notes": notes})
    elif not screen.quiet:
        counts = ", ".join(f"{n:,} {many[:-1] if n == 1 else many}" for many, n in told.items())
        screen.say(f"{scenario.name} is valid: {counts}")
        for note in notes:
            screen.say(f"note: {note}")
    return 0


def notes_on(scenario: Scenario) -> list[Problem]:
    """Return what is allowed in a scenario and may still not be what was meant."""
    return [Problem(json_path(path), words) for path, words in events_out_of_time(scenario)]


def extent(scenario: Scenario) -> dict[str, int]:
    """Return how large a scenario is: households, stores, steps and the days they fall on."""
    return {
        "households": scenario.agents.Household.count,
        "stores": len(scenario.agents.stores()),
        "steps": scenario.steps,
        "days": scenario.clock.clock().day(scenario.steps - 1) + 1,
    }


COMMAND = Command(
    name="validate",
    help="Check a scenario: every error at once, each with its place and the nearest name.",
    examples=("validate pizza_place", "validate my_town.json --set stress.mode=off"),
    configure=add_scenario,
    execute=_execute,
)
