"""The manifest: a hash and a name on each line, in one canonical form.

``sha256sum --check manifest.sha256`` reads it as well. The SHA-256 of the manifest is the bundle's
id. The manifest of an experiment lists only the manifest of each run, whose hash is the run's id.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from econsim_mesa.errors import BadInput
from econsim_mesa.runs.bundle.files import is_plain, sha256_of

MANIFEST = "manifest.sha256"
"""Name of its file in the folder of a run or an experiment."""
MAX_BYTES = 20_000_000
"""Size above which a list of hashes is refused unread."""

_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")


class NotCanonical(BadInput):
    """A list of hashes is not in the form in which it is written."""


def canonical(hashes: Mapping[str, str]) -> str:
    """Return name -> SHA-256 as lines, sorted by the bytes of the names.

    >>> canonical({"b": "0" * 64, "a": "1" * 64}).splitlines()[0][-4:]
    '1  a'
    """
    names = sorted(hashes, key=str.encode)
    return "".join(f"{hashes[name]}  {name}\n" for name in names)


def parse(text: str, source: str) -> dict[str, str]:
    """Return name -> SHA-256 of the lines of a list, in their order.

    Raises ``NotCanonical`` for a malformed line, a name that leads out of the folder, and a name
    that occurs twice.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(text.split("\n")[:-1], 1):
        match = _LINE.fullmatch(line)
        if match is None or not is_plain(match[2]):
            raise NotCanonical(f"{source}: line {number} is no SHA-256 and name of a file here")
        if match[2] in found:
            raise NotCanonical(f"{source}: line {number} names {match[2]} a second time")
        found[match[2]] = match[1]
    if text and not text.endswith("\n"):
        raise NotCanonical(f"{source}: its last line has no end")
    return found


def read_list(path: Path) -> str:
    """Return the text of a list of hashes. Raises ``NotCanonical`` if too large or not UTF-8."""
    if path.stat().st_size > MAX_BYTES:
        raise NotCanonical(f"{path.name} is larger than {MAX_BYTES // 10**6} MB")
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError:
        raise NotCanonical(f"{path.name} is not UTF-8 text") from None


def bundle_id(folder: Path | str) -> str | None:
    """Return the id of a bundle, 64 hexadecimal digits; None: the folder is not sealed."""
    path = Path(folder) / MANIFEST
    return sha256_of(path) if path.is_file() else None


def id_of(text: str) -> str:
    """Return the id of the bundle that has this manifest."""
    return hashlib.sha256(text.encode()).hexdigest()
