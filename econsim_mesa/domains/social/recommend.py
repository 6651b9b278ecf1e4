"""Recommenders: whom a household might like to follow.

A recommender is told of each change of the follower graph and asked only for the households
that look, so it costs nothing in the steps in which nobody looks.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar, Literal

from pydantic import Field

from econsim_mesa.domains.social.graph import FollowerGraphView
from econsim_mesa.scenario.base import Frozen, build_only
from econsim_mesa.society.rng import Floats


class Recommender(ABC):
    """Base of recommenders: subclass it, register it, and name it in a scenario.

    A subclass says its ``name``, a ``title`` of one line, and the frozen type ``Parameters`` of
    its parameters, whose field ``name`` is the recommender's. It reads ``graph``, and is told of
    each change of it.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    Parameters: ClassVar[type[Frozen]]

    draws: int = 1
    """Uniforms that a household needs to be given suggestions."""

    def __init__(self, graph: FollowerGraphView, parameters: Frozen) -> None:
        self.graph = graph
        self.retune(parameters)

    def retune(self, parameters: Frozen) -> None:  # noqa: B027
        """Use other parameters from now on."""

    def followed(self, i: int, j: int) -> None:  # noqa: B027
        """Note that household ``i`` now follows agent ``j``."""

    def unfollowed(self, i: int, j: int) -> None:  # noqa: B027
        """Note that household ``i`` no longer follows agent ``j``."""

    @abstractmethod
    def suggest(self, i: int, uniforms: Floats) -> list[int]:
        """Return agents whom household ``i`` does not follow, best first.

        ``uniforms`` in [0, 1) has shape (``draws``,).
        """


class TwoHop(Recommender):
    """Suggests whom those follow whom one follows.

    A candidate j, not followed by i, is scored by the number of paths i -> k -> j; stores and
    the government may be candidates, scripted accounts are never suggested. Either the highest
    scores are suggested, ties by uniform draw, or candidates are sampled without replacement
    with probability softmax(score / temperature). Where candidates run out, household
    strangers are suggested, each with equal chance.
    """

    name = "two_hop"
    title = "friends of friends, by the number of paths of two steps"

    class Parameters(Frozen):
        """Parameters of the two-hop recommender."""

        name: Literal["two_hop"] = build_only("two_hop")
        """Which recommender."""
        suggestions: int = Field(1, ge=0, le=100)
        """Most suggestions that a household gets."""
        temperature: float | None = Field(0.5, ge=0)
        """Softmax temperature in paths; null or 0: the highest scores."""

    def __init__(self, graph: FollowerGraphView, parameters: Parameters) -> None:
        self.scores: list[dict[int, int]] = [{} for _ in range(graph.households)]
        """Paths i -> k -> j by j, for each household i, itself and those followed included."""
        for i in range(graph.households):
            for k in graph.chosen(i):
                _add(self.scores[i], graph.chosen(k), 1)
        super().__init__(graph, parameters)

    def retune(self, parameters: Any) -> None:
        """Use another number of suggestions and another temperature from now on."""
        self.parameters: TwoHop.Parameters = parameters
        self.draws = self.parameters.suggestions

    def followed(self, i: int, j: int) -> None:
        """Count the paths that begin or end with the new edge i -> j."""
        self._change(i, j, 1)

    def unfollowed(self, i: int, j: int) -> None:
        """Take away the paths that began or ended with the edge i -> j."""
        self._change(i, j, -1)

    def suggest(self, i: int, uniforms: Floats) -> list[int]:
        """Return up to ``suggestions`` agents whom household ``i`` does not follow.

        One uniform decides each; fewer are given where fewer are left.
        """
        avoid = {i, *self.graph.chosen(i)}
        scores = {j: score for j, score in sorted(self.scores[i].items()) if j not in avoid}
        suggestions: list[int] = []
        for uniform in uniforms[: self.parameters.suggestions].tolist():
            pick = self._candidate(scores, uniform) if scores else self._stranger(avoid, uniform)
            if pick is None:
                break
            scores.pop(pick, None)
            avoid.add(pick)
            suggestions.append(pick)
        return suggestions

    def _change(self, i: int, j: int, change: int) -> None:
        _add(self.scores[i], self.graph.chosen(j), change)
        for k in self.graph.followers(i):
            _add(self.scores[k], (j,), change)

    def _candidate(self, scores: dict[int, int], uniform: float) -> int:
        """Draw one of ``scores``, which are in the order of the agents' numbers."""
        best = max(scores.values())
        temperature = self.parameters.temperature
        if not temperature:
            tied = [j for j, score in scores.items() if score == best]
            return tied[int(uniform * len(tied))]
        weights = [math.exp((score - best) / temperature) for score in scores.values()]
        left = uniform * math.fsum(weights)
        for j, weight in zip(scores, weights, strict=True):
            if left < weight:
                return j
            left -= weight
        return j  # what rounding leaves over belongs to the last

    def _stranger(self, avoid: set[int], uniform: float) -> int | None:
        """Draw a household outside ``avoid`` uniformly; ``None`` if there is none."""
        taken = sorted(j for j in avoid if j < self.graph.households)
        strangers = self.graph.households - len(taken)
        if strangers == 0:
            return None
        pick = int(uniform * strangers)
        for j in taken:
            pick += j <= pick
        return pick


def _add(scores: dict[int, int], agents: Iterable[int], change: int) -> None:
    """Add ``change`` to the score of each of ``agents``; a score of 0 is not kept."""
    for j in agents:
        score = scores.get(j, 0) + change
        if score:
            scores[j] = score
        else:
            del scores[j]
