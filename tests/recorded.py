"""Runs on disk for tests: keep one, go on with one, compare two."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from econsim_mesa.domains.tables import TABLES
from econsim_mesa.runs.reader import load_run
from econsim_mesa.runs.recorder import Recorder
from econsim_mesa.society.model import EconModel

BUNDLE = frozenset(
    [
        "CITATION.cff",
        "LICENSE",
        "LIMITS.md",
        "ODD.md",
        "environment.json",
        "manifest.sha256",
        "ro-crate-metadata.json",
        "run.sqlite",
        "scenario.json",
        "summary.json",
    ]
)
"""Names in the folder of a run that ended, whoever decided."""
CONTENT = (*TABLES, "agents", "steps", "accounts")
"""All tables that say what happened."""


def go_on(model: EconModel, recorder: Recorder, until: int | None = None) -> Path:
    """Make steps up to step ``until`` (None: to the end), close, and return the folder."""
    while model.running and (until is None or model.town.t + 1 < until):
        model.step()
    recorder.close("interrupted")  # nothing, if the model closed it after its last step
    return recorder.folder


def keep(model: EconModel, folder: Path, until: int | None = None) -> Path:
    """Run a model that has made no step yet and keep it in a folder."""
    return go_on(model, Recorder.begin(model, folder), until)


def rows(folder: Path, table: str, begin: int = -1, end: int = 10**9) -> list[tuple[Any, ...]]:
    """Return the rows of a table, of steps from ``begin`` to before ``end``."""
    with load_run(folder) as run:
        return [row for row in run.rows(table) if table == "accounts" or begin <= row[0] < end]


def content(folder: Path, begin: int = -1, end: int = 10**9) -> dict[str, list[tuple[Any, ...]]]:
    """Return all that happened in some steps, but not what came from outside."""
    return {table: rows(folder, table, begin, end) for table in CONTENT if table != "inputs"}
