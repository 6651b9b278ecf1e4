"""Looking for a secret where it must not be: as it is, and encoded."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import quote, quote_plus


def encodings(text: str) -> Iterator[str]:
    """Yield a secret as it may stand in a file; of base64 the part that no neighbour changes."""
    raw = text.encode()
    yield from (text, quote(text), quote(text, safe=""), quote_plus(text), raw.hex(), text[::-1])
    yield json.dumps(text)[1:-1]
    for skip in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            shifted = encode(b"x" * skip + raw).decode().rstrip("=")
            yield shifted[4 if skip else 0 : -4]


def holds(secret: str, text: str) -> bool:
    """Whether a text holds a secret, in whatever encoding."""
    folded = text.lower()
    return any(form.lower() in folded for form in _forms(secret))


def files_with(secret: str, folder: Path) -> list[Path]:
    """Return the files below a folder that hold a secret."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if holds(secret, path.read_bytes().decode("latin-1"))]


@cache
def _forms(secret: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(encodings(secret)))
