"""``econsim run``: one simulation, from a scenario to a folder of records and a table."""

from __future__ import annotations

import shlex
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from econsim_mesa.cli.command import Command
from econsim_mesa.cli.interrupt import Interruption
from econsim_mesa.cli.options import (
    add_out,
    add_prompts,
    add_run_options,
    add_scenario,
    scenario_of,
)
from econsim_mesa.cli.output import Output
from econsim_mesa.cli.simulation import print_run, request_of, run_to_end
from econsim_mesa.errors import BadInput
from econsim_mesa.llm.ready import refuse_unready

if TYPE_CHECKING:
    from econsim_mesa.society.model import EconModel


def _configure(parser: ArgumentParser) -> None:
    add_scenario(parser)
    add_run_options(parser)
    add_prompts(parser)
    add_out(parser, "runs/<scenario>-<time>-<id>")
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="estimate calls, tokens, cost and memory, and run nothing",
    )
    parser.add_argument(
        "--probe",
        action="store_true",
        help="with --dry-run: ask the language model once, and estimate by what it took",
    )


def _execute(options: Namespace, output: Output) -> int:
    with Interruption() as interruption:
        begin = time.monotonic()
        scenario = scenario_of(options)
        from econsim_mesa.runs.folders import new_folder
        from econsim_mesa.runs.recorder import Recorder
        from econsim_mesa.society.model import EconModel

        model = EconModel(scenario, seed=scenario.seed)
        if options.dry_run:
            return _print_estimate(model, output, ask=options.probe)
        if options.probe:
            raise BadInput("--probe asks once for an estimate: give --dry-run as well")
        refuse_unready(scenario)
        command = shlex.join(["econsim", *output.command_line])
        meta = {"scenario": scenario.name, "command": command}
        folder: Path = options.out or new_folder(scenario)
        recorder = Recorder.begin(
            model, folder, meta, request_of(options), overwrite=options.overwrite
        )
        run_to_end(model, recorder, output, interruption)
        print_run(recorder.folder, begin, output, model.config.llm)
    return 0


def _print_estimate(model: EconModel, output: Output, *, ask: bool) -> int:
    """Print an estimate of the run's calls, without making more than one or writing files."""
    from econsim_mesa.runs.costs import memory_megabytes, need_of, price_rows
    from econsim_mesa.runs.probe import probe

    answer = None
    if ask:
        refuse_unready(model.config)
        answer = probe(model.config)
    need, memory = need_of(model, answer), memory_megabytes(model.config)
    if output.as_json:
        probed = {} if answer is None else {"probe": answer._asdict()}
        output.json(need.to_dict() | {"memory_megabytes": memory} | probed)
        return 0
    for name, amount in (
        *([] if answer is None else [("asked once", str(answer))]),
        *need.rows(),
        *price_rows([model.config]),
        ("memory", f"about {memory:,.0f} MB"),
    ):
        output.text(f"{name:15}{amount}")
    return 0


COMMAND = Command(
    name="run",
    help="Run one simulation, record it in a folder and print its result day by day.",
    examples=(
        "run pizza_place",
        "run pizza_place --seed 7 --set agents.Household.count=100 --set stress.mode=off",
        "run my_town.json --steps 24 --out runs/first",
    ),
    configure=_configure,
    execute=_execute,
)
