"""What the page opens at first: named by the command line, or a bundled scenario."""

from __future__ import annotations

import os
from pathlib import Path

from .folders import is_run
from .given import opened
from .session import Session

VARIABLE = "ECONSIM_DASHBOARD"
"""Environment variable with a scenario's name or file, or the folder of a run."""
FIRST = "pizza_place"


def open_at_start(session: Session) -> None:
    """Open what the environment names."""
    given = os.environ.get(VARIABLE) or FIRST
    if is_run(Path(given)):
        session.replay(Path(given))
    else:
        session.live(opened(given))
