"""Deleting a run to make another one in its folder: only what is ours, and what nobody uses."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from econsim_mesa.errors import BadInput
from econsim_mesa.prompts.archive import is_prompt_file
from econsim_mesa.runs.bundle.crate import CRATE
from econsim_mesa.runs.bundle.derived import (
    DERIVED,
    DERIVING,
    LASTING,
    LEFT_OVER,
    is_among,
    read_derived,
    read_unfinished,
)
from econsim_mesa.runs.bundle.documents import DOCUMENTS
from econsim_mesa.runs.bundle.environment import ENVIRONMENT
from econsim_mesa.runs.bundle.files import PART, files_in, unusable
from econsim_mesa.runs.bundle.manifest import MANIFEST, parse, read_list
from econsim_mesa.runs.bundle.run_request import REQUEST
from econsim_mesa.runs.bundle.sample import SAMPLE
from econsim_mesa.runs.reader import RunTables, ready_to_read
from econsim_mesa.runs.store import DATABASE, MODEL, SCENARIO, in_use
from econsim_mesa.runs.summary import SUMMARY

BUNDLED = frozenset({CRATE, MANIFEST, DERIVED, DERIVING, *LEFT_OVER, *DOCUMENTS})
"""Files that stand in the bundle of a run and of an experiment."""
_OF_RUN = BUNDLED | LASTING | {DATABASE, f"{DATABASE}-shm", SCENARIO, MODEL, REQUEST, ENVIRONMENT}
_OF_RUN |= {SUMMARY, SAMPLE}
_SOURCE = re.compile(r"model(-from-\d+)?\.py")
"""Copies of the file that holds the class of a Mesa model."""


def delete_run(folder: Path) -> None:
    """Delete the run in a folder; an empty or missing folder stays as it is.

    Nothing is deleted unless all of the folder belongs to a run that has ended, or was killed.

    Raises:
        BadInput: The folder holds something that is no part of a run, or its run is going on.
    """
    try:
        if is_empty(folder):
            return
        refuse_link(folder)
        run = RunTables(ready_to_read(folder), lambda connection, path: {})
        refuse_in_use(folder)
        refuse_strange(folder, strange_in_run(folder))
        if run.meta.get("status") != "running" and not (folder / MANIFEST).is_file():
            raise BadInput(
                f"the run in {folder} has ended and is not sealed yet, and is not overwritten; "
                f"wait for that, or seal it by: econsim resume {folder}"
            )
        delete_files(folder)
    except OSError as error:
        raise unusable(folder, error) from error


def is_empty(folder: Path) -> bool:
    """Whether there is nothing to delete: no folder, or nothing in it."""
    return not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))


def refuse_link(folder: Path) -> None:
    """Raise ``BadInput`` for a link to a folder."""
    if folder.is_symlink():
        raise BadInput(f"{folder} is a link, and is not overwritten; name the folder itself")


def refuse_strange(folder: Path, names: Iterator[str]) -> None:
    """Raise ``BadInput`` for the first of the names of files that belong to somebody else."""
    for name in names:
        raise BadInput(
            f"{folder} holds {name}, which is no part of what was recorded there, and is not "
            "overwritten; move it away, or name another folder"
        )


def refuse_in_use(folder: Path) -> None:
    """Raise ``BadInput`` for a run that is being written."""
    if in_use(folder):
        raise BadInput(
            f"the run in {folder} is in use, and is not overwritten; wait for its end, stop it "
            '(in Python: model.store.close("interrupted")), or name another folder'
        )


def strange_in_run(folder: Path) -> Iterator[str]:
    """Yield the names of files in the folder of a run, whole or not, that no run has."""
    return strange_files(
        folder,
        lambda name: name in _OF_RUN or is_prompt_file(name) or _SOURCE.fullmatch(name) is not None,
    )


def strange_files(folder: Path, is_own: Callable[[str], bool]) -> Iterator[str]:
    """Yield the names of files that are neither listed in a bundle nor otherwise ``is_own``.

    Raises ``NotCanonical`` for lists that are damaged.
    """
    manifest = folder / MANIFEST
    listed = parse(read_list(manifest), MANIFEST).keys() if manifest.is_file() else set()
    known = {*listed, *read_derived(folder)[1]}
    unfinished = read_unfinished(folder)
    for name in sorted(files_in(folder)):
        whole = name.removesuffix(PART)
        if not (name in known or is_own(whole) or is_among(name, unfinished)):
            yield name


def delete_files(folder: Path, but: Collection[str] = ()) -> None:
    """Delete all in a folder that may be the present one, but some files; the database first."""
    (folder / DATABASE).unlink(missing_ok=True)
    for path in list(folder.iterdir()):
        if path.name in but:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
