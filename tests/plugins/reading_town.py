"""A village with a lending library, and the file that brings it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from towns import village

FILE = Path(__file__).parent / "library" / "library.py"
CLOSED = {"type": "library_closed", "when": {"between": [6, 12]}}


def town(**changes: Any) -> dict[str, Any]:
    """Return a village with a library."""
    data = village(decider="utility", steps=30, **changes)
    data["items"]["Book"] = {"price": 10}
    data["library"] = {"at": [2, 2], "books": 2, "pull": 6.0}
    data["events"] = [*data.get("events", ()), CLOSED]
    data["stress"]["stressors"]["boredom"] = {}
    return data
