"""Components that a user registers, as the text of a Python file; tests add more to it."""

from __future__ import annotations

SOURCE = '''
from econsim_mesa.deciders.idle import Idle
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
"""A stressor ``boredom``, with the parameters of a built-in, and a decider ``sloth``."""
LIMITS = {"limit": 15.0, "window": 24, "gamma": 0.95, "home_comfort": 0.4}
"""Parameters of ``boredom``."""
