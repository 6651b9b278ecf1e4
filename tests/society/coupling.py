"""A moment of a town, and what every household weighs in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from econsim_mesa.deciders.utility import Utility
from econsim_mesa.deciders.utility.basket import item_utilities
from econsim_mesa.deciders.utility.perception import Perception
from econsim_mesa.deciders.utility.plans import BUY, utilities
from econsim_mesa.deciders.utility.talk import post_chance
from econsim_mesa.society.model import EconModel
from econsim_mesa.society.rng import Floats
from econsim_mesa.society.town import Town
from econsim_mesa.society.view import View, observe

STEPS = 30
PLACE, MART = 0, 1


class Moment:
    """What every household of a model weighs at the start of its next step."""

    def __init__(
        self, model: EconModel, change: Callable[[View, Town], View] = lambda view, town: view
    ) -> None:
        decider = Utility(model.config)
        model.town.begin(model.town.t + 1)
        model._wake_and_happen()
        self.town = model.town
        self.view = change(observe(model.town), model.town)
        self.facts = decider.facts(self.view)
        self.weigh(decider.perceive(self.view, np.arange(len(model.households))))

    def weigh(self, seen: Perception) -> None:
        self.seen = seen
        self.utility = utilities(seen, self.facts)
        self.chance = chances(self.utility)
        self.posting = post_chance(seen, self.facts)
        self.items = item_utilities(seen, self.facts)

    def but(self, **columns: Any) -> Moment:
        """The same moment, if households knew or felt something else."""
        other = object.__new__(Moment)
        other.town, other.view, other.facts = self.town, self.view, self.facts
        other.weigh(replace(self.seen, **columns))
        return other

    def felt(self, level: float, *names: str) -> Moment:
        """The same moment, if everybody felt a level of some stressors (all unless named)."""
        levels = {
            name: np.full_like(old, level) if name in names or not names else old
            for name, old in self.seen.levels.items()
        }
        overall = self.seen.overall if names else np.full_like(self.seen.overall, level)
        return self.but(levels=levels, overall=overall)


def chances(utility: Floats) -> Floats:
    weights = np.exp(utility - utility.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def lived(name: str = "pizza_place", steps: int = STEPS, **options: Any) -> EconModel:
    """A model in the middle of its run."""
    model = EconModel(name, seed=2, **options)
    for _ in range(steps):
        model.step()
    return model


def visitors(moment: Moment) -> Any:
    """Households that stand at a store and may buy there."""
    return np.isfinite(moment.utility[:, BUY])


def at_a_store(model: EconModel) -> EconModel:
    """Put the first ten households into the restaurant and the next ten into the shop."""
    cells = model.town.mobility.store_cells
    xs = np.array([cells[k // 10][0] for k in range(20)])
    ys = np.array([cells[k // 10][1] for k in range(20)])
    model.town.mobility.space.place(np.arange(20), xs, ys, model.town.t)
    return model


def changed(one: Floats, other: Floats) -> Any:
    """Rows in which two arrays differ."""
    return (~np.isclose(one, other, rtol=0, atol=1e-12, equal_nan=True)).reshape(
        len(one), -1
    ).any(axis=1)  # fmt: skip
