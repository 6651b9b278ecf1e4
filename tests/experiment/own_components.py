"""Components of a test's own, in a module that stands on no path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from studies import study

from econsim_mesa.experiment.load import Design

MODULE = "own_components_of_a_test"
SOURCE = '''
"""A state and a decider of one's own; the parameters are those of a built-in state."""
from econsim_mesa.deciders.idle import Idle
from econsim_mesa.mind import Stressor
from econsim_mesa.mind.stressors.fatigue import Fatigue
from econsim_mesa.scenario import register


@register("stressor", "boredom")
class Boredom(Fatigue):
    """Little to do."""

    name, title = "boredom", "Little to do"


@register("decider", "sloth")
class Sloth(Idle):
    """Does nothing, under a name of its own."""

    name = "sloth"
'''


def named_by(folder: Path) -> Design:
    """Return an experiment of one run whose scenario names both components."""
    limit = {"limit": 15.0, "window": 24, "gamma": 0.95, "home_comfort": 0.4}
    town: dict[str, Any] = {"decider": "sloth", "steps": 2, "stress.stressors.boredom": limit}
    town["agents.Household.count"] = 2
    return study(folder, set=town, factors={}, contrasts=[], hypotheses=[], replicates=1)
