"""The end of an experiment: its tables are written, and its folder is sealed as a bundle.

The manifest lists the plan, the index and the tables, and the id of each run's own bundle.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from econsim_mesa.errors import BadInput
from econsim_mesa.experiment.crate import experiment_crate
from econsim_mesa.experiment.folder import TABLES, read_experiment, run_folders
from econsim_mesa.experiment.integrity import damage_to
from econsim_mesa.runs.bundle.documents import write_documents
from econsim_mesa.runs.bundle.manifest import bundle_id
from econsim_mesa.runs.bundle.seal import is_sealed, seal, unseal

Tables = Mapping[str, Sequence[Mapping[str, Any]]]


def finalize_experiment(folder: Path, tables: Tables) -> str | None:
    """Write the tables and seal the folder; return the bundle's id.

    Returns None if the experiment is not complete: a run is not sealed or is damaged, or a
    condition has no run yet. A folder that is sealed with the same tables is not changed.
    """
    text = tables_text(tables)
    path = folder / TABLES
    if is_sealed(folder) and path.is_file() and path.read_bytes() == text.encode():
        return bundle_id(folder)
    if not all(is_sealed(run) and not damage_to(run) for run in run_folders(folder)):
        return None
    try:
        experiment = read_experiment(folder)
    except BadInput:
        return None
    unseal(folder)
    path.write_text(text, encoding="utf-8", newline="\n")
    write_documents(folder)
    return seal(folder, lambda hashes: experiment_crate(experiment, hashes))


def tables_text(tables: Tables) -> str:
    """Return tables as the JSON text of their file."""
    return json.dumps(tables, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
