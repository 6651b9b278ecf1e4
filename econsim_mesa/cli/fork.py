"""``econsim fork``: the same past, another future, in a folder of its own."""

from __future__ import annotations

import secrets
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

from econsim_mesa.cli.command import Command
from econsim_mesa.cli.interrupt import Interruption
from econsim_mesa.cli.options import (
    add_changes,
    add_folder,
    add_out,
    add_run_options,
    changes_of,
    whole,
)
from econsim_mesa.cli.output import Output
from econsim_mesa.cli.simulation import print_run, run_to_end


def _configure(parser: ArgumentParser) -> None:
    add_folder(parser)
    parser.add_argument(
        "--at",
        metavar="STEP",
        type=whole,
        required=True,
        help="first step that is made anew, with the same random numbers",
    )
    add_changes(parser)
    add_run_options(parser)
    add_out(parser, "<DIR>-fork-<step>-<id>")


def _execute(options: Namespace, output: Output) -> int:
    from econsim_mesa.cli.fork_in_short import what_changed
    from econsim_mesa.cli.tables import note
    from econsim_mesa.runs.fork import fork
    from econsim_mesa.runs.reader import load_run

    with Interruption() as interruption:
        begin = time.monotonic()
        name = f"{options.folder.name}-fork-{options.at}-{secrets.token_hex(2)}"
        out: Path = options.out or options.folder.with_name(name)
        model, recorder = fork(
            options.folder, options.at, changes_of(options), out, overwrite=options.overwrite
        )
        run_to_end(model, recorder, output, interruption)
        print_run(recorder.folder, begin, output, model.config.llm)
        if not output.as_json and not output.quiet:
            with load_run(recorder.folder) as run:
                output.console().print(note("fork", what_changed(run)), soft_wrap=True)
    return 0


COMMAND = Command(
    name="fork",
    help="Branch a run: the same past up to a step, then other settings, same random numbers.",
    examples=("fork runs/first --at 60 --set stress.mode=off --out runs/no-stress",),
    configure=_configure,
    execute=_execute,
)
