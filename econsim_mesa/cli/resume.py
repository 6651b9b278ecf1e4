"""``econsim resume``: go on after a stop, a crash, a dead server or a spent budget."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

from econsim_mesa.cli.command import Command
from econsim_mesa.cli.interrupt import Interruption
from econsim_mesa.cli.model_runs import changes_of_model_run, is_model_run, model_class_of
from econsim_mesa.cli.options import add_changes, add_folder, add_llm_options, changes_of
from econsim_mesa.cli.output import Output
from econsim_mesa.cli.simulation import print_run, run_to_end


def _configure(parser: ArgumentParser) -> None:
    add_folder(parser)
    add_changes(parser)
    add_llm_options(parser)


def _execute(options: Namespace, output: Output) -> int:
    from econsim_mesa.runs.bundle.seal import seal_run
    from econsim_mesa.runs.resume import resume

    if is_model_run(options.folder):
        _resume_model(options, output)
        return 0
    with Interruption() as interruption:
        begin = time.monotonic()
        if _is_made(options.folder):
            seal_run(options.folder)
            print_run(options.folder, begin, output)
            return 0
        model, recorder = resume(options.folder, changes_of(options))
        run_to_end(model, recorder, output, interruption)
        print_run(recorder.folder, begin, output, model.config.llm)
    return 0


def _resume_model(options: Namespace, output: Output) -> None:
    """Go on with the run of a Mesa model."""
    from econsim_mesa.toolkit import resume

    steps, llm = changes_of_model_run(changes_of(options))
    run = resume(options.folder, model_class_of(options.folder), steps=steps, llm=llm)
    if output.as_json:
        output.json({"folder": str(run.folder), "steps": run.steps, "status": run.status})
    else:
        output.text(f"{run.folder}: {run.steps:,} of {run.planned_steps:,} steps, {run.status}")


def _is_made(folder: Path) -> bool:
    """Whether all steps of a run are recorded, so that at most its seal is missing."""
    from econsim_mesa.runs.bundle.seal import is_sealed
    from econsim_mesa.runs.reader import load_run

    return load_run(folder).meta.get("status") == "finished" and not is_sealed(folder)


COMMAND = Command(
    name="resume",
    help="Continue a run that was stopped; changed settings are recorded as an input.",
    examples=("resume runs/first", "resume runs/first --max-calls 5000"),
    configure=_configure,
    execute=_execute,
)
