"""Stress of the agents of any Mesa model: levels from 0 to 100, each from a function of one's own.

It has the same modes as that of the towns, and so the same ablations: ``off``, ``frozen`` at the
first levels, ``shuffled`` among agents, or shown as facts or as one number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import mesa
import numpy as np

from econsim_mesa.errors import BadInput, EconSimError
from econsim_mesa.mind import stress as core
from econsim_mesa.mind.experience import Experience
from econsim_mesa.mind.feelings import feelings_text
from econsim_mesa.mind.stressors import S, Stressor
from econsim_mesa.scenario.mind import StressSpec
from econsim_mesa.society.rng import Floats

Level = float | tuple[float, str]
"""A level from 0 to 100, or a level and why in words."""


class _Computed(Stressor[Any]):
    """A stressor whose levels and reasons were computed by a function of the user's."""

    title: ClassVar[str] = ""
    domain: ClassVar[str] = ""

    def __init__(self, name: str, felt: Sequence[tuple[float, str]]) -> None:
        self.name = name  # type: ignore[misc]
        self.n, self._felt = len(felt), felt

    @property
    def levels(self) -> Floats:
        """The levels, shape (n,)."""
        return np.array([level for level, _ in self._felt], dtype=np.float64)

    def update(self, experience: Experience) -> Floats:
        return self.levels

    def reason(self, i: int) -> str:
        return self._felt[i][1]


class Stress:
    """What weighs on the agents of a model, and what of it they are shown.

    Args:
        stressors: Name -> a function that returns an agent's level from 0 to 100, or a level and
            the reason in words, such as ``lambda agent: (90.0, "no coins left")``.
        mode: on; off: nothing is shown; frozen: as when it was computed first; shuffled: in each
            step another agent's levels.
        show: reasons; facts: the reasons without levels; scalar: the overall level alone.
        threshold: Level from which on it is shown.
        weights: Weight of a stressor in the overall level; 1 where not given.

    Raises:
        BadInput: There is no stressor.
        UnknownName: A mode, a name or a way of showing does not exist.
    """

    def __init__(
        self,
        stressors: Mapping[str, Callable[[Any], Level]],
        *,
        mode: core.Mode = "on",
        show: core.Show = "reasons",
        threshold: float = 50.0,
        weights: Mapping[str, float] | None = None,
    ) -> None:
        if not stressors:
            raise BadInput("stress: give at least one stressor, a name and a function of an agent")
        self._functions = dict(stressors)
        self._spec = StressSpec(show=show, threshold=threshold)
        self._weights, self.mode = dict(weights or {}), mode
        self._first: dict[int, list[tuple[float, str]]] = {}
        self._core = self._made(self._stressors({}))
        self._places: dict[int, int] = {}

    def update(self, agents: Sequence[mesa.Agent[Any]], uniforms: Floats) -> None:
        """Compute the levels of agents; ``uniforms``, one each, decide whose are shown shuffled.

        Raises ``EconSimError`` for a level that is not from 0 to 100.
        """
        felt = {agent.unique_id: self._levels(agent) for agent in agents}
        for number, levels in felt.items():
            self._first.setdefault(number, levels)
        if self.mode == "frozen":
            felt = {number: self._first[number] for number in felt}
        self._places = {number: place for place, number in enumerate(felt)}
        stressors = self._stressors(felt)
        self._core = self._made(stressors)
        if felt:
            self._core.take(np.array([one.levels for one in stressors]), 0)
            self._core.felt(0, uniforms)

    def text(self, agent: mesa.Agent[Any]) -> str:
        """Return what an agent is shown of it, as a line of a prompt; it may be empty."""
        place = self._places.get(agent.unique_id)
        if place is None:
            return ""
        return feelings_text(self._core.feelings(place, self._spec.threshold), self._spec)

    def overall(self, agent: mesa.Agent[Any]) -> float:
        """Return the weighted mean of an agent's own levels; frozen, of those of the beginning."""
        return float(self._core.overall()[self._places[agent.unique_id]])

    def _levels(self, agent: mesa.Agent[Any]) -> list[tuple[float, str]]:
        levels = []
        for name, function in self._functions.items():
            given = function(agent)
            level, reason = (
                given if isinstance(given, tuple) else (given, f"{given:.0f} of {S:.0f}")
            )
            if not 0.0 <= level <= S:
                raise EconSimError(
                    f"stress {name!r} of {type(agent).__name__} {agent.unique_id} is {level}; "
                    f"return a level from 0 to {S:g}"
                )
            levels.append((float(level), reason))
        return levels

    def _stressors(self, felt: Mapping[int, Sequence[tuple[float, str]]]) -> list[_Computed]:
        return [
            _Computed(name, [levels[k] for levels in felt.values()])
            for k, name in enumerate(self._functions)
        ]

    def _made(self, stressors: Sequence[_Computed]) -> core.Stress:
        mode: core.Mode = "on" if self.mode == "frozen" else self.mode
        return core.Stress(stressors, self._weights, mode, show=self._spec.show)
