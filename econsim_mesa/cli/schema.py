"""``econsim schema``: the JSON Schema of scenarios, experiments and replies of agents."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from econsim_mesa.cli.command import Command
from econsim_mesa.cli.options import add_changes, scenario_of
from econsim_mesa.cli.output import Output

if TYPE_CHECKING:
    from pydantic.json_schema import JsonSchemaValue


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "what",
        metavar="WHAT",
        nargs="?",
        default="scenario",
        choices=list(_SCHEMAS),
        help="scenario (default), experiment: the format of such a file; actions: what an agent "
        "may answer in a town, one schema for each kind of agent",
    )
    parser.add_argument(
        "scenario",
        metavar="SCENARIO",
        nargs="?",
        default="pizza_place",
        help="the town of the actions, a bundled name or a JSON file (default: pizza_place)",
    )
    add_changes(parser)


def _execute(options: Namespace, output: Output) -> int:
    output.json(_SCHEMAS[options.what](options))
    return 0


def _scenario(options: Namespace) -> JsonSchemaValue:
    from econsim_mesa.scenario import json_schema

    return json_schema("scenario")


def _actions(options: Namespace) -> dict[str, JsonSchemaValue]:
    from econsim_mesa.prompts.reply_form import reply_schemas

    return reply_schemas(scenario_of(options))


def _experiment(options: Namespace) -> JsonSchemaValue:
    from econsim_mesa.experiment.types import experiment_schema

    return experiment_schema()


_SCHEMAS = {"scenario": _scenario, "experiment": _experiment, "actions": _actions}

COMMAND = Command(
    name="schema",
    help="Print a JSON Schema, by which editors complete and check what you type.",
    examples=("schema > scenario.schema.json", "schema actions two_towns"),
    configure=_configure,
    execute=_execute,
)
