"""Hunger: the nutrition eaten lately falls short of a target."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
from pydantic import Field

from econsim_mesa.mind.experience import Experience, Start
from econsim_mesa.mind.stressors.base import Stressor, level_apart, level_below
from econsim_mesa.mind.stressors.window import DiscountedSum
from econsim_mesa.scenario.base import Frozen, build_only
from econsim_mesa.society.rng import Floats


class HungerParameters(Frozen):
    """Parameters of hunger; the defaults are those of the case study."""

    target: float = Field(10.0, gt=0)
    """Q*: discounted nutrition points in the window that leave nobody hungry."""
    window: int = build_only(40, ge=1)
    """W: steps that count."""
    gamma: float = build_only(0.98, ge=0, le=1)
    """Weight of a meal one step older, relative to the next newer step."""
    two_sided: bool = False
    """Whether more than the target is stress as well (the published rule)."""

    def daily_need(self, steps_per_day: int) -> float:
        """Return the nutrition points a day that, eaten evenly, keep up the target."""
        weights = math.fsum(self.gamma**age for age in range(self.window))
        return self.target / weights * steps_per_day


class Hunger(Stressor[HungerParameters]):
    """S min(1, max(0, Q* - Q) / Q*), Q the discounted nutrition of the last W steps.

    ``two_sided``: S min(1, abs(Q - Q*) / Q*). A cold start is level 0 while t < W and nothing
    has been eaten.
    """

    name: ClassVar[str] = "hunger"
    title: ClassVar[str] = "Ate less than the target in the last steps"
    domain: ClassVar[str] = "economy"
    Parameters = HungerParameters

    def __init__(
        self, parameters: HungerParameters, n: int, *, warm_start: bool, start: Start
    ) -> None:
        super().__init__(parameters, n, warm_start=warm_start, start=start)
        kept = parameters.target * self.need if warm_start else None
        self._eaten = DiscountedSum(n, parameters.window, parameters.gamma, kept)

    def update(self, experience: Experience) -> Floats:
        """Take in what was eaten and return the levels, shape (n,)."""
        level = level_apart if self.parameters.two_sided else level_below
        targets = self.parameters.target * self.need
        levels = level(self._eaten.push(experience.nutrition), targets)
        unknown = self._eaten.unknown
        return levels if unknown is None else np.where(unknown, 0.0, levels)

    def reason(self, i: int) -> str:
        """Say how much household ``i`` ate; older meals count less."""
        eaten, target = float(self._eaten.total[i]), self.parameters.target * self.need[i]
        text = "ate little: {points}" if eaten < target else "ate enough: {points}"
        if eaten > target and self.parameters.two_sided:
            text = "ate too much: {points}"
        return self.language.say(text, points=self._count(i))

    def fact(self, i: int) -> str:
        """Say how much household ``i`` ate in the window; older meals count less."""
        return self.language.say("ate {points}", points=self._count(i))

    def need_words(self, factor: str) -> str:
        """Say how much food a household needs."""
        return self.language.say("needs {factor} times as much food as most", factor=factor)

    def _count(self, i: int) -> str:
        eaten, window = float(self._eaten.total[i]), self.parameters.window
        text = "{points} nutrition points in the last {steps}"
        steps = self.language.counted(window, "step")
        return self.language.say(text, points=f"{eaten:.1f}", steps=steps)
