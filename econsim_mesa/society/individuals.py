"""How households differ for good: tastes, needs and regular sums, each drawn once.

They are a function of scenario and seed alone, so that a fork or a resumed run has the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from econsim_mesa.read_only import read_only
from econsim_mesa.scenario.base import ReadOnlyDict
from econsim_mesa.scenario.draws import MOST, SMALLEST_NEED, Draw, Rows, quantile
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.rng import Floats, Integers, Streams, index_below
from econsim_mesa.society.wording import Wording

BEFORE = -1
"""The step of everything that happens while the town is built."""
TOLD_TASTE = 0.7
"""Size of a taste from which on a household is told of it: the odds of choosing the item double."""


@dataclass(frozen=True)
class Individuals:
    """What each household has of its own and keeps: it can be read only."""

    tastes: Floats
    """How much each likes each item, in units of utility, float64 of shape (households, items)."""
    needs: Mapping[str, Floats]
    """Stressor -> factor on its target, float64 of shape (households,); the others have none."""
    _streams: Streams
    _rows: Rows
    _households: int
    _sums: dict[tuple[str, int | Draw], Integers] = field(default_factory=dict)

    @classmethod
    def of(cls, scenario: Scenario, streams: Streams) -> Self:
        """Draw those of a scenario."""
        spec = scenario.agents.Household
        n, rows = spec.count, spec.rows
        tastes = np.zeros((n, len(scenario.items)))
        for k, item in enumerate(scenario.items):
            if item in spec.tastes:
                uniforms = streams.uniforms("build.tastes", BEFORE, item, n)[:, 0]
                tastes[:, k] = numbers(spec.tastes[item], uniforms, rows)
        needs = {}
        for name, need in spec.needs.items():
            uniforms = streams.uniforms("build.needs", BEFORE, name, n)[:, 0]
            needs[name] = read_only(numbers(need, uniforms, rows, SMALLEST_NEED, MOST))
        return cls(read_only(tastes), ReadOnlyDict(needs), streams, rows, n)

    def taste_words(self, household: int, wording: Wording) -> list[str]:
        """Return what a household likes and dislikes, in words; little of it is not said."""
        tastes = list(zip(wording.decimals, self.tastes[household].tolist(), strict=True))
        liked = wording.names(item for item, taste in tastes if taste >= TOLD_TASTE)
        disliked = wording.names(item for item, taste in tastes if taste <= -TOLD_TASTE)
        said = [wording.say("likes {items}", items=liked)] if liked else []
        return [*said, wording.say("dislikes {items}", items=disliked)] if disliked else said

    def facts(self, scenario: Scenario, household: int) -> dict[str, object]:
        """Return what a household has of its own: sums by the events' names, tastes, needs."""
        spec, facts = scenario.agents.Household, dict[str, object]()
        sums = [regular for event in scenario.events if (regular := event.regular_sum())]
        for key, is_income in (("income", True), ("expenses", False)):
            facts[key] = [
                {"name": one.name, "amount": int(self.amounts(one.drawn_as, one.amount)[household])}
                for one in sums
                if one.is_income == is_income
            ]
        tastes = zip(scenario.items, self.tastes[household].tolist(), strict=True)
        facts["tastes"] = {item: taste for item, taste in tastes if item in spec.tastes}
        facts["needs"] = {name: float(need[household]) for name, need in self.needs.items()}
        return {key: fact for key, fact in facts.items() if fact}

    def amounts(self, drawn_as: str, amount: int | Draw) -> Integers:
        """Return the sum of each household, int64 of shape (households,), in the smallest unit.

        Args:
            drawn_as: What it is the sum of: equal names share their luck, whatever the sums are.
            amount: One sum for all, or how it is drawn.
        """
        key = (drawn_as, amount)
        if key not in self._sums:
            luck = self._streams.stream("build.amounts", BEFORE, drawn_as)
            uniforms = luck.random((self._households, 1))[:, 0]
            self._sums[key] = read_only(amounts(amount, uniforms, self._rows))
        return self._sums[key]


def amounts(amount: int | Draw, uniforms: Floats, rows: Rows) -> Integers:
    """Return the amount of each household, in the smallest unit, 0 or more.

    Args:
        amount: One for all, or how it is drawn.
        uniforms: A number in [0, 1) for each, shape (households,).
        rows: The persona table, for a draw from a column.
    """
    if not isinstance(amount, Draw):
        return np.full(len(uniforms), amount, dtype=np.int64)
    if amount.uniform is not None:
        low, high = (int(bound) for bound in amount.uniform)
        return low + index_below(uniforms, high - low + 1)
    if amount.column is not None:
        return np.array([int(row[amount.column]) for row in rows], dtype=np.int64)
    return np.rint(numbers(amount, uniforms, rows, 0, MOST)).astype(np.int64)


def numbers(
    number: float | Draw,
    uniforms: Floats,
    rows: Rows,
    lowest: float = -MOST,
    highest: float = MOST,
) -> Floats:
    """Return the number of each household, float64 of shape (households,).

    Args:
        number: One for all, or how it is drawn.
        uniforms: A number in [0, 1) for each, shape (households,).
        rows: The persona table, for a draw from a column.
        lowest: Smallest value there may be; a distribution is cut off there.
        highest: Largest value there may be.
    """
    if not isinstance(number, Draw):
        return np.full(len(uniforms), float(number))
    if number.column is not None:
        return np.array([float(row[number.column]) for row in rows])
    value = quantile(number, lowest, highest)
    return np.array([value(uniform) for uniform in uniforms.tolist()])
