"""What the page opens at first: named by its address, by the command line, or a scenario."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qs

from .folders import is_run
from .given import opened
from .session import Session

VARIABLE = "ECONSIM_DASHBOARD"
"""Environment variable with a scenario's name or file, or the folder of a run."""
FIRST = "pizza_place"


def open_at_start(session: Session, query: str) -> None:
    """Open the run that the address names by ``run``, else what the environment names."""
    run = parse_qs(query).get("run", [""])[0]
    if run:
        session.open(run)
        return
    given = os.environ.get(VARIABLE) or FIRST
    if is_run(Path(given)):
        session.replay(Path(given))
    else:
        session.live(opened(given))
