"""``econsim replay``: run again from the recorded inputs; every record must be identical."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace

from econsim_mesa.cli.command import Command
from econsim_mesa.cli.options import add_folder
from econsim_mesa.cli.screen import Screen


def _execute(options: Namespace, screen: Screen) -> int:
    from econsim_mesa.runs.replay import replay

    begin = time.monotonic()
    steps = replay(options.folder)
    seconds = time.monotonic() - begin
    if screen.json:
        screen.emit({"folder": str(options.folder), "identical": True, "steps": steps})
    else:
        screen.say(f"{options.folder}: all records of {steps:,} steps identical ({seconds:.1f} s)")
    return 0


def _configure(parser: ArgumentParser) -> None:
    add_folder(parser)


COMMAND = Command(
    name="replay",
    help="Run again from the recorded inputs, without key or network; 0 only if all is identical.",
    examples=("replay runs/first",),
    configure=_configure,
    execute=_execute,
)
