"""Trust lost: in stores, by goods found sold out, and in what is posted, by news that was wrong."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from econsim_mesa.mind.experience import Experience, Start
from econsim_mesa.mind.stressors.base import S, Stressor
from econsim_mesa.mind.stressors.window import DiscountedSum
from econsim_mesa.scenario.base import Frozen, build_only
from econsim_mesa.society.rng import Floats

_COUNTED = (("stock_outs", "empty_shelves"), ("bought",), ("false_news",), ("true_news",))
"""Counts of an experience: promises of stores broken and kept, of posts broken and kept."""
_SOME = 0.05
"""A discounted count below this is said to be 0.0, and no reason."""


class TrustParameters(Frozen):
    """Parameters of lost trust; all defaults are assumed."""

    window: int = build_only(48, ge=1)
    """W: steps that count."""
    gamma: float = build_only(0.97, ge=0, le=1)
    """Weight of what is one step older, relative to the next newer step."""
    credit: float = Field(2.0, gt=0)
    """a: kept promises with which stores and sources are credited beforehand."""


class Trust(Stressor[TrustParameters]):
    """S (1 - T_stores T_sources), T = (kept + a) / (kept + broken + a): 0 is full trust.

    T is the share of promises expected to be kept, the mean of a beta distribution that begins
    with a kept ones (after Josang and Ismail 2002), over discounted sums of the window. Stores
    break a promise when an order is refused for want of stock, or when something is sold out on
    coming there, and keep one with each purchase; posts about a store turn out wrong or right on
    coming there. There is no history to fill before step 0.
    """

    name: ClassVar[str] = "trust"
    title: ClassVar[str] = "Lost trust in stores and in what is posted"
    domain: ClassVar[str] = "social"
    Parameters = TrustParameters

    def __init__(
        self, parameters: TrustParameters, n: int, *, warm_start: bool, start: Start
    ) -> None:
        super().__init__(parameters, n, warm_start=warm_start, start=start)
        window, gamma = parameters.window, parameters.gamma
        self._sums = [DiscountedSum(n, window, gamma, 0.0) for _ in _COUNTED]

    def update(self, experience: Experience) -> Floats:
        """Take in promises kept and broken, and return the levels, shape (n,)."""
        broken, kept, wrong, right = (
            each.push(np.sum([experience.events[name] for name in names], axis=0, dtype=np.float64))
            for each, names in zip(self._sums, _COUNTED, strict=True)
        )
        a = self.parameters.credit
        stores = (kept + a) / (kept + broken + a)
        sources = (right + a) / (right + wrong + a)
        return (1.0 - stores * sources) * S

    def reason(self, i: int) -> str:
        """Say what household ``i`` was disappointed by; older things count less."""
        broken, _, wrong, _ = self._counts(i)
        text = "trusts stores and what is posted: {fact}"
        if broken >= _SOME and wrong >= _SOME:
            text = "lost trust in stores and in what is posted: {fact}"
        elif broken >= _SOME:
            text = "lost trust in stores: {fact}"
        elif wrong >= _SOME:
            text = "lost trust in what is posted: {fact}"
        return self.language.say(text, fact=self.fact(i))

    def fact(self, i: int) -> str:
        """Say how often promises to household ``i`` were broken and kept."""
        broken, kept, wrong, right = self._counts(i)
        return self.language.say(
            "goods sold out {broken} times, bought {kept} times; posts wrong {wrong} times, "
            "right {right} times in the last {steps} steps",
            broken=f"{broken:.1f}",
            kept=f"{kept:.1f}",
            wrong=f"{wrong:.1f}",
            right=f"{right:.1f}",
            steps=self.parameters.window,
        )

    def _counts(self, i: int) -> list[float]:
        return [float(each.total[i]) for each in self._sums]
