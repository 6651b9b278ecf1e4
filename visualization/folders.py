"""The folders of runs that can be opened."""

from __future__ import annotations

from pathlib import Path

from econsim_mesa.records.store import DATABASE

RUNS = Path("runs")
"""Where runs lie, as `econsim run` puts them: below the folder in which the command was given."""
MOST_RUNS = 50
"""Runs that are offered at most, the newest."""


def is_run(folder: Path) -> bool:
    """Whether a folder holds a run."""
    return (folder / DATABASE).is_file()


def known_runs() -> list[Path]:
    """Return the folders of runs, newest first."""
    if not RUNS.is_dir():
        return []
    found = [folder for folder in RUNS.iterdir() if is_run(folder)]
    newest = sorted(found, key=lambda folder: (folder / DATABASE).stat().st_mtime, reverse=True)
    return newest[:MOST_RUNS]
