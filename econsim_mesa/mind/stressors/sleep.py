"""Sleep stress: too few hours slept, or at times that change from day to day."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
from pydantic import Field, model_validator

from econsim_mesa.mind.experience import Experience, Start
from econsim_mesa.mind.stressors.base import S, Stressor
from econsim_mesa.scenario.base import Frozen, build_only
from econsim_mesa.society.rng import Floats


class SleepParameters(Frozen):
    """Parameters of sleep stress; the defaults (8 hours a day over three days) are assumed."""

    target_hours: float = Field(24.0, gt=0)
    """H*: hours of sleep in a full window that are enough."""
    window_hours: float = build_only(72.0, gt=0)
    """Length of the window in simulated hours, rounded to whole steps."""
    duration_weight: float = Field(0.7, ge=0, le=1)
    """u: weight of sleeping too little."""
    regularity_weight: float = Field(0.3, ge=0, le=1)
    """v = 1 - u: weight of irregular times."""

    def daily_need(self) -> float:
        """Return the hours of sleep a day that keep up the target."""
        return self.target_hours / self.window_hours * 24

    @model_validator(mode="after")
    def _consistent(self) -> SleepParameters:
        if abs(self.duration_weight + self.regularity_weight - 1.0) > 1e-9:
            raise ValueError("duration_weight and regularity_weight must add up to 1")
        if self.target_hours > self.window_hours:
            raise ValueError("target_hours cannot be more than window_hours")
        return self


class Sleep(Stressor[SleepParameters]):
    """S min(1, u max(0, H* - H) / H* + v (V_on + V_off) / 2).

    H is the hours slept in the window, H* scaled by min(1, elapsed / window) in a cold start.
    V is the circular variance 1 - R of the clock times of falling asleep and of waking in the
    window (Mardia and Jupp 2000, section 2.3.1), 0 below two of them. A time is the hour at
    which its step begins. A warm start spreads H* evenly over the window, with V = 0.
    """

    name: ClassVar[str] = "sleep"
    title: ClassVar[str] = "Slept too little or at irregular times"
    domain: ClassVar[str] = "body"
    Parameters = SleepParameters

    def __init__(
        self, parameters: SleepParameters, n: int, *, warm_start: bool, start: Start
    ) -> None:
        super().__init__(parameters, n, warm_start=warm_start, start=start)
        self._window = max(1, round(parameters.window_hours / start.step_hours))
        self._steps = 0
        # Rows of a step: asleep, fell asleep, woke. All households share its clock time.
        self._ring = np.zeros((self._window, 3, n), dtype=np.bool_)
        self._direction = [(0.0, 0.0)] * self._window
        self._counts = np.zeros((3, n), dtype=np.int64)
        self._cosines = np.zeros((2, n))
        self._sines = np.zeros((2, n))
        self._hours = np.zeros(n)
        self._enough = parameters.target_hours
        self._variance = np.zeros(n)

    def update(self, experience: Experience) -> Floats:
        """Take in who slept, fell asleep and woke, and return the levels, shape (n,)."""
        self._roll(experience)
        p, share = self.parameters, min(1.0, self._steps / self._window)
        self._hours = self._counts[0] * experience.step_hours
        self._enough = p.target_hours
        if self.warm_start:
            self._hours += p.target_hours * (1.0 - share)
        else:
            self._enough *= share
        short = np.maximum(0.0, 1.0 - self._hours / self._enough)
        self._variance = self._circular_variance()
        levels: Floats = p.duration_weight * short + p.regularity_weight * self._variance
        return np.minimum(1.0, levels) * S

    def _roll(self, experience: Experience) -> None:
        """Replace the oldest step of the window by this one."""
        slot = self._steps % self._window
        rows, (cosine, sine) = self._ring[slot], self._direction[slot]
        if self._steps >= self._window:
            self._counts -= rows
            self._cosines -= cosine * rows[1:]
            self._sines -= sine * rows[1:]
        angle = math.tau * experience.hour / 24.0
        self._direction[slot] = cosine, sine = math.cos(angle), math.sin(angle)
        rows[0], rows[1], rows[2] = experience.slept, experience.fell_asleep, experience.woke
        self._counts += rows
        self._cosines += cosine * rows[1:]
        self._sines += sine * rows[1:]
        self._steps += 1

    def _circular_variance(self) -> Floats:
        """Return (V_on + V_off) / 2, shape (n,)."""
        times = self._counts[1:]
        length = np.sqrt(self._cosines * self._cosines + self._sines * self._sines)
        variance = np.maximum(0.0, 1.0 - length / np.maximum(times, 1)) * (times >= 2)
        mean: Floats = (variance[0] + variance[1]) * 0.5
        return mean

    def reason(self, i: int) -> str:
        """Say how long household ``i`` slept, and whether its times were irregular."""
        text = "slept enough: {hours}"
        if float(self._hours[i]) < self._enough:
            text = "slept little: {hours}"
        reasons = [self.language.say(text, hours=self._count(i))]
        if self._variance[i] * self.parameters.regularity_weight >= 0.05:
            reasons.append(self.language.say("fell asleep and woke at irregular times"))
        return self.language.joined(reasons)

    def fact(self, i: int) -> str:
        """Say how long household ``i`` slept."""
        return self.language.say("slept {hours}", hours=self._count(i))

    def _count(self, i: int) -> str:
        hours, window = float(self._hours[i]), self.parameters.window_hours
        text = "{hours} hours in the last {window} hours"
        return self.language.say(text, hours=f"{hours:.1f}", window=f"{window:g}")
