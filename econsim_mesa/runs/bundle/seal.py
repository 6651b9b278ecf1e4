"""Sealing: a run that ended becomes a bundle, whose manifest is written last.

A folder without a manifest is no bundle: its run is under way, or was killed. Before a bundle is
changed, ``unseal`` deletes its manifest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from econsim_mesa.errors import BadInput
from econsim_mesa.runs.bundle.crate import CRATE
from econsim_mesa.runs.bundle.derived import (
    DERIVED,
    DERIVING,
    LASTING,
    derived_text,
    is_among,
    read_derived,
    read_unfinished,
)
from econsim_mesa.runs.bundle.documents import write_documents
from econsim_mesa.runs.bundle.files import (
    PART,
    files_in,
    is_plain,
    is_regular,
    sha256_of,
    write_whole,
)
from econsim_mesa.runs.bundle.manifest import MANIFEST, bundle_id, canonical, id_of
from econsim_mesa.runs.bundle.run_crate import run_crate
from econsim_mesa.runs.bundle.sample import write_sample
from econsim_mesa.runs.folders import PLAN
from econsim_mesa.runs.reader import load_run
from econsim_mesa.runs.summary import SUMMARY, Summary, summarize, summary_text
from econsim_mesa.society.measures import Tally


class Sealed(NamedTuple):
    """A run that is a bundle: its id, and its summary."""

    id: str
    summary: Summary


def seal_run(folder: Path, days: Mapping[str, Tally] | None = None) -> Sealed:
    """Make a bundle of a run, finished or not, whose store is closed.

    Args:
        folder: The run.
        days: Its measures ``SUMMED_UP`` by day; None: they are read from its records.

    Raises:
        BadInput: A file cannot be read, or is a link.
    """
    unseal(folder)
    run = load_run(folder)
    summary = summarize(run, days)
    (folder / SUMMARY).write_text(summary_text(summary), encoding="utf-8", newline="\n")
    write_documents(folder)
    write_sample(run)
    return Sealed(seal(folder, lambda hashes: run_crate(run, summary, hashes)), summary)


def seal(folder: Path, crate: Callable[[Mapping[str, str]], str]) -> str:
    """Write the crate and the manifest of a folder, and return the bundle's id.

    ``crate`` returns the crate, given name -> SHA-256 of all files but the crate itself, the two
    lists and derived files.
    """
    for left in folder.glob(f"*{PART}"):
        left.unlink()
    lasting = _forget_derived(folder)
    names = own_files(folder) - {CRATE, *lasting}
    hashes = {name: sha256_of(folder / name) for name in names}
    (folder / CRATE).write_text(crate(hashes), encoding="utf-8", newline="\n")
    manifest = canonical({**hashes, CRATE: sha256_of(folder / CRATE)})
    if lasting:
        write_whole(folder / DERIVED, derived_text(id_of(manifest), lasting))
    write_whole(folder / MANIFEST, manifest)
    return id_of(manifest)


def unseal(folder: Path) -> None:
    """Delete the manifest, because files of the folder are about to change."""
    (folder / MANIFEST).unlink(missing_ok=True)


def is_sealed(folder: Path | str) -> bool:
    """Whether a folder is a bundle."""
    return bundle_id(folder) is not None


def own_files(folder: Path) -> set[str]:
    """Return the names of the files of a bundle, without the two lists.

    Of each run in an experiment, only the manifest belongs to the bundle of the experiment. Raises
    ``BadInput`` for a link and for a name that no list can hold.
    """
    found: set[str] = set()
    of_runs = re.compile(r"runs/[^/]+/.*") if (folder / PLAN).is_file() else None
    for name in files_in(folder):
        if not is_plain(name) or not is_regular(folder, name):
            raise BadInput(f"{folder / name} is no plain file; a bundle holds nothing else")
        in_run = of_runs is not None and of_runs.fullmatch(name) is not None
        if in_run and not (name.count("/") == 2 and name.endswith(f"/{MANIFEST}")):
            continue
        if name not in (MANIFEST, DERIVED, DERIVING):
            found.add(name)
    return found


def _delete(folder: Path, name: str) -> None:
    """Delete a file, and the folders in ``folder`` that hold nothing after it."""
    (folder / name).unlink()
    for parent in Path(name).parents[:-1]:
        if any((folder / parent).iterdir()):
            break
        (folder / parent).rmdir()


def _forget_derived(folder: Path) -> dict[str, str]:
    """Delete files derived from an earlier state of the folder; return those that remain valid.

    Files that changed since they were listed are kept; unfinished files are deleted.
    """
    unfinished = read_unfinished(folder)
    for name in [one for one in files_in(folder) if is_among(one, unfinished)]:
        if name not in LASTING:
            _delete(folder, name)
    (folder / DERIVING).unlink(missing_ok=True)
    _, listed = read_derived(folder)
    for name, digest in listed.items():
        as_listed = is_regular(folder, name) and sha256_of(folder / name) == digest
        if name not in LASTING and as_listed:
            _delete(folder, name)
    (folder / DERIVED).unlink(missing_ok=True)
    present = [name for name in sorted(LASTING) if is_regular(folder, name)]
    return {name: sha256_of(folder / name) for name in present}
