"""Components of a test's own, in a module that stands on no path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from own_parts import LIMITS
from studies import study

from econsim_mesa.experiment.load import Design

MODULE = "own_components_of_a_test"


def named_by(folder: Path) -> Design:
    """Return an experiment of one run whose scenario names both components."""
    town: dict[str, Any] = {"decider": "sloth", "steps": 2, "stress.stressors.boredom": LIMITS}
    town["agents.Household.count"] = 2
    return study(folder, set=town, factors={}, contrasts=[], hypotheses=[], replicates=1)
