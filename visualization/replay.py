"""A run on disk as a source of frames: all of it is read at once, then any step is at hand."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from econsim_mesa.llm.ready import asks_model
from econsim_mesa.runs.folders import is_run
from econsim_mesa.runs.reader import Run, load_run
from econsim_mesa.runs.step_reader import steps_of

from .history import History
from .view import Frame, Scene, Waiting


class Replay:
    """A run that is read and not changed; ``open`` makes one.

    ``left`` is the number of steps that the run was to have and has not: it was stopped, or goes
    on elsewhere. ``parent`` is the folder of the run that this one was forked from, if it lies
    beside it.
    """

    live = False

    def __init__(self, folder: Path, history: History, left: int, parent: Path | None) -> None:
        self.folder = folder
        self.history = history
        self.left = left
        self.planned = history.last + 1 + left
        self.parent = parent

    @classmethod
    def open(cls, folder: Path | str) -> Replay:
        """Read a run. Raises ``BadInput`` for a folder that holds none."""
        run = load_run(folder)
        left = 0 if run.meta.get("status") == "finished" else run.planned_steps - run.steps
        beside = run.folder.parent
        parent = beside / Path(run.meta.get("parent", ".")).name
        forked = parent != beside and is_run(parent)
        return cls(run.folder, history_of(run), left, parent if forked else None)

    @property
    def asks_model(self) -> bool:
        """Whether a language model decides for anybody."""
        return asks_model(self.history.scene.scenario)

    def next(self, step: int) -> Frame | None:
        """Return the frame after ``step``; None: that was the last."""
        return self.history.frame(step + 1) if step < self.history.last else None

    def waiting(self) -> Waiting | None:
        """Return None: nothing is waited for."""
        return None

    def stop(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing: the files are open only while they are read."""


def history_of(run: Run) -> History:
    """Return the history of a run, up to its last whole step."""
    scene = Scene(run.scenario, run.scenario.seed)
    history = History(scene, int(run.meta.get("forked_at", "0")))
    outcomes = _outcomes(run)
    calls: dict[int, list[tuple[object, ...]]] = {}
    for call in run.rows("calls"):
        calls.setdefault(call[0], []).append(call)
    for records in steps_of(run):
        step = records.step
        history.append(records, calls.get(step, ()), outcomes.get(step, {}))
    return history


def _outcomes(run: Run) -> dict[int, Counter[tuple[str, str]]]:
    outcomes: dict[int, Counter[tuple[str, str]]] = {}
    for step, decider, outcome, count in run.select(
        "SELECT step, decider, outcome, count(*) FROM decisions WHERE kind = 'Household' "
        "GROUP BY step, decider, outcome"
    ):
        outcomes.setdefault(step, Counter())[decider, outcome] = count
    return outcomes
