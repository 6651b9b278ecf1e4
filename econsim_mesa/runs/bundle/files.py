"""Files of a folder: their names in one canonical form, their hashes, writing them whole."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from econsim_mesa.errors import BadInput

PART = ".part"
"""Suffix of the name of a file that is being written; a left-over file is incomplete."""
_LONGEST = 1000
_CHUNK = 1 << 20


def files_in(folder: Path) -> Iterator[str]:
    """Yield the name of every file below a folder, with ``/`` between its parts, in no order.

    A link is yielded too, and never followed. Folders themselves are not yielded.
    """
    pending = [""]
    while pending:
        inside = pending.pop()
        with os.scandir(folder / inside) as entries:
            for entry in entries:
                name = f"{inside}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    pending.append(f"{name}/")
                else:
                    yield name


def empty_folders(folder: Path) -> Iterator[str]:
    """Yield the name of every folder below a folder that holds nothing, in no order."""
    for place, folders, files in os.walk(folder):
        if not folders and not files and Path(place) != folder:
            yield Path(place).relative_to(folder).as_posix()


def is_plain(name: str) -> bool:
    """Whether a name may stand in a list of files: relative, within the folder, on one line.

    >>> [is_plain(name) for name in ("a/b.txt", "../a", "/a", "a//b", "C:" + chr(92) + "a")]
    [True, False, False, False, False]
    """
    parts = name.split("/")
    return (
        len(name) <= _LONGEST
        and name.isprintable()
        and "\\" not in name
        and not any(part in ("", ".", "..") for part in parts)
        and str(PurePosixPath(name)) == name
    )


def is_regular(folder: Path, name: str) -> bool:
    """Whether a name leads to a regular file without following a link."""
    path = folder
    for part in name.split("/"):
        path /= part
        if path.is_symlink():
            return False
    return path.is_file()


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal, whatever its size."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def write_whole(path: Path, text: str) -> None:
    """Write a text file atomically: after a crash it is complete or absent."""
    part = path.with_name(f"{path.name}{PART}")
    with part.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def unusable(path: Path, error: OSError) -> BadInput:
    """Return the error for a file that cannot be read or written."""
    return BadInput(f"cannot use {path}: {error.strerror or error}")
