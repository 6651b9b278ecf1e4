"""Compare the two lists of a bundle with the files in its folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from econsim_mesa.errors import BadInput
from econsim_mesa.runs.bundle.derived import (
    DERIVED,
    DERIVING,
    LEFT_OVER,
    derived_text,
    is_among,
    read_derived,
    read_unfinished,
)
from econsim_mesa.runs.bundle.files import empty_folders, files_in, is_regular, sha256_of
from econsim_mesa.runs.bundle.findings import Finding, Kind, incomplete, tampered
from econsim_mesa.runs.bundle.manifest import (
    MANIFEST,
    NotCanonical,
    canonical,
    id_of,
    parse,
    read_list,
)
from econsim_mesa.runs.folders import PLAN

_NO_FILE = "is a link, or no file"
_UNFINISHED = "was being made when its program stopped; make it anew, or delete it"


def runs_of(listed: Mapping[str, str]) -> list[str]:
    """Return the folders of the runs of an experiment, whose manifests its own one lists.

    >>> runs_of({"plan.json": "0", "runs/a.s1/manifest.sha256": "0", "runs/notes.txt": "0"})
    ['runs/a.s1']
    """
    if PLAN not in listed:
        return []
    end = f"/{MANIFEST}"
    return [
        name.removesuffix(end)
        for name in listed
        if name.startswith("runs/") and name.count("/") == 2 and name.endswith(end)
    ]


def check_files(folder: Path) -> Iterator[Finding]:
    """Yield a finding for each file that is missing, changed or not listed.

    The runs of an experiment are bundles of their own, which the caller checks.
    """
    strange = [name for name in (MANIFEST, DERIVED, DERIVING) if _is_there(folder, name)]
    strange = [name for name in strange if not is_regular(folder, name)]
    if strange:
        yield from (tampered(name, _NO_FILE) for name in strange)
        return
    try:
        text = read_list(folder / MANIFEST)
        listed = parse(text, MANIFEST)
    except FileNotFoundError:
        yield incomplete(MANIFEST, "there is none: the run goes on, or was killed")
        return
    except (NotCanonical, OSError) as error:
        yield tampered(MANIFEST, str(error))
        return
    if canonical(listed) != text:
        yield tampered(MANIFEST, "its lines are not in their order")
    derived, found = _check_derived(folder, id_of(text))
    yield from found
    for name in sorted(set(listed) & set(derived)):
        yield tampered(name, f"is listed in {DERIVED} as well")
    unfinished, found = _check_unfinished(folder, listed)
    yield from found
    yield from _check_hashes(folder, {**derived, **listed}, unfinished)
    own = tuple(f"{run}/" for run in runs_of(listed))
    known = {*listed, *derived, MANIFEST, DERIVED, DERIVING}
    for name in sorted(files_in(folder)):
        if name not in known and not name.startswith(own or ("\0",)):
            plain = is_regular(folder, name)
            if plain and (is_among(name, unfinished) or name in LEFT_OVER):
                yield incomplete(name, _UNFINISHED)
            else:
                yield tampered(name, "is in no list")
    for name in sorted(empty_folders(folder)):
        if not f"{name}/".startswith(own or ("\0",)):
            unfinished_one = is_among(name, unfinished)
            yield (incomplete if unfinished_one else tampered)(name, "is a folder without files")


def altered(folder: Path) -> list[Finding]:
    """Return a finding for each file that changed since a bundle, or a run in it, was sealed.

    Unlike ``check_files`` it leaves out derived and unfinished files.
    """
    found = list(_altered(folder))
    if not any(one.where == MANIFEST for one in found):
        for run in runs_of(parse(read_list(folder / MANIFEST), MANIFEST)):
            found += [one._replace(where=f"{run}/{one.where}") for one in _altered(folder / run)]
    return found


def _altered(folder: Path) -> Iterator[Finding]:
    try:
        later = {DERIVED, DERIVING, *read_derived(folder)[1]}
    except (BadInput, OSError):
        later = {DERIVED, DERIVING}
    for one in check_files(folder):
        if one.kind is Kind.tampered and one.where not in later:
            yield one


def _check_derived(folder: Path, bundle: str) -> tuple[dict[str, str], list[Finding]]:
    """Return name -> SHA-256 of the derived files, and a finding for each fault of their list."""
    path = folder / DERIVED
    try:
        made_of, listed = read_derived(folder)
        whole = not path.exists() or read_list(path) == derived_text(made_of, listed)
    except (BadInput, OSError) as error:
        return {}, [tampered(DERIVED, str(error))]
    found = [] if whole else [tampered(DERIVED, "its lines are not in their order")]
    if path.exists() and made_of != bundle:
        words = f"names the bundle {made_of[:12]}..., and this is {bundle[:12]}..."
        found.append(tampered(DERIVED, words))
    return listed, found


def _check_unfinished(folder: Path, listed: Mapping[str, str]) -> tuple[set[str], list[Finding]]:
    """Return the names of files that were being made when a program stopped, and findings."""
    try:
        names = read_unfinished(folder)
    except (BadInput, OSError) as error:
        return set(), [tampered(DERIVING, str(error))]
    bent = sorted(one for one in {*listed, MANIFEST, DERIVED} if is_among(one, names))
    if bent:
        return set(), [tampered(DERIVING, f"names {bent[0]}, which is part of the bundle")]
    if not _is_there(folder, DERIVING):
        return set(), []
    words = f"a program stopped while it made {', '.join(sorted(names)) or 'nothing'}"
    return names, [incomplete(DERIVING, f"{words}; make that anew, or delete it and then: "
                                        f"econsim report {folder}")]  # fmt: skip


def _check_hashes(
    folder: Path, listed: Mapping[str, str], unfinished: set[str]
) -> Iterator[Finding]:
    for name, digest in listed.items():
        try:
            if not is_regular(folder, name):
                yield tampered(name, _NO_FILE if _is_there(folder, name) else "is missing")
            elif sha256_of(folder / name) != digest:
                if is_among(name, unfinished):
                    yield incomplete(name, _UNFINISHED)
                else:
                    yield tampered(name, "is not what it was when it was listed")
        except OSError as error:
            yield tampered(name, f"cannot be read: {error.strerror or error}")


def _is_there(folder: Path, name: str) -> bool:
    """Whether anything has this name, be it a broken link."""
    return os.path.lexists(folder / name)
