"""An internal state of one's own: loneliness, in a scenario by its name.

Run it with ``python docs/examples/own_state.py``.
"""

import numpy as np
from pydantic import Field

from econsim_mesa import EconModel
from econsim_mesa.mind import Experience, S, Stressor
from econsim_mesa.scenario import register
from econsim_mesa.scenario.base import Frozen
from econsim_mesa.society.rng import Floats


class LonelinessParameters(Frozen):
    """What a scenario may set."""

    steps: float = Field(6.0, gt=0)
    """Steps alone after which loneliness is complete."""


@register("stressor", "loneliness")
class Loneliness(Stressor[LonelinessParameters]):
    """S min(1, steps alone in one's cell / steps), back to 0 when somebody is there."""

    name, title, domain = "loneliness", "Nobody in the same cell for long", "social"
    Parameters = LonelinessParameters
    alone: Floats | float = 0.0

    def update(self, experience: Experience) -> Floats:
        """Take in one step of all households and return their levels in [0, S]."""
        self.alone = np.where(experience.near(0) > 0, 0.0, self.alone + np.ones(self.n))
        return np.minimum(1.0, self.alone / self.parameters.steps) * S

    def reason(self, i: int) -> str:
        """Say why household ``i`` has its level; a prompt shows it from ``stress.threshold`` on."""
        return f"nobody around for {np.asarray(self.alone)[i]:.0f} steps"


if __name__ == "__main__":
    state = {"stress.stressors.loneliness": {"steps": 4}}
    felt = {"choice.states.loneliness": {"go": {"value": 1.0}}}  # the embedded decider goes out
    for name, settings in (("shown only", state), ("felt as well", state | felt)):
        model = EconModel("pizza_place", seed=1, steps=48, set=settings)
        model.run_model()
        level = model.town.stress.own[:, model.town.stress.names.index("loneliness")].mean()
        print(f"{name}: loneliness {level:.0f} of {S:.0f}, {model.town.social.posts.count} posts")
