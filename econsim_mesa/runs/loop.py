"""The loop that makes the steps of a run, for the command line, experiments and the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from econsim_mesa.errors import RunIncomplete
from econsim_mesa.society.clock import weekday

if TYPE_CHECKING:
    from datetime import datetime

    from econsim_mesa.runs.recorder import Recorder
    from econsim_mesa.society.model import EconModel


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a piece of work is: what its watcher is told after each part.

    Attributes:
        done: Number of parts that are done: steps of a run, checks of a decider.
        planned: Number of parts that there are to be.
        text: How far it is, in words.
        calls: Calls to a language model so far, in words; empty where there are none.
        time_left: How long the rest takes, in words, where that is known better than by the parts
            that are done; else empty.
    """

    done: int
    planned: int
    text: str
    calls: str = ""
    time_left: str = ""


Watcher = Callable[[Progress], None]
"""Is told how far a piece of work is, in the thread that does it."""


def unwatched(progress: Progress) -> None:
    """Do nothing: the watcher where nobody watches."""


def make_step(
    model: EconModel, recorder: Recorder, asked_to_stop: Callable[[], bool] = bool
) -> None:
    """Make one step; if that fails, close the records, which hold all steps before it.

    Raises what the step raises. The records say that the run was interrupted after Ctrl-C, where
    ``asked_to_stop`` returns true, and for ``RunIncomplete``; else that it failed.
    """
    try:
        model.step()
    except BaseException as error:
        stopped = isinstance(error, RunIncomplete | KeyboardInterrupt) or asked_to_stop()
        recorder.close("interrupted" if stopped else "failed")
        raise


def make_steps(
    model: EconModel,
    recorder: Recorder,
    watcher: Watcher = unwatched,
    should_stop: Callable[[], bool] = bool,
) -> Literal["finished", "interrupted"]:
    """Make all steps that are left, and close the records whatever happens.

    Args:
        model: The model, at its last recorded step.
        recorder: The recorder of the model.
        watcher: Is told how many steps are made, at the beginning and after each.
        should_stop: Is asked before each step; true ends the run after its last whole step.

    Returns:
        Whether all steps are made now.

    Raises:
        RunIncomplete: The run cannot go on here, and can be resumed: a spent budget, a server
            that does not answer.
        EconSimError: A step failed.
    """
    planned = model.config.steps
    try:
        watcher(Progress(recorder.steps, planned, f"{recorder.steps:,} of {planned:,} steps"))
        while model.running and not should_stop():
            make_step(model, recorder)
            t = model.town.t
            moment = stamp(model.town.clock.time(t))
            watcher(Progress(t + 1, planned, f"{t + 1:,} of {planned:,} steps, {moment}"))
    finally:
        recorder.close("interrupted")  # does nothing after the last step or one that failed
    return "interrupted" if model.running else "finished"


def stamp(moment: datetime) -> str:
    """Return a simulated time for people.

    >>> from datetime import datetime
    >>> stamp(datetime(2025, 12, 21, 18))
    'Sun 2025-12-21 18:00'
    """
    return f"{weekday(moment)} {moment:%Y-%m-%d %H:%M}"
