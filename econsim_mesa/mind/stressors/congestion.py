"""Congestion: more people near than one likes."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from econsim_mesa.mind.experience import Experience, Start, Surroundings
from econsim_mesa.mind.stressors.base import Stressor, level_above, level_apart
from econsim_mesa.scenario.base import Frozen
from econsim_mesa.society.rng import Floats


class CongestionParameters(Frozen):
    """Parameters of congestion; the defaults are those of the case study."""

    target: float = Field(3.0, gt=0)
    """n*: others near that one does not mind."""
    radius: int = Field(1, ge=0)
    """r: cells of king's distance that are near; 0 is the own cell alone."""
    smoothing: float = Field(1.0, gt=0, le=1)
    """Weight of the present count in the exponential average; 1: the last count alone."""
    homes: bool = True
    """Whether those at home count, and feel their neighbours (the published rule); false: at home
    nobody is crowded, and nobody counts those who are in their own homes."""
    two_sided: bool = False
    """Whether fewer than the target is stress as well (the published rule)."""


class Congestion(Stressor[CongestionParameters]):
    """S min(1, max(0, n - n*) / n*), n the smoothed number of others within radius r.

    The exponential average starts at the first count, so there is no history to fill.
    ``two_sided``: S min(1, abs(n - n*) / n*). With ``homes: false`` n counts others who are not at
    home, and is 0 at home, where the level is 0 too.
    """

    name: ClassVar[str] = "congestion"
    title: ClassVar[str] = "Too many others in the cells around"
    domain: ClassVar[str] = "mobility"
    Parameters = CongestionParameters

    def __init__(
        self, parameters: CongestionParameters, n: int, *, warm_start: bool, start: Start
    ) -> None:
        super().__init__(parameters, n, warm_start=warm_start, start=start)
        self._others: Floats | None = None
        self._before: Floats | None = None
        """The average before the last count."""

    def update(self, experience: Experience) -> Floats:
        """Take in the others near and return the levels, shape (n,)."""
        self._before = self._others
        return self.look(experience)

    def look(self, now: Surroundings) -> Floats:
        """Put the others near now in the place of the last count; return the levels."""
        share = self.parameters.smoothing
        near = now.near if self.parameters.homes else now.near_out
        others = near(self.parameters.radius).astype(np.float64)
        if self._before is not None and share < 1:
            others = share * others + (1.0 - share) * self._before
        self._others = others
        level = level_apart if self.parameters.two_sided else level_above
        levels = level(others, self.parameters.target * self.need)
        return levels if self.parameters.homes else np.where(now.at_home, 0.0, levels)

    def reason(self, i: int) -> str:
        """Say how many others are near household ``i``."""
        others, target = self._near(i), self.parameters.target * self.need[i]
        text = "crowded: {fact}" if others > target else "not crowded: {fact}"
        if others < target and self.parameters.two_sided:
            text = "lonely: {fact}"
        return self.language.say(text, fact=self.fact(i))

    def fact(self, i: int) -> str:
        """Say how many others are near household ``i``."""
        radius, say, counted = self.parameters.radius, self.language.say, self.language.counted
        text = "{others} within {cells}" if radius else "{others} in the cell"
        if not self.parameters.homes:
            text = "{others} out within {cells}" if radius else "{others} out in the cell"
        others = counted(round(self._near(i), 1), "other")
        near = say(text, others=others, cells=counted(radius, "cell"))
        is_average = self.parameters.smoothing < 1
        return say("{others} on average lately", others=near) if is_average else near

    def need_words(self, factor: str) -> str:
        """Say how many people a household does not mind."""
        text = "is at ease among {factor} times as many people as most"
        return self.language.say(text, factor=factor)

    def _near(self, i: int) -> float:
        return 0.0 if self._others is None else float(self._others[i])
