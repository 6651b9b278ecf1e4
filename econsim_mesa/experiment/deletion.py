"""Deleting an experiment to make another one in its folder: only what is ours and nobody uses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from econsim_mesa.errors import BadInput
from econsim_mesa.experiment.external_targets import TARGETS
from econsim_mesa.experiment.folder import TABLES, run_folders
from econsim_mesa.experiment.index import status_in
from econsim_mesa.experiment.plan import LOCK, WORKERS_LOCK
from econsim_mesa.runs.bundle.deletion import (
    BUNDLED,
    delete_files,
    refuse_in_use,
    refuse_strange,
    strange_files,
    strange_in_run,
)
from econsim_mesa.runs.bundle.files import unusable
from econsim_mesa.runs.folders import INDEX, PLAN, is_experiment
from econsim_mesa.runs.reader import ready_to_read
from econsim_mesa.runs.store import in_use

_LOCKS = frozenset({LOCK, WORKERS_LOCK})
_OWN = BUNDLED | _LOCKS | {PLAN, INDEX, f"{INDEX}-journal", TARGETS, TABLES}


def delete_experiment(folder: Path) -> None:
    """Delete the experiment in a folder that this process holds; an empty one stays as it is.

    Nothing is deleted unless all of the folder belongs to the experiment, and none of its runs is
    going on. The locks stay.

    Raises:
        BadInput: The folder holds no experiment or something else as well, or is in use.
    """
    try:
        if not {path.name for path in folder.iterdir()} - _LOCKS:
            return
        if not is_experiment(folder):
            raise BadInput(
                f"{folder} holds no experiment, and is not overwritten; name another folder"
            )
        for run in run_folders(folder):
            if in_use(run):
                ready_to_read(run)  # what a killed process left is put in order
            refuse_in_use(run)
        refuse_strange(folder, _strange(folder))
        delete_files(folder, _LOCKS)
    except OSError as error:
        raise unusable(folder, error) from error


def _strange(folder: Path) -> Iterator[str]:
    """Yield the names of files that are no part of an experiment, nor of a run that it plans."""
    runs = {f"runs/{run}" for run in status_in(folder)}

    def is_in_run(name: str) -> bool:
        return "/".join(name.split("/")[:2]) in runs and name.count("/") > 1

    yield from strange_files(folder, lambda name: name in _OWN or is_in_run(name))
    for run in sorted(runs):
        if (folder / run).is_dir():
            yield from (f"{run}/{name}" for name in strange_in_run(folder / run))
