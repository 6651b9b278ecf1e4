"""What a server says of itself with each reply: the revision of the model, its own version.

A model's name does not say which weights and which program answer under it. What servers say
beyond it differs, so all of it is optional, and nothing that may be somebody's secret is taken:
of the headers only those that name a version.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from econsim_mesa.llm.redact import Redactor

MOST_CHARACTERS = 200
"""Of a label, and of all versions together."""


def clean_label(value: Any, redactor: Redactor) -> str | None:
    """Return a short name that a server gives, on one line and without secrets.

    None: the value is no text, or an empty one.
    """
    if not isinstance(value, str) or not value:
        return None
    clean = _clean_short if len(value) <= MOST_CHARACTERS else _clean
    return clean(value, redactor)


def version_headers(headers: Mapping[str, str], redactor: Redactor) -> str | None:
    """Return the headers that name the server's version, as ``name value, name value``.

    These are ``server`` and whatever is called a version (``openai-version``, ...).

    >>> version_headers({"Server": "uvicorn", "X-Some-Version": "1.2", "Set-Cookie": "a"},
    ...                 Redactor())
    'server uvicorn, x-some-version 1.2'
    """
    versions = [
        f"{known} {clean_label(value, redactor) or ''}"
        for name, value in headers.items()
        if (known := _version_name(name)) is not None
    ]
    versions.sort()
    return ", ".join(versions)[:MOST_CHARACTERS] or None


@lru_cache(maxsize=256)
def _version_name(name: str) -> str | None:
    """Return the name of a header in small letters if it names a version."""
    lower = name.lower()
    return lower if lower == "server" or lower.endswith("-version") else None


def _clean(value: str, redactor: Redactor) -> str:
    """Return a text without secrets, on one line."""
    text = redactor.clean(value)
    line = "".join(letter if letter.isprintable() else " " for letter in text)
    return line[:MOST_CHARACTERS]


_clean_short = lru_cache(maxsize=256)(_clean)
"""The same few names come with every reply."""
