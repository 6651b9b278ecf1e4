"""Arguments that several commands share, and the scenario that they describe."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from typing import Any

from econsim_mesa.scenario import Scenario, load_scenario, parse_assignment
from econsim_mesa.scenario.registry import names


def add_scenario(parser: ArgumentParser) -> None:
    """Add the scenario and ``--set``."""
    parser.add_argument(
        "scenario",
        metavar="SCENARIO",
        help="a bundled name (see `econsim list`) or a JSON file",
    )
    parser.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="change a field by its dotted path, such as agents.Household.count=100 or "
        "stress.mode=off; may be repeated",
    )


def add_run_options(parser: ArgumentParser) -> None:
    """Add what changes a run as a whole: steps, seed, decider."""
    parser.add_argument("--steps", metavar="N", type=whole, help="number of steps")
    parser.add_argument("--seed", metavar="N", type=whole, help="seed of all luck")
    parser.add_argument(
        "--decider",
        metavar="NAME",
        help=f"who decides for households: {', '.join(names('decider'))}",
    )


def scenario_of(options: Namespace) -> Scenario:
    """Return the scenario that the command line describes. Raises ``ScenarioError``.

    The decider of the command line stands above that of the households in the file.
    """
    changes: dict[str, Any] = dict(map(parse_assignment, options.set))
    decider = getattr(options, "decider", None)
    if decider is not None:
        changes |= {"decider": decider, "agents.Household.decider": None}
    given = {name: getattr(options, name, None) for name in ("steps", "seed")}
    short = {name: number for name, number in given.items() if number is not None}
    return load_scenario(options.scenario, set=changes, **short)


def whole(text: str) -> int:
    """Return a whole number. Raises ``ArgumentTypeError`` in plain words."""
    try:
        return int(text)
    except ValueError:
        raise ArgumentTypeError(f"must be a whole number; found {text!r}") from None
