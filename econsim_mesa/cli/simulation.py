"""Make the steps of a run and print its result, for the commands run, resume and fork."""

from __future__ import annotations

import shlex
import time
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from econsim_mesa.cli.interrupt import Interrupted, Interruption
from econsim_mesa.cli.options import changes_of
from econsim_mesa.cli.output import Output
from econsim_mesa.cli.progress import progress_shown
from econsim_mesa.errors import RunIncomplete
from econsim_mesa.llm import loop
from econsim_mesa.llm.keys import named_for_now
from econsim_mesa.llm.progress import Forecast, Progress
from econsim_mesa.numbers import magnitude
from econsim_mesa.runs.bundle import bundle_id
from econsim_mesa.runs.bundle.run_request import RunRequest
from econsim_mesa.runs.loop import make_steps
from econsim_mesa.scenario.load import find
from econsim_mesa.scenario.read import read_json
from econsim_mesa.scenario.user_files import imported_files

if TYPE_CHECKING:
    from econsim_mesa.runs.costs import Range
    from econsim_mesa.runs.recorder import Recorder
    from econsim_mesa.runs.summary import Summary
    from econsim_mesa.scenario.llm import LlmSpec
    from econsim_mesa.society.model import EconModel


def run_to_end(
    model: EconModel, recorder: Recorder, output: Output, interruption: Interruption
) -> None:
    """Make all remaining steps of a run, and show its progress.

    Raises:
        Interrupted: A signal asked to stop.
        RunIncomplete: The run cannot go on here; the message says how to go on later.
        EconSimError: A step failed.
    """
    from econsim_mesa.runs.costs import calls_planned

    interruption.at_once = loop.main_thread_waits  # then the step is dropped; any other is finished
    try:
        forecast = partial(_forecast, model, calls_planned(model, recorder.steps), recorder)
        with progress_shown(
            output, calls=lambda: _calls_so_far(model), forecast=forecast
        ) as watcher:
            make_steps(model, recorder, watcher, lambda: interruption.asked)
    except KeyboardInterrupt:
        pass  # said below
    except RunIncomplete as error:
        raise type(error)(f"{error}\n{_how_to_go_on(model, recorder)}") from error
    except BaseException as error:
        error.add_note(_how_to_go_on(model, recorder))
        raise
    if recorder.steps < model.config.steps:
        raise Interrupted(f"interrupted: {_how_to_go_on(model, recorder)}")


def _how_to_go_on(model: EconModel, recorder: Recorder) -> str:
    steps, folder = model.config.steps, recorder.folder
    recorded = f"{recorder.steps:,} of {steps:,} steps are whole in {folder}"
    again = ["econsim", "resume", str(folder)]
    if (server := named_for_now(model.config.llm)) is not None:
        again += ["--base-url", server]
    for file in imported_files():
        again += ["--with", str(file)]
    return f"{recorded}; go on with: {shlex.join(again)}"


def request_of(options: Namespace) -> RunRequest:
    """Return the request of the user: name and content of the scenario, and changes to it."""
    source = find(options.scenario)
    return RunRequest(Path(options.scenario).name, read_json(source), changes_of(options))


def print_run(folder: Path, begin: float, output: Output, spec: LlmSpec | None = None) -> None:
    """Print the summary of a finished run, its cost, and the id of its bundle.

    Calls that a fork copied from its parent count neither as calls nor as cost.

    Args:
        folder: The folder of the run.
        begin: Time at which the command began, by ``time.monotonic``.
        output: Where to print.
        spec: Settings of the language model, with its prices.
    """
    from econsim_mesa.runs.costs import cost_of
    from econsim_mesa.runs.model_versions import refused_parameters
    from econsim_mesa.runs.reader import load_run
    from econsim_mesa.runs.summary import calls_of, summarize

    run = load_run(folder)
    cost = None if spec is None else cost_of(run, spec)
    summary, seconds = summarize(run), time.monotonic() - begin
    own = replace(summary, calls=calls_of(run, run.forked_at))
    _print_summary(summary, own, folder, seconds, cost, output, refused_parameters(run))


def _print_summary(
    summary: Summary,
    own: Summary,
    folder: Path,
    seconds: float,
    cost: Range | None,
    output: Output,
    refused: str | None,
) -> None:
    """Print a summary as JSON, or ``own`` as text: the summary with the run's own calls."""
    if output.as_json:
        where: dict[str, object] = {"folder": str(folder), "bundle": bundle_id(folder)}
        if own.calls is not None:
            where["cost"] = None if cost is None else cost._asdict()
        if own.calls != summary.calls:
            where["own_calls"] = own.calls and asdict(own.calls)
        output.json(summary.to_dict() | where | {"wall_seconds": round(seconds, 3)})
    elif output.quiet:
        output.text(str(folder))
    else:
        from econsim_mesa.cli.result import print_result

        copied = sum(
            calls.calls * sign for calls, sign in ((summary.calls, 1), (own.calls, -1)) if calls
        )
        print_result(own, folder, seconds, output.console(), cost, copied, refused)


def _forecast(model: EconModel, planned: Mapping[int, int], recorder: Recorder) -> Forecast | None:
    """Return how long all calls of a run will take; None: not known yet.

    ``planned`` are the calls by the place of the decider that makes them, where they are known.
    There may be fewer: those that were left out in steps that are over are not made any more.
    """
    from econsim_mesa.runs.costs import calls_planned

    known, left = [], calls_planned(model, recorder.steps)
    for place, decider in enumerate(model.scheduler.deciders):
        progress: Progress | None = getattr(decider, "progress", None)
        if progress is None:
            continue
        calls = planned.get(place)
        if calls is not None:
            calls = min(calls, progress.asked + left[place])
        forecast = progress.forecast(calls, at_most=model.config.attention.on_change)
        known += [forecast] if forecast else []
    if not known:
        return None
    return Forecast(sum(each.seconds for each in known), "; ".join(each.text for each in known))


def _calls_so_far(model: EconModel) -> str:
    """Return the calls, tokens and cost of a run in one line; empty where no LLM decides."""
    lines = []
    for decider in model.scheduler.deciders:
        progress = getattr(decider, "progress", None)
        if progress is None:
            continue
        usage = progress.usage
        line = f"{progress.done:,} calls, {progress.in_flight} in flight"
        line += f", {magnitude(usage.tokens)} tokens"
        if progress.cached_share is not None:
            line += f" ({100 * progress.cached_share:.0f} % of input cached)"
        if usage.most_cost:
            line += f", ${usage.cost:.2f}"
            line += f" to {usage.most_cost:.2f}" if usage.most_cost > usage.cost else ""
        faults = sum(progress.faults.values())
        lines.append(line + (f", {faults:,} failed attempts" if faults else ""))
    return "; ".join(lines)
