"""Fatigue: much walking in the last steps, eased by being at home."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field, model_validator

from econsim_mesa.mind.experience import Experience, Start, Surroundings
from econsim_mesa.mind.stressors.base import S, Stressor, level_apart
from econsim_mesa.mind.stressors.window import DiscountedSum
from econsim_mesa.scenario.base import Frozen, build_only
from econsim_mesa.society.rng import Floats


class FatigueParameters(Frozen):
    """Parameters of fatigue; the defaults are those of the case study."""

    limit: float = Field(15.0, gt=0)
    """D_max: discounted cells in the window at which fatigue is complete."""
    window: int = build_only(24, ge=1)
    """W: steps that count."""
    gamma: float = build_only(0.95, ge=0, le=1)
    """Weight of a walk one step older, relative to the next newer step."""
    home_comfort: float = Field(0.4, ge=0, le=1)
    """Share of the level that being at home takes away."""
    two_sided: bool = False
    """Whether moving less than ``target`` is stress as well (the published rule)."""
    target: float | None = Field(None, gt=0)
    """D*: discounted cells in the window that feel right; needed by ``two_sided`` alone."""

    @model_validator(mode="after")
    def _two_sided_has_target(self) -> FatigueParameters:
        if self.two_sided and self.target is None:
            raise ValueError("two_sided needs a target: the discounted cells that feel right")
        return self


class Fatigue(Stressor[FatigueParameters]):
    """S min(1, D / D_max), D the discounted distance of the last W steps.

    ``two_sided``: S min(1, abs(D - D*) / D*). At home either is multiplied by
    1 - home_comfort. A cold start is level 0 while t < W and nothing has been walked.
    """

    name: ClassVar[str] = "fatigue"
    title: ClassVar[str] = "Walked much in the last steps"
    domain: ClassVar[str] = "mobility"
    Parameters = FatigueParameters

    def __init__(
        self, parameters: FatigueParameters, n: int, *, warm_start: bool, start: Start
    ) -> None:
        super().__init__(parameters, n, warm_start=warm_start, start=start)
        kept = 0.0 if self._target is None else self._target * self.need
        self._walked = DiscountedSum(
            n, parameters.window, parameters.gamma, kept if warm_start else None
        )
        self._levels = np.zeros(n)
        """Levels before home eases them."""
        self._at_home = np.zeros(n, dtype=np.bool_)

    @property
    def _target(self) -> float | None:
        """D* before the need of a household, if the level is two-sided."""
        return self.parameters.target if self.parameters.two_sided else None

    def update(self, experience: Experience) -> Floats:
        """Take in the cells moved and return the levels, shape (n,)."""
        walked = self._walked.push(experience.distance)
        if self._target is None:
            levels = np.minimum(1.0, walked / self.parameters.limit) * S
        else:
            levels = level_apart(walked, self._target * self.need)
        unknown = self._walked.unknown
        if unknown is not None:
            levels[unknown] = 0.0
        self._levels = levels
        return self.look(experience)

    def look(self, now: Surroundings) -> Floats:
        """Return the levels, eased for those who are at home now."""
        self._at_home = now.at_home.copy()
        return self._levels * (1.0 - self.parameters.home_comfort * self._at_home)

    def reason(self, i: int) -> str:
        """Say how far household ``i`` went; older walks count less."""
        walked, target = float(self._walked.total[i]), self._target
        text = "walked much: {cells}"
        if target is not None and walked < target * self.need[i]:
            text = "walked little: {cells}"
        if walked == 0:
            text = "did not walk: {cells}"
        reason = self.language.say(text, cells=self._count(i))
        if self._at_home[i]:
            return self.language.say("{reason}, eased by being at home", reason=reason)
        return reason

    def fact(self, i: int) -> str:
        """Say how far household ``i`` went; older walks count less."""
        return self.language.say("walked {cells}", cells=self._count(i))

    def need_words(self, factor: str) -> str:
        """Say how much a household likes to walk."""
        return self.language.say("likes to walk {factor} times as far as most", factor=factor)

    def _count(self, i: int) -> str:
        walked, window = float(self._walked.total[i]), self.parameters.window
        text, steps = "{cells} cells in the last {steps}", self.language.counted(window, "step")
        return self.language.say(text, cells=f"{walked:.1f}", steps=steps)
