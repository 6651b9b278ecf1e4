"""A recommender of one's own: whom most others follow is suggested first.

Run it with ``python docs/examples/own_recommender.py``.
"""

from collections import Counter
from typing import Any, Literal

from pydantic import Field

from econsim_mesa import EconModel
from econsim_mesa.domains.social.graph import FollowerGraphView
from econsim_mesa.domains.social.recommend import Recommender
from econsim_mesa.scenario import Frozen, register
from econsim_mesa.society.rng import Floats


@register("recommender", "popular")
class Popular(Recommender):
    """Suggests the households that most others follow."""

    name, title = "popular", "whom most others follow"

    class Parameters(Frozen):
        """What a scenario may set."""

        name: Literal["popular"] = "popular"
        """Which recommender."""
        suggestions: int = Field(1, ge=0, le=100)
        """Most suggestions that a household gets."""

    def __init__(self, graph: FollowerGraphView, parameters: Frozen) -> None:
        self.followers: Counter[int] = Counter()
        """Number of an agent -> how many follow it."""
        super().__init__(graph, parameters)

    def retune(self, parameters: Any) -> None:
        """Make another number of suggestions from now on."""
        self.parameters = parameters

    def followed(self, i: int, j: int) -> None:
        """Count a follower."""
        self.followers[j] += 1

    def unfollowed(self, i: int, j: int) -> None:
        """Take a follower away."""
        self.followers[j] -= 1

    def suggest(self, i: int, uniforms: Floats) -> list[int]:
        """Return the most popular households that household ``i`` does not follow."""
        avoid = {i, *self.graph.chosen(i)}
        ranked = (j for j, _ in self.followers.most_common() if j < self.graph.households)
        return [j for j in ranked if j not in avoid][: self.parameters.suggestions]


def most_followed(recommender: dict[str, Any]) -> int:
    """Return how many follow the most popular household of a town after two days."""
    model = EconModel("pizza_place", seed=1, steps=24, set={"social.recommender": recommender})
    model.run_model()
    graph = model.town.social.graph
    return max(len(graph.followers(j)) for j in range(graph.households))


if __name__ == "__main__":
    for name in ("two_hop", "popular"):
        print(f"{name}: the most popular has {most_followed({'name': name})} followers")
