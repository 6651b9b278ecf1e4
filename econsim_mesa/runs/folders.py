"""Folders of runs: where they lie, how a new one is called, and which there are."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from econsim_mesa.runs.store import DATABASE

if TYPE_CHECKING:
    from econsim_mesa.scenario import Scenario

RUNS = Path("runs")
"""Where runs lie for which no folder is named: below the folder in which a command is given."""


def new_folder(scenario: Scenario) -> Path:
    """Return the folder of a new run for which none is named; it is not made."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    return RUNS / f"{scenario.name}-{moment}-{secrets.token_hex(3)}"


def is_run(folder: Path) -> bool:
    """Return whether a folder holds a run."""
    try:
        return (folder / DATABASE).is_file()
    except OSError:  # no name of a file
        return False


def newest_runs(most: int) -> list[Path]:
    """Return the folders of at most so many runs that lie in ``RUNS``, newest first."""
    if not RUNS.is_dir():
        return []
    runs = [folder for folder in RUNS.iterdir() if is_run(folder)]
    newest = sorted(runs, key=lambda folder: (folder / DATABASE).stat().st_mtime, reverse=True)
    return newest[:most]
