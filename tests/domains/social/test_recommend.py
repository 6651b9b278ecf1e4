"""The two-hop recommender against a direct count of paths, and its draws against theory."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from econsim_mesa.domains.social.graph import FollowerGraph
from econsim_mesa.domains.social.recommend import Recommender, TwoHop
from econsim_mesa.scenario.base import Frozen
from econsim_mesa.scenario.registry import parse_one
from econsim_mesa.society.rng import Floats

HOUSEHOLDS, AGENTS, BOT = 6, 9, 8
CHANGES = st.lists(
    st.tuples(st.booleans(), st.integers(0, HOUSEHOLDS - 1), st.integers(0, AGENTS - 1)),
    max_size=80,
)
GRID = (np.arange(2000) + 0.5) / 2000


def town(*edges: tuple[int, int], cap: int = HOUSEHOLDS) -> FollowerGraph:
    """Six households, two stores (6, 7) and a scripted account (8)."""
    graph = FollowerGraph([f"A{a}" for a in range(AGENTS)], HOUSEHOLDS, cap, (BOT,))
    for i, j in edges:
        assert graph.follow(i, j) is None
    return graph


def two_hop(graph: FollowerGraph, n: int = 1, temperature: float | None = 0.5) -> TwoHop:
    parameters = TwoHop.Parameters(suggestions=n, temperature=temperature)
    recommender = TwoHop(graph.view(), parameters)
    graph.subscribe(recommender)
    return recommender


def paths(graph: FollowerGraph, i: int) -> Counter[int]:
    """Count the paths i -> k -> j in the DiGraph, scripted accounts apart."""
    names, number = graph.names, {name: a for a, name in enumerate(graph.names)}
    ends = (j for k in graph.graph.succ[names[i]] for j in graph.graph.succ[k])
    return Counter(number[j] for j in ends if number[j] != BOT)


@settings(max_examples=200, deadline=None)
@given(CHANGES, st.integers(0, 80))
def test_scores_are_the_direct_count_after_any_changes(
    changes: list[tuple[bool, int, int]], late: int
) -> None:
    graph = town(cap=3)
    early = two_hop(graph)
    for follow, i, j in changes[:late]:
        (graph.follow if follow else graph.unfollow)(i, j)
    built_late = two_hop(graph)
    for follow, i, j in changes[late:]:
        (graph.follow if follow else graph.unfollow)(i, j)
    for i in range(HOUSEHOLDS):
        assert early.scores[i] == dict(paths(graph, i))
        assert built_late.scores[i] == early.scores[i]


@settings(max_examples=200, deadline=None)
@given(
    CHANGES,
    st.lists(st.floats(0, 1, exclude_max=True), min_size=5, max_size=5),
    st.sampled_from([None, 0.0, 1e-9, 0.5, 100.0]),
)
def test_suggestions_are_distinct_strangers_candidates_first(
    changes: list[tuple[bool, int, int]], uniforms: list[float], temperature: float | None
) -> None:
    graph = town()
    recommender = two_hop(graph, 5, temperature)
    for follow, i, j in changes:
        (graph.follow if follow else graph.unfollow)(i, j)
    for i in range(HOUSEHOLDS):
        before = dict(recommender.scores[i])
        suggested = recommender.suggest(i, np.array(uniforms))
        assert recommender.scores[i] == before
        allowed = {j for j in range(AGENTS - 1) if j != i and not graph.is_following(i, j)}
        candidates = {j for j in paths(graph, i) if j in allowed}
        strangers = {j for j in allowed if j < HOUSEHOLDS}
        assert len(set(suggested)) == len(suggested) == min(5, len(candidates | strangers))
        assert set(suggested) <= candidates | strangers
        first = suggested[: len(candidates)]
        assert set(first) <= candidates
        if not temperature:
            scores = paths(graph, i)
            assert [scores[j] for j in first] == sorted(
                (scores[j] for j in candidates), reverse=True
            )[: len(first)]


def softmax_town() -> FollowerGraph:
    """Household 0 has the candidates 4 (two paths), 5 (one path) and the store 6 (one path)."""
    return town((0, 1), (0, 2), (1, 4), (2, 4), (1, 5), (2, 6), (1, 0))


def test_sampling_follows_the_softmax() -> None:
    recommender = two_hop(softmax_town(), 1, 0.5)
    draws = Counter(recommender.suggest(0, np.array([u]))[0] for u in GRID)
    weights = {4: math.exp(2 / 0.5), 5: math.exp(1 / 0.5), 6: math.exp(1 / 0.5)}
    assert set(draws) == set(weights)
    for j, weight in weights.items():
        assert draws[j] / GRID.size == pytest.approx(weight / sum(weights.values()), abs=1e-3)


def test_second_suggestion_is_drawn_among_the_rest() -> None:
    recommender = two_hop(softmax_town(), 2, 0.5)
    first, second = 0.0, Counter[int]()
    for u in GRID:
        picks = recommender.suggest(0, np.array([first, u]))
        assert picks[0] == 4
        second[picks[1]] += 1
    assert second == {5: 1000, 6: 1000}


def test_a_very_low_temperature_gives_the_best_and_a_very_high_one_is_uniform() -> None:
    cold, hot = two_hop(softmax_town(), 1, 1e-300), two_hop(softmax_town(), 1, 1e9)
    assert {cold.suggest(0, np.array([u]))[0] for u in GRID} == {4}
    draws = Counter(hot.suggest(0, np.array([u]))[0] for u in GRID)
    assert all(abs(draws[j] - GRID.size / 3) <= 1 for j in (4, 5, 6))


@pytest.mark.parametrize("temperature", [None, 0.0])
def test_top_scores_with_ties_by_uniform_draw(temperature: float | None) -> None:
    recommender = two_hop(softmax_town(), 2, temperature)
    picks = Counter(tuple(recommender.suggest(0, np.array([u, u]))) for u in GRID)
    assert picks == {(4, 5): 1000, (4, 6): 1000}


def test_without_candidates_strangers_are_uniform() -> None:
    recommender = two_hop(town((0, 2), (0, 6)))
    draws = Counter(recommender.suggest(0, np.array([u]))[0] for u in GRID[::2])
    assert set(draws) == {1, 3, 4, 5}
    assert set(draws.values()) == {250}


def test_nobody_left_means_fewer_suggestions() -> None:
    graph = town(*((0, j) for j in range(1, HOUSEHOLDS)))
    assert two_hop(graph, 3).suggest(0, np.array([0.1, 0.5, 0.9])) == []
    graph.follow(1, 7)
    assert two_hop(graph, 3).suggest(0, np.array([0.1, 0.5, 0.9])) == [7]


def test_scripted_account_is_never_suggested_but_stores_are() -> None:
    recommender = two_hop(town((0, 1), (1, 6), (1, 7)), AGENTS, 0.5)
    assert sorted(recommender.suggest(0, np.full(AGENTS, 0.7))) == [2, 3, 4, 5, 6, 7]


def test_changes_of_the_graph_are_heard_once() -> None:
    graph = town((0, 1))
    recommender = two_hop(graph)
    graph.subscribe(recommender)
    graph.follow(1, 2)
    assert recommender.scores[0] == {2: 1}
    graph.unfollow(1, 2)
    assert recommender.scores[0] == {}


def test_scenario_names_the_recommender() -> None:
    parsed = parse_one("recommender", {"name": "two_hop", "suggestions": 2}, key="name")
    assert parsed == TwoHop.Parameters(suggestions=2, temperature=0.5)
    assert two_hop(town(), 2).draws == 2


@pytest.mark.parametrize(
    "wrong", [{"suggestions": -1}, {"temperature": -0.1}, {"temperature": math.inf}, {"n": 1}]
)
def test_wrong_parameters_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        TwoHop.Parameters.model_validate(wrong)


def test_a_recommender_of_ones_own_needs_one_method() -> None:
    class Next(Recommender):
        name = "next"
        title = "the household with the next number"
        Parameters = Frozen

        def suggest(self, i: int, uniforms: Floats) -> list[int]:
            return [(i + 1) % self.graph.households]

    graph = town((0, 1))
    recommender = Next(graph.view(), Frozen())
    graph.subscribe(recommender)
    graph.follow(0, 2)
    graph.unfollow(0, 2)
    assert recommender.suggest(5, np.array([0.5])) == [0]


def test_suggestions_do_not_depend_on_the_order_in_which_the_graph_grew() -> None:
    edges = [(0, 1), (0, 2), (1, 4), (2, 4), (1, 5), (2, 6), (1, 0)]
    one, other = two_hop(town(*edges), 3), two_hop(town(*edges[::-1]), 3)
    for u in GRID[::20]:
        uniforms = np.array([u, 1 - u, u])
        assert one.suggest(0, uniforms) == other.suggest(0, uniforms)
