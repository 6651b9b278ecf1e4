"""What a server tells of itself with each reply: the revision of the model, its own version.

A model's name does not say which weights and which program answer under it. What servers tell
beyond it differs, so all of it is optional, and nothing that may be somebody's secret is taken:
of headers only those that name a version.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from econsim_mesa.llm.redact import Redactor

LONGEST = 200
"""Most characters of anything that is told."""


def label(value: Any, redactor: Redactor) -> str | None:
    """Return a short name that a server gives, on one line; None: it is none."""
    if not isinstance(value, str) or not value:
        return None
    return _known(value, redactor) if len(value) <= LONGEST else _cleaned(value, redactor)


def versions(headers: Mapping[str, str], redactor: Redactor) -> str | None:
    """Return the headers that tell the server's version, as ``name value, name value``.

    These are ``server`` and whatever is called a version (``openai-version``, ...).

    >>> versions({"Server": "uvicorn", "X-Some-Version": "1.2", "Set-Cookie": "a"}, Redactor())
    'server uvicorn, x-some-version 1.2'
    """
    told = [
        f"{known} {label(value, redactor) or ''}"
        for name, value in headers.items()
        if (known := _telling(name)) is not None
    ]
    told.sort()
    return ", ".join(told)[:LONGEST] or None


@lru_cache(maxsize=256)
def _telling(name: str) -> str | None:
    """Return the name of a header in small letters if it tells a version."""
    known = name.lower()
    return known if known == "server" or known.endswith("-version") else None


def _cleaned(value: str, redactor: Redactor) -> str:
    """Return a text without secrets, on one line."""
    line = "".join(one if one.isprintable() else " " for one in redactor.clean(value))
    return line[:LONGEST]


_known = lru_cache(maxsize=256)(_cleaned)
"""The same few come with every reply."""
