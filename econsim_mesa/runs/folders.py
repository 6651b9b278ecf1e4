"""Folders of runs and experiments: where they lie, how a new one is called, which there are."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from econsim_mesa.errors import BadInput
from econsim_mesa.runs.store import DATABASE

if TYPE_CHECKING:
    from econsim_mesa.scenario import Scenario

_NAME = re.compile(r"[\w.-]+")
_LONGEST = 60
PLAN, INDEX = "plan.json", "experiment.sqlite"
"""Names of the files by which the folder of an experiment is known."""
RUNS = Path("runs")
"""Where runs lie for which no folder is named: below the folder in which a command is given."""


def new_folder(scenario: Scenario, name: str = "") -> Path:
    """Return the folder of a new run, which is not made.

    Without a name it is called by the scenario and the moment. Raises ``BadInput`` if a name is
    none of a folder, or taken.
    """
    if name:
        _refuse_name(name)
        return RUNS / name
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    return RUNS / f"{scenario.name}-{moment}-{secrets.token_hex(3)}"


def _refuse_name(name: str) -> None:
    if name.startswith(".") or len(name) > _LONGEST or not _NAME.fullmatch(name):
        raise BadInput(
            f"{name[:_LONGEST]!r} cannot name a folder: take at most {_LONGEST} letters, digits, "
            "dots, hyphens or underscores"
        )
    if (RUNS / name).exists():
        raise BadInput(f"{RUNS / name} is there already: give another name")


def is_run(folder: Path) -> bool:
    """Return whether a folder holds a run."""
    try:
        return (folder / DATABASE).is_file()
    except OSError:  # no name of a file
        return False


def is_experiment(folder: Path) -> bool:
    """Return whether a folder holds an experiment."""
    try:
        return (folder / PLAN).is_file() and (folder / INDEX).is_file()
    except OSError:  # no name of a file
        return False


def newest_runs(most: int) -> list[Path]:
    """Return the folders of at most so many runs that lie in ``RUNS``, newest first."""
    if not RUNS.is_dir():
        return []
    runs = [folder for folder in RUNS.iterdir() if is_run(folder)]
    newest = sorted(runs, key=lambda folder: (folder / DATABASE).stat().st_mtime, reverse=True)
    return newest[:most]
