"""The scenario as it was given: its name, the file's own content, and what was changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from econsim_mesa.bundle.files import write_whole

GIVEN = "given.json"
"""Name of its file in a run's folder."""


class Given(NamedTuple):
    """What a user gave: a scenario or a run to begin from, and settings by dotted path.

    ``source`` is a bundled name, the name of a file or of a run; ``content`` is what the file
    holds, None where it stands elsewhere in the bundle.
    """

    source: str
    content: Any
    changes: Mapping[str, Any]


def write_given(folder: Path, given: Given) -> None:
    """Write it into the folder of a run."""
    text = json.dumps(given._asdict(), indent=2, ensure_ascii=False, default=str)
    write_whole(folder / GIVEN, f"{text}\n")
