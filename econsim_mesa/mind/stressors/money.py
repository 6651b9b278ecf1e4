"""Money stress: little cash for the prices, poorer than others, or losing wealth."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field, model_validator

from econsim_mesa.errors import UnknownName
from econsim_mesa.mind.experience import Experience, Start, Surroundings
from econsim_mesa.mind.stressors.base import S, Stressor
from econsim_mesa.scenario.base import Frozen, build_only
from econsim_mesa.society.rng import Floats

_EQUAL = 1e-12
"""Spread of wealth relative to its mean that is rounding and no difference."""


class MoneyParameters(Frozen):
    """Parameters of money stress; the defaults are those of the case study."""

    buffer: float = Field(20.0, gt=0)
    """B*: average items that the cash should buy."""
    relative_wealth: float = -1.0
    """R*: wealth that is enough, in standard deviations from the mean of all households."""
    growth: float = Field(-0.1, gt=-1, lt=1)
    """G*: relative change of wealth over the window that is enough."""
    buffer_weight: float = Field(1.5, ge=0)
    """a: weight of a short buffer."""
    relative_weight: float = Field(0.9, ge=0)
    """b: weight of being poorer than others."""
    growth_weight: float = Field(0.3, ge=0)
    """d: weight of losing wealth."""
    window: int = build_only(5, ge=1)
    """W: steps over which the change of wealth is taken."""
    basket: dict[str, float] | None = build_only(None)
    """Weight of each item in the mean price, by name; absent: all items weigh the same."""

    @model_validator(mode="after")
    def _basket_weighs_something(self) -> MoneyParameters:
        weights = () if self.basket is None else self.basket.values()
        if self.basket is not None and (min(weights, default=0.0) < 0 or sum(weights) <= 0):
            raise ValueError("the weights of a basket are 0 or more, and one is above 0")
        return self


class Money(Stressor[MoneyParameters]):
    """S min(1, a short buffer + b relative poverty + d loss of wealth).

    - short buffer: max(0, B* - B) / B*, B = cash / mean posted price (cheapest offer of each
      item that is sold, weighted by the basket; 0 / 0 is 0);
    - relative poverty: max(0, R* - R) / (abs(R*) + 1), R = (w - mean) / sd over households;
    - loss: max(0, G* - G) / (1 - abs(G*)), G = (w_now - w_start) / max(w_start, 1), w_start
      the wealth when the window began, W steps ago.

    Wealth w is cash and goods at the cheapest posted prices; goods that nobody sells count 0.
    A warm start gives all W steps before step 0 the starting wealth, a cold start none.
    """

    name: ClassVar[str] = "money"
    title: ClassVar[str] = "Short of cash, poorer than others or losing wealth"
    domain: ClassVar[str] = "economy"
    Parameters = MoneyParameters

    def __init__(
        self, parameters: MoneyParameters, n: int, *, warm_start: bool, start: Start
    ) -> None:
        super().__init__(parameters, n, warm_start=warm_start, start=start)
        self._weights = _basket_weights(parameters.basket, start)
        self._steps = 0
        self._history = np.zeros((parameters.window, n))
        if warm_start:
            self._history[:] = wealth(start)
        self._past = self._history[0].copy()
        """Wealth when the window of the last update began."""
        self._state = np.zeros((3, n))
        self._terms = np.zeros((3, n))

    def update(self, experience: Experience) -> Floats:
        """Take in cash, goods and prices and return the levels, shape (n,)."""
        oldest = self._history[self._steps % self.parameters.window]
        self._past = oldest.copy()
        oldest[:] = wealth(experience)
        self._steps += 1
        return self.look(experience)

    def look(self, now: Surroundings) -> Floats:
        """Return the levels of the present cash, goods and prices, shape (n,)."""
        owned = wealth(now)
        state = np.empty((3, self.n))
        state[0] = _items_affordable(now, self._weights)
        state[1] = _relative(owned)
        state[2] = (owned - self._past) / np.maximum(self._past, 1.0)
        self._state, self._terms = state, self._weigh(state)
        levels: Floats = np.minimum(1.0, self._terms[0] + self._terms[1] + self._terms[2]) * S
        return levels

    def _weigh(self, state: Floats) -> Floats:
        """Return the three weighted terms, shape (3, n), of B, R and G, shape (3, n)."""
        p = self.parameters
        targets = np.array([[p.buffer], [p.relative_wealth], [p.growth]])
        factors = np.array(
            [
                [p.buffer_weight / p.buffer],
                [p.relative_weight / (abs(p.relative_wealth) + 1.0)],
                [p.growth_weight / (1.0 - abs(p.growth))],
            ]
        )
        terms: Floats = np.maximum(0.0, targets - state) * factors
        return terms

    def reason(self, i: int) -> str:
        """Name the terms of household ``i``, the heaviest first."""
        words = self._words(i)
        terms = self._terms[:, i].tolist()
        felt = sorted((k for k in range(3) if terms[k] > 0), key=lambda k: -terms[k])
        return self.language.joined(words[k] for k in felt) or self.language.say("money is enough")

    def fact(self, i: int) -> str:
        """Say what the cash of household ``i`` buys, and how its wealth stands and changed."""
        return self.language.joined(self._words(i))

    def _words(self, i: int) -> tuple[str, str, str]:
        """Return B, R and G of household ``i`` in words."""
        say, (buffer, relative, growth) = self.language.say, self._state[:, i].tolist()
        compared = "wealth is {deviations} standard deviations above the mean"
        if relative < 0:
            compared = "wealth is {deviations} standard deviations below the mean"
        changed = "wealth changed by {percent} in the last {steps} steps"
        return (
            say("cash buys {items} average items", items=f"{buffer:.1f}"),
            say(compared, deviations=f"{abs(relative):.1f}"),
            say(changed, percent=f"{growth:+.0%}", steps=self.parameters.window),
        )


def wealth(state: Start | Surroundings) -> Floats:
    """Return cash and goods at the cheapest posted prices, shape (n,), in currency units."""
    price = np.where(np.isnan(state.cheapest), 0.0, state.cheapest)
    # Not a matrix product: BLAS rounds differently from one processor to the next.
    goods: Floats = (state.holdings * (price / state.unit)).sum(axis=1)
    return goods + state.cash


def _basket_weights(basket: Mapping[str, float] | None, start: Start) -> Floats:
    """Return the weight of each item in the mean price, shape (I,)."""
    if basket is None:
        return np.ones(len(start.unit))
    for item in basket:
        if item not in start.items:
            raise UnknownName("item in stress.money.basket", item, start.items)
    return np.array([basket.get(item, 0.0) for item in start.items], dtype=np.float64)


def _items_affordable(state: Surroundings, weights: Floats) -> Floats:
    """Return cash over the weighted mean price, shape (n,); where both are 0, 0."""
    sold = ~np.isnan(state.cheapest)
    total = float((weights * sold).sum())
    price = float((weights * np.where(sold, state.cheapest, 0.0)).sum())
    if price > 0:
        return np.multiply(state.cash, total / price, dtype=np.float64)
    return np.where(state.cash > 0, np.inf, 0.0).astype(np.float64)


def _relative(value: Floats) -> Floats:
    """Return (value - mean) / sd with the population's sd; 0 where all are equal."""
    count = max(len(value), 1)
    mean = float(value.sum()) / count
    apart = value - mean
    spread = math.sqrt(float((apart * apart).sum()) / count)
    return apart / spread if spread > _EQUAL * abs(mean) else np.zeros_like(value)
