"""Files derived from a bundle: listed apart, so that they never change the bundle's id.

The first line of ``derived.sha256`` gives that id, the hash of the manifest; a line for each file
follows, in the form of the manifest. Code that writes into the folder of a sealed run or experiment
does so within ``deriving``. ``econsim verify`` reports files that stand in neither list.

While files are being made, ``deriving.sha256`` names them, so that the files of a killed program
are recognised as unfinished.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from econsim_mesa.errors import BadInput
from econsim_mesa.runs.bundle.files import (
    PART,
    files_in,
    is_plain,
    is_regular,
    sha256_of,
    unusable,
    write_whole,
)
from econsim_mesa.runs.bundle.manifest import (
    MANIFEST,
    NotCanonical,
    bundle_id,
    canonical,
    parse,
    read_list,
)

DERIVED = "derived.sha256"
"""Name of its file."""
DERIVING = "deriving.sha256"
"""Name of the file that names what is being made; its hashes are not known yet: zeros."""
LEFT_OVER = (f"{DERIVED}{PART}", f"{DERIVING}{PART}")
"""Files that remain beside the lists if the program is killed while it writes them."""
UNSEALED = "0" * 64
"""Stands for the id where there is no bundle yet."""
LASTING = frozenset({"asks.sqlite"})
"""Derived files that remain valid after a run is resumed: answers given at earlier steps."""


@contextmanager
def deriving(folder: Path | str, *paths: Path | str) -> Iterator[None]:
    """List the files that a ``with`` block derives from a bundle.

    The block makes the files; they are listed when it ends. If it raises, or the program is killed,
    they stay listed as unfinished until they are made again.

    Args:
        folder: The folder of the bundle.
        paths: The files, as in ``record_derived``; they need not exist yet.

    Raises:
        BadInput: As in ``record_derived``, or the folder cannot be written.
    """
    folder = Path(folder)
    names = {_name(folder, Path(path)) for path in paths}
    try:
        _note_unfinished(folder, names | read_unfinished(folder))
    except OSError as error:
        raise unusable(folder, error) from error
    yield
    record_derived(folder, *paths)


def record_derived(folder: Path | str, *paths: Path | str) -> Path:
    """List files that were derived from a bundle, with their present hashes.

    Args:
        folder: The folder of the bundle.
        paths: Files in it, relative to it or to the working directory. A folder stands for all
            files in it; entries of files that no longer exist are removed from the list.

    Returns:
        The path of the list.

    Raises:
        BadInput: A path lies outside the folder, or is a file of the bundle itself.
    """
    folder = Path(folder)
    target, found = folder / DERIVED, bundle_id(folder) or UNSEALED
    made_of, listed = read_derived(folder)
    if made_of != found:  # of an earlier state of the folder: no more than what lasts
        listed = {name: digest for name, digest in listed.items() if name in LASTING}
    own = parse(read_list(folder / MANIFEST), MANIFEST) if (folder / MANIFEST).is_file() else {}
    unfinished = read_unfinished(folder)
    names = [_name(folder, Path(path)) for path in paths]
    for name in [*names, *sorted(unfinished & LASTING)]:
        within = [one for one in listed if one == name or one.startswith(f"{name}/")]
        for one in within:
            del listed[one]
        for one in _files(folder, name):
            if one in own or one in (MANIFEST, DERIVED, DERIVING):
                raise BadInput(f"{folder / one} is part of the bundle, and not derived from it")
            listed[one] = sha256_of(folder / one)
        (folder / f"{name}{PART}").unlink(missing_ok=True)
    write_whole(target, derived_text(found, listed))
    rest = unfinished - set(names) - LASTING
    _note_unfinished(folder, {name for name in rest if os.path.lexists(folder / name)})
    return target


def read_derived(folder: Path) -> tuple[str, dict[str, str]]:
    """Return the id of the bundle from which files were derived, and name -> SHA-256 of each.

    Returns ``UNSEALED`` and an empty mapping if there is no list. Raises ``NotCanonical``.
    """
    path = folder / DERIVED
    if not path.is_file():
        return UNSEALED, {}
    text = read_list(path)
    first, _, rest = text.partition("\n")
    head = parse(f"{first}\n", DERIVED)
    if list(head) != [MANIFEST]:
        raise NotCanonical(f"{DERIVED}: its first line does not name {MANIFEST}")
    return head[MANIFEST], parse(rest, DERIVED)


def read_unfinished(folder: Path) -> set[str]:
    """Return the names of files and folders that were being made. Raises ``NotCanonical``."""
    path = folder / DERIVING
    if not path.is_file():
        return set()
    text = read_list(path)
    names = parse(text, DERIVING)
    if text != _unfinished_text(names):
        raise NotCanonical(f"{DERIVING}: its lines are not what names files that are being made")
    return set(names)


def is_among(name: str, unfinished: Iterable[str]) -> bool:
    """Whether a file is one of those being made, or a part of one.

    >>> [is_among(name, ["a", "b.html"]) for name in ("a/x", "b.html.part", "b.html/x", "c")]
    [True, True, True, False]
    """
    whole = name.removesuffix(PART)
    return any(whole == one or name.startswith(f"{one}/") for one in unfinished)


def _note_unfinished(folder: Path, names: set[str]) -> None:
    """Write the names of the files being made; delete the list if there are none."""
    if names:
        write_whole(folder / DERIVING, _unfinished_text(names))
    else:
        (folder / DERIVING).unlink(missing_ok=True)
        for left in LEFT_OVER:
            (folder / left).unlink(missing_ok=True)


def _unfinished_text(names: Iterable[str]) -> str:
    return canonical(dict.fromkeys(names, UNSEALED))


def derived_text(made_of: str, listed: dict[str, str]) -> str:
    """Return the list in its one canonical form."""
    return canonical({MANIFEST: made_of}) + canonical(listed)


def _name(folder: Path, path: Path) -> str:
    """Return the name, as seen from the folder, of a path in it."""
    home = folder.resolve()
    for candidate in (path, folder / path):
        parent = candidate.parent.resolve()
        inside = parent.is_relative_to(home) and candidate.name not in ("", "..")
        if inside and (candidate.exists() or candidate is not path):
            name = (parent.relative_to(home) / candidate.name).as_posix()
            if is_plain(name):
                return name
    raise BadInput(f"{path} is not in the folder {folder}; only what lies there is recorded")


def _files(folder: Path, name: str) -> Iterable[str]:
    """Return the names of a file, or of all files in a folder; nothing if it is gone."""
    path = folder / name
    if path.is_dir() and not path.is_symlink():
        found = [f"{name}/{one}" for one in files_in(path)]
    else:
        found = [name] if path.exists() or path.is_symlink() else []
    for one in found:
        if not is_regular(folder, one) or not is_plain(one):
            raise BadInput(f"{folder / one} is not a plain file; it cannot be recorded")
    return found
