"""``econsim replay``: run again from the recorded inputs; every record must be identical."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

from econsim_mesa.cli.command import Command
from econsim_mesa.cli.model_runs import is_model_run, model_class_of
from econsim_mesa.cli.options import add_folder
from econsim_mesa.cli.output import Output


def _execute(options: Namespace, output: Output) -> int:
    from econsim_mesa.runs.comparison import not_compared
    from econsim_mesa.runs.reader import load_run
    from econsim_mesa.runs.replay import replay

    begin = time.monotonic()
    if is_model_run(options.folder):
        steps, left_out = _replay_model(options.folder), tuple[str, ...]()
    else:
        steps, left_out = replay(options.folder), not_compared(load_run(options.folder))
    seconds = time.monotonic() - begin
    if output.as_json:
        content = {"folder": str(options.folder), "identical": True, "steps": steps}
        output.json({**content, "not_compared": list(left_out)})
    else:
        otherwise = "which earlier code recorded otherwise or not at all"
        but = f" but {', '.join(left_out)}, {otherwise}," * bool(left_out)
        said = f"all records of {steps:,} steps{but} identical"
        output.text(f"{options.folder}: {said} ({seconds:.1f} s)")
    return 0


def _replay_model(folder: Path) -> int:
    from econsim_mesa.toolkit import replay

    return replay(folder, model_class_of(folder)).steps


def _configure(parser: ArgumentParser) -> None:
    add_folder(parser)


COMMAND = Command(
    name="replay",
    help="Run again from the recorded inputs, without key or network; all records must be equal.",
    examples=("replay runs/first",),
    configure=_configure,
    execute=_execute,
)
