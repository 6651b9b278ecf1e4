"""``econsim replay``: run again from the recorded inputs; every record must be identical."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace

from econsim_mesa.cli.command import Command
from econsim_mesa.cli.options import add_folder
from econsim_mesa.cli.output import Output


def _execute(options: Namespace, output: Output) -> int:
    from econsim_mesa.runs.comparison import not_compared
    from econsim_mesa.runs.reader import load_run
    from econsim_mesa.runs.replay import replay

    begin = time.monotonic()
    steps = replay(options.folder)
    seconds, left_out = time.monotonic() - begin, not_compared(load_run(options.folder))
    if output.as_json:
        content = {"folder": str(options.folder), "identical": True, "steps": steps}
        output.json({**content, "not_compared": list(left_out)})
    else:
        but = f" but {', '.join(left_out)}, which earlier code worded otherwise," * bool(left_out)
        said = f"all records of {steps:,} steps{but} identical"
        output.text(f"{options.folder}: {said} ({seconds:.1f} s)")
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
