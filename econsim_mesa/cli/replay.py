"""``econsim replay``: run again from the recorded inputs; every record must be identical."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace

from econsim_mesa.cli.command import Command
from econsim_mesa.cli.options import add_folder
from econsim_mesa.cli.output import Output


def _execute(options: Namespace, output: Output) -> int:
    from econsim_mesa.runs.replay import replay

    begin = time.monotonic()
    steps = replay(options.folder)
    seconds = time.monotonic() - begin
    if output.as_json:
        output.json({"folder": str(options.folder), "identical": True, "steps": steps})
    else:
        output.text(f"{options.folder}: all records of {steps:,} steps identical ({seconds:.1f} s)")
    return 0


def _configure(parser: ArgumentParser) -> None:
    add_folder(parser)


COMMAND = Command(
    name="replay",
    help="Run again from the recorded inputs, without key or network; all records must be equal.",
    examples=("replay runs/first",),
    configure=_configure,
    execute=_execute,
)
