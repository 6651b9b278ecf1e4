"""The loop makes the steps that are left, tells its watcher, and leaves whole records."""

from __future__ import annotations

from pathlib import Path

import pytest

from econsim_mesa import EconModel
from econsim_mesa.errors import RunIncomplete
from econsim_mesa.runs.loop import Progress, make_step, make_steps
from econsim_mesa.runs.reader import load_run
from econsim_mesa.runs.recorder import Recorder
from econsim_mesa.runs.resume import resume
from econsim_mesa.society.action import Decision
from econsim_mesa.society.requests import Requests


class FailsAt:
    """A decider that does nothing, and at one step raises an error."""

    name = "fails"

    def __init__(self, step: int, error: BaseException) -> None:
        self.step, self.error = step, error

    def decide(self, requests: Requests) -> list[Decision]:
        if requests.view.t == self.step:
            raise self.error
        return [Decision((), decider=self.name) for _ in requests]


def begun(decider: object = "idle", folder: str = "run") -> tuple[EconModel, Recorder]:
    model = EconModel("pizza_place", seed=1, steps=4, households=5, decider=decider)
    return model, Recorder.begin(model, Path(folder))


def test_a_watcher_is_told_of_the_beginning_and_of_each_step() -> None:
    heard: list[Progress] = []
    assert make_steps(*begun(), heard.append) == "finished"
    assert [(progress.done, progress.planned) for progress in heard] == [(i, 4) for i in range(5)]
    assert heard[0].text == "0 of 4 steps"
    assert heard[1].text == "1 of 4 steps, Fri 2025-12-19 09:00"
    assert load_run("run").meta["status"] == "finished"


def test_a_run_that_is_asked_to_stop_goes_on_from_there() -> None:
    heard: list[Progress] = []
    assert make_steps(*begun(), heard.append, lambda: len(heard) > 2) == "interrupted"
    run = load_run("run")
    assert (run.steps, run.meta["status"]) == (2, "interrupted")
    assert make_steps(*resume(Path("run")), heard.append) == "finished"
    assert [progress.done for progress in heard] == [0, 1, 2, 2, 3, 4]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RunIncomplete("no budget"), "interrupted"),
        (KeyboardInterrupt(), "interrupted"),
        (ValueError("a mistake"), "failed"),
    ],
)
def test_a_step_that_fails_leaves_the_steps_before_it(error: BaseException, status: str) -> None:
    with pytest.raises(type(error)):
        make_steps(*begun(FailsAt(2, error)))
    run = load_run("run")
    assert (run.steps, run.meta["status"]) == (2, status)


def test_a_step_that_was_to_be_broken_off_did_not_fail() -> None:
    model, recorder = begun(FailsAt(0, ValueError("cancelled")))
    with pytest.raises(ValueError, match="cancelled"):
        make_step(model, recorder, lambda: True)
    assert load_run("run").meta["status"] == "interrupted"


def test_a_watcher_that_fails_spoils_no_record() -> None:
    def watcher(progress: Progress) -> None:
        if progress.done == 3:
            raise ValueError("no terminal")

    with pytest.raises(ValueError, match="no terminal"):
        make_steps(*begun(), watcher)
    run = load_run("run")
    assert (run.steps, run.meta["status"]) == (3, "interrupted")
