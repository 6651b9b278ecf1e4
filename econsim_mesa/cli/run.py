"""``econsim run``: one simulation, from a scenario to a folder of records and a table."""

from __future__ import annotations

import json
import secrets
import shlex
import time
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from econsim_mesa.cli.command import Command
from econsim_mesa.cli.interrupt import Interrupted, Interruption
from econsim_mesa.cli.options import add_run_options, add_scenario, scenario_of
from econsim_mesa.cli.progress import progress
from econsim_mesa.cli.screen import Screen
from econsim_mesa.scenario import Scenario

if TYPE_CHECKING:
    from econsim_mesa.collection.recorder import Recorder
    from econsim_mesa.model import EconModel
    from econsim_mesa.records.summary import Summary


def _configure(parser: ArgumentParser) -> None:
    add_scenario(parser)
    add_run_options(parser)
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        help="folder of the run, new or empty (default: runs/<scenario>-<time>-<id>)",
    )


def _execute(options: Namespace, screen: Screen) -> int:
    with Interruption() as interruption:
        begin = time.monotonic()
        scenario = scenario_of(options)
        folder: Path = options.out or new_folder(scenario)
        recorder = _simulate(scenario, folder, screen, interruption)
        summary = _summary(recorder.folder)
    _show(summary, recorder.folder, time.monotonic() - begin, screen)
    return 0


def new_folder(scenario: Scenario) -> Path:
    """Return the folder of a run for which none is named."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    return Path("runs") / f"{scenario.name}-{moment}-{secrets.token_hex(3)}"


def _simulate(
    scenario: Scenario, folder: Path, screen: Screen, interruption: Interruption
) -> Recorder:
    """Run a scenario into a folder; whatever happens, the store is closed whole.

    Raises ``Interrupted`` after a signal, and ``EconSimError`` for what goes wrong.
    """
    from econsim_mesa.collection.recorder import Recorder
    from econsim_mesa.model import EconModel

    model = EconModel(scenario, seed=scenario.seed)
    command = shlex.join(["econsim", *screen.words])
    recorder = Recorder(model, folder, {"scenario": scenario.name, "command": command})
    try:
        _step_through(model, screen, interruption)
    except BaseException as error:
        recorder.close("failed")
        error.add_note(_whole(recorder, scenario))
        raise
    recorder.close("interrupted")  # does nothing after the last step: then it is closed
    if model.running:
        raise Interrupted(f"interrupted: {_whole(recorder, scenario)}")
    return recorder


def _whole(recorder: Recorder, scenario: Scenario) -> str:
    return f"{recorder.steps:,} of {scenario.steps:,} steps are whole in {recorder.folder}"


def _step_through(model: EconModel, screen: Screen, interruption: Interruption) -> None:
    """Make steps until the end, or until a signal asks to stop."""
    with progress(screen, model.config.steps) as advance:
        while model.running and not interruption.asked:
            model.step()
            advance(model.town.t + 1, model.town.clock.time(model.town.t))


def _summary(folder: Path) -> Summary:
    """Return the summary of a finished run, and write it into its folder."""
    from econsim_mesa.records import load_run
    from econsim_mesa.records.summary import SUMMARY, summarize

    summary = summarize(load_run(folder))
    text = json.dumps(summary.to_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    (folder / SUMMARY).write_text(text, encoding="utf-8", newline="\n")
    return summary


def _show(summary: Summary, folder: Path, seconds: float, screen: Screen) -> None:
    if screen.json:
        told = {"folder": str(folder), "wall_seconds": round(seconds, 3)}
        screen.emit(summary.to_dict() | told)
    elif screen.quiet:
        screen.say(str(folder))
    else:
        from econsim_mesa.cli.result import show

        show(summary, folder, seconds, screen.console())


COMMAND = Command(
    name="run",
    help="Run one simulation, record it in a folder and print what happened day by day.",
    examples=(
        "run pizza_place",
        "run pizza_place --seed 7 --set agents.Household.count=100 --set stress.mode=off",
        "run my_town.json --steps 24 --out runs/first",
    ),
    configure=_configure,
    execute=_execute,
)
