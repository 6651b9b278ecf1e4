"""The folders of runs that can be opened."""

from __future__ import annotations

import os
from pathlib import Path

from econsim_mesa.errors import BadInput
from econsim_mesa.runs.store import DATABASE

RUNS = Path("runs")
"""Where runs lie, as `econsim run` puts them: below the folder in which the command was given."""
MOST_RUNS = 50
"""Runs that are offered at most, the newest."""


def is_run(folder: Path) -> bool:
    """Whether a folder holds a run."""
    try:
        return (folder / DATABASE).is_file()
    except OSError:  # no name of a file
        return False


def known_runs() -> list[Path]:
    """Return the folders of runs, newest first."""
    if not RUNS.is_dir():
        return []
    found = [folder for folder in RUNS.iterdir() if is_run(folder)]
    newest = sorted(found, key=lambda folder: (folder / DATABASE).stat().st_mtime, reverse=True)
    return newest[:MOST_RUNS]


def shown(folder: Path) -> str:
    """Return a folder as people write it: from where the command was given, if it lies below."""
    here = Path.cwd()
    return str(folder.relative_to(here)) if folder.is_relative_to(here) else str(folder)


def address_of(folder: Path | None) -> str:
    """Return how the page's address names a run; ``""`` for none."""
    return "" if folder is None else shown(folder).removeprefix(f"{RUNS}{os.sep}")


def run_at(address: str) -> Path:
    """Return the folder of the run that the page's address names. Raises ``BadInput``: no run."""
    for folder in (RUNS / address, Path(address)):
        if address and is_run(folder):
            return folder
    raise BadInput(f"there is no run {address!r} here; choose one under “Open or set up”")
