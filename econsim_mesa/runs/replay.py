"""Replay: run again from the recorded inputs alone; every record must be identical."""

from __future__ import annotations

from pathlib import Path

from econsim_mesa.runs.past import model_of, read_past, replay_until
from econsim_mesa.runs.reader import load_run


def replay(folder: Path | str) -> int:
    """Run a run again, without a key and without a network, and return its number of steps.

    Raises ``Irreproducible`` with the first difference (step, agent, field).
    """
    run = load_run(folder)
    past = read_past(run)
    return replay_until(model_of(run, past), run, past)
