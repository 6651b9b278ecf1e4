"""How the page's address and its texts name the folder of a run."""

from __future__ import annotations

import os
from pathlib import Path

from econsim_mesa.errors import BadInput
from econsim_mesa.runs.folders import RUNS, is_experiment, is_run


def relative_path(folder: Path) -> str:
    """Return a folder as seen from where the command was given; one that lies elsewhere whole."""
    here = Path.cwd()
    return str(folder.relative_to(here)) if folder.is_relative_to(here) else str(folder)


def address_of(folder: Path | None) -> str:
    """Return how the page's address names a run; ``""`` for none."""
    return "" if folder is None else relative_path(folder).removeprefix(f"{RUNS}{os.sep}")


def run_at(address: str) -> Path:
    """Return the folder of the run, or experiment, that the page's address names.

    Raises ``BadInput``: there is none.
    """
    for folder in (RUNS / address, Path(address)):
        if address and (is_run(folder) or is_experiment(folder)):
            return folder
    raise BadInput(f"there is no run {address!r} here; choose one under “Open or set up”")
