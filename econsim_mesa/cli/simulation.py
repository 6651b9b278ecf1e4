"""Carrying a simulation out to its end, and telling what came of it: shared by several commands."""

from __future__ import annotations

import shlex
import time
from argparse import Namespace
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from econsim_mesa.cli.calls import Interval, calls_so_far, cost_of
from econsim_mesa.cli.interrupt import Interrupted, Interruption
from econsim_mesa.cli.options import changes_of
from econsim_mesa.cli.progress import progress
from econsim_mesa.cli.screen import Screen
from econsim_mesa.errors import RunIncomplete
from econsim_mesa.llm import loop
from econsim_mesa.llm.keys import named_for_now
from econsim_mesa.runs.bundle import bundle_id
from econsim_mesa.runs.bundle.given import Given
from econsim_mesa.scenario.load import find
from econsim_mesa.scenario.read import read_json

if TYPE_CHECKING:
    from econsim_mesa.runs.recorder import Recorder
    from econsim_mesa.runs.summary import Summary
    from econsim_mesa.scenario.llm import LlmSpec
    from econsim_mesa.society.model import EconModel


def carry_out(
    model: EconModel, recorder: Recorder, screen: Screen, interruption: Interruption
) -> None:
    """Make all steps that are left; whatever happens, the store is closed whole.

    Raises ``Interrupted`` after a signal, ``RunIncomplete`` for what stopped the run whole (the
    message says how to go on), and ``EconSimError`` for what goes wrong.
    """
    try:
        _step_through(model, screen, interruption)
    except RunIncomplete as error:
        recorder.close("interrupted")
        raise type(error)(f"{error}\n{_whole(model, recorder)}") from error
    except BaseException as error:
        recorder.close("failed")
        error.add_note(_whole(model, recorder))
        raise
    recorder.close("interrupted")  # does nothing after the last step: then it is closed
    if recorder.steps < model.config.steps:
        raise Interrupted(f"interrupted: {_whole(model, recorder)}")


def _whole(model: EconModel, recorder: Recorder) -> str:
    steps, folder = model.config.steps, recorder.folder
    words = f"{recorder.steps:,} of {steps:,} steps are whole in {folder}"
    named = named_for_now(model.config.llm)
    again = "" if named is None else f" --base-url {shlex.quote(named)}"
    return f"{words}; go on with: econsim resume {folder}{again}"


def _step_through(model: EconModel, screen: Screen, interruption: Interruption) -> None:
    """Make steps until the end, or until a signal asks to stop.

    A step that waits for calls is dropped; any other is finished.
    """
    interruption.at_once = loop.waiting
    with progress(screen, model.config.steps, lambda: calls_so_far(model)) as advance:
        while model.running and not interruption.asked:
            try:
                model.step()
            except KeyboardInterrupt:
                return
            advance(model.town.t + 1, model.town.clock.time(model.town.t))


def given_by(options: Namespace) -> Given:
    """Return the scenario as the command line gives it: name, content and changes."""
    source = find(options.scenario)
    return Given(Path(options.scenario).name, read_json(source), changes_of(options))


def tell(folder: Path, begin: float, screen: Screen, spec: LlmSpec | None = None) -> None:
    """Show the summary of a finished run, what it cost, and the id of its bundle.

    Calls and cost of a fork are its own: those that it copied from its parent are told apart.
    ``begin`` is when the command began, by ``time.monotonic``; ``spec`` knows prices.
    """
    from econsim_mesa.runs.reader import load_run
    from econsim_mesa.runs.summary import calls_of, summarize

    run = load_run(folder)
    cost = None if spec is None else cost_of(run, spec)
    summary, seconds = summarize(run), time.monotonic() - begin
    own = replace(summary, calls=calls_of(run, run.forked_at))
    _show(summary, own, folder, seconds, cost, screen)


def _show(
    summary: Summary,
    own: Summary,
    folder: Path,
    seconds: float,
    cost: Interval | None,
    screen: Screen,
) -> None:
    """Show a summary, or, to people, that of its own calls with the number of the others."""
    if screen.json:
        where: dict[str, object] = {"folder": str(folder), "bundle": bundle_id(folder)}
        if own.calls is not None:
            where["cost"] = None if cost is None else cost._asdict()
        if own.calls != summary.calls:
            where["own_calls"] = own.calls and asdict(own.calls)
        screen.emit(summary.to_dict() | where | {"wall_seconds": round(seconds, 3)})
    elif screen.quiet:
        screen.say(str(folder))
    else:
        from econsim_mesa.cli.result import show

        copied = sum(
            calls.calls * sign for calls, sign in ((summary.calls, 1), (own.calls, -1)) if calls
        )
        show(own, folder, seconds, screen.console(), cost, copied)
