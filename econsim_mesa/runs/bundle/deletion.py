"""Deleting a run to make another one in its folder: only what is ours, and what nobody uses."""

from __future__ import annotations

import shutil
from pathlib import Path

from econsim_mesa.errors import BadInput
from econsim_mesa.runs.bundle.crate import CRATE
from econsim_mesa.runs.bundle.derived import DERIVED, DERIVING, read_derived
from econsim_mesa.runs.bundle.environment import ENVIRONMENT
from econsim_mesa.runs.bundle.files import files_in
from econsim_mesa.runs.bundle.manifest import MANIFEST, parse, read_list
from econsim_mesa.runs.bundle.run_request import REQUEST
from econsim_mesa.runs.reader import RunTables, ready_to_read
from econsim_mesa.runs.store import DATABASE, MODEL, SCENARIO, in_use

_OURS = {DATABASE, SCENARIO, MODEL, "model.py", REQUEST, ENVIRONMENT, CRATE}
_LISTS = {MANIFEST, DERIVED, DERIVING}
_BEFORE_SEALING = ("prompts/", "model-from-")
"""What a run that is not sealed has besides, and lists nowhere yet."""


def delete_run(folder: Path) -> None:
    """Delete the run in a folder; an empty or missing folder stays as it is.

    Raises:
        BadInput: The folder holds something that is no part of a run, or its run is going on.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    RunTables(ready_to_read(folder), lambda connection, path: {})
    if in_use(folder):
        raise BadInput(
            f"the run in {folder} is in use, and is not overwritten; name another folder"
        )
    listed = parse(read_list(folder / MANIFEST), MANIFEST) if (folder / MANIFEST).is_file() else {}
    unlisted = () if listed else _BEFORE_SEALING
    known = {*_OURS, *_LISTS, *listed, *read_derived(folder)[1]}
    for name in files_in(folder):
        if name not in known and not name.startswith(unlisted):
            raise BadInput(
                f"{folder} holds {name}, which is no part of its run, and is not overwritten; "
                "name another folder"
            )
    shutil.rmtree(folder)
