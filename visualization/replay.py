"""A run on disk as a source of frames: all of it is read at once, then any step is at hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from econsim_mesa.llm.ready import asks_model
from econsim_mesa.runs.reader import Run, load_run
from econsim_mesa.society.records import TABLES, StepRecords

from .folders import is_run
from .history import KEPT, History
from .view import Frame, Scene, Waiting


class Replay:
    """A run that is read and not changed. Raises ``BadInput`` for a folder that holds no run."""

    live = False

    def __init__(self, folder: Path | str) -> None:
        run = load_run(folder)
        self.folder = run.folder
        self.history = history_of(run)
        self.left = 0 if run.meta.get("status") == "finished" else run.planned_steps - run.steps
        """Steps that the run was to have and has not: it was stopped, or goes on elsewhere."""
        self.planned = run.steps + self.left
        parent = self.folder.parent / Path(run.meta.get("parent", ".")).name
        self.parent = parent if parent != self.folder.parent and is_run(parent) else None
        """The folder of the run that this one was forked from, if it lies beside it."""

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
    for records in _steps(run):
        found = calls.get(records.step, ())
        history.append(records, found, outcomes.get(records.step, {}))
    return history


def _outcomes(run: Run) -> dict[int, Counter[tuple[str, str]]]:
    found: dict[int, Counter[tuple[str, str]]] = {}
    for step, decider, outcome, count in run.select(
        "SELECT step, decider, outcome, count(*) FROM decisions WHERE kind = 'Household' "
        "GROUP BY step, decider, outcome"
    ):
        found.setdefault(step, Counter())[decider, outcome] = count
    return found


def _steps(run: Run) -> Iterator[StepRecords]:
    """Yield the records of each step that a history keeps, in order."""
    groups = {table: groupby(run.rows(table), itemgetter(0)) for table in (*KEPT, "agents")}
    ahead = {table: next(group, None) for table, group in groups.items()}
    for step, time in run.rows("steps"):
        records = StepRecords(step, time)
        for table, found in ahead.items():
            if found is not None and found[0] == step:
                record = TABLES.get(table)
                rows = list(found[1])
                records[table].extend(map(record._make, rows) if record else rows)
                ahead[table] = next(groups[table], None)
        yield records
