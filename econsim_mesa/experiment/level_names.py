"""The levels of a condition in words, for tables and figures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_LIMITS = ("stock", "capacity_per_step")


def label_of(levels: Mapping[str, Any]) -> str:
    """Return levels in words: each value with its key, which a scenario and an arm do not need.

    >>> label_of({"arm": "base", "stress.mode": "on", "agents.Cafe.sells.Pie.stock": None})
    'base, stress on, stock unlimited'
    """
    shown = (
        word_of(value)
        if path in ("scenario", "arm")
        else f"{_last_name(path).replace('_', ' ')} {_level(path, value)}"
        for path, value in levels.items()
    )
    return ", ".join(shown) or "all runs"


def word_of(value: Any) -> str:
    """Return a value as a scenario has it; a text is not quoted."""
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _level(path: str, value: Any) -> str:
    """Return a value in words: null is "unlimited" for a limit, otherwise "not set"."""
    if value is None:
        return "unlimited" if _last_name(path) in _LIMITS else "not set"
    return word_of(value)


def _last_name(path: str) -> str:
    """Return the last name of a path; the one before it if that is ``mode``."""
    *names, last = path.split(".")
    return names[-1] if last == "mode" and names else last
