"""Paths into a scenario, and values found there, in the form in which they are shown."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

Path_ = tuple[str | int, ...]
"""Keys and list positions from the top of the file."""

_PLAIN = re.compile(r"^[\w$][\w $'&+,;:!?()/-]{0,99}$")


def json_path(path: Path_) -> str:
    """Return a path as it stands in messages.

    >>> json_path(("events", 0, "percent"))
    '$.events[0].percent'
    """
    return "$" + "".join(map(_step, path))


def _step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if _PLAIN.match(step) else f"[{json.dumps(step[:60])}]"


def parts(dotted: str) -> list[str]:
    """Split a dotted path into keys; ``$.`` in front and ``[0]`` for ``.0`` are allowed.

    >>> parts("$.agents.Restaurant.Pizza Place.at[0]")
    ['agents', 'Restaurant', 'Pizza Place', 'at', '0']
    """
    plain = re.sub(r"\[(\d+)\]", r".\1", dotted.strip().removeprefix("$."))
    return plain.split(".")


def found(value: Any) -> str:
    """Return a value as JSON writes it, cut to a readable length, in printable characters."""
    if isinstance(value, Mapping):
        return "an object" if value else "an empty object"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}" if value else "an empty list"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def shown(source: str) -> str:
    """Return the name of a source in printable characters."""
    return source if source.isprintable() else repr(source)
