"""The embedded default decider: a documented discrete-choice model of a household.

Random utility after McFadden (1974): a household takes the plan with the highest sum of the
terms of the scenario's ``choice`` and Gumbel noise. It is a baseline to compare an LLM with,
never a claim about people.
"""

from econsim_mesa.deciders.utility.decider import Utility

__all__ = ["Utility"]
