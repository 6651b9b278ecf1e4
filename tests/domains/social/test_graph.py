"""The follower graph: array, counts and DiGraph say the same after any changes."""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from econsim_mesa.domains.social.graph import FollowerGraph, initial_follows
from econsim_mesa.errors import BadInput

HOUSEHOLDS = 5
NAMES = ["H0", "H1", "H2", "H3", "H4", "Pizza Place", "Daily Mart", "City", "Bot"]
BOT = 8
CHANGES = st.lists(
    st.tuples(st.booleans(), st.integers(0, HOUSEHOLDS - 1), st.integers(0, BOT)), max_size=60
)


def town(cap: int = 2) -> FollowerGraph:
    return FollowerGraph(NAMES, HOUSEHOLDS, cap, (BOT,))


class Diary:
    """A listener that writes down what it is told, and what the graph said at that moment."""

    def __init__(self, graph: FollowerGraph) -> None:
        self.graph = graph
        self.lines: list[tuple[str, int, int, bool]] = []

    def followed(self, i: int, j: int) -> None:
        self.lines.append(("followed", i, j, self.graph.is_following(i, j)))

    def unfollowed(self, i: int, j: int) -> None:
        self.lines.append(("unfollowed", i, j, self.graph.is_following(i, j)))


@settings(max_examples=150, deadline=None)
@given(CHANGES)
def test_all_views_agree_with_a_plain_list(changes: list[tuple[bool, int, int]]) -> None:
    graph = town()
    lists: list[list[int]] = [[] for _ in range(HOUSEHOLDS)]
    for follow, i, j in changes:
        if follow:
            full = j < HOUSEHOLDS and sum(k < HOUSEHOLDS for k in lists[i]) >= 2
            refused = i == j or j in lists[i] or j == BOT or full
            assert (graph.follow(i, j) is not None) == refused
            if not refused:
                lists[i].append(j)
        else:
            assert (graph.unfollow(i, j) is not None) == (j not in lists[i])
            if j in lists[i]:
                lists[i].remove(j)
    width = graph.following.shape[1]
    assert graph.following.tolist() == [row + [-1] * (width - len(row)) for row in lists]
    assert graph.known[:, 0].tolist() == list(range(HOUSEHOLDS))
    assert [graph.chosen(i) for i in range(HOUSEHOLDS)] == lists
    edges = {(NAMES[i], NAMES[j]) for i in range(HOUSEHOLDS) for j in [*lists[i], BOT]}
    assert set(graph.graph.edges) == edges
    for j, name in enumerate(NAMES):
        assert sorted(NAMES[i] for i in graph.followers(j)) == sorted(graph.graph.pred[name])
        assert graph.follower_count[j] == graph.graph.in_degree(name)
        assert sorted(NAMES[k] for k in graph.followed(j)) == sorted(graph.graph.succ[name])
    for i, j in product(range(HOUSEHOLDS), range(len(NAMES))):
        assert graph.is_following(i, j) == graph.graph.has_edge(NAMES[i], NAMES[j])


def test_digraph_has_every_agent_and_the_scripted_edges_from_the_start() -> None:
    graph = town().graph
    assert isinstance(graph, nx.DiGraph)
    assert list(graph.nodes) == NAMES
    assert set(graph.edges) == {(name, "Bot") for name in NAMES[:HOUSEHOLDS]}


def test_cap_counts_households_only() -> None:
    graph = town(cap=1)
    assert graph.follow(0, 5) is None
    assert graph.follow(0, 1) is None
    assert graph.follow(0, 2) == "already follows 1 household, the most allowed"
    assert graph.follow(0, 7) is None
    assert graph.unfollow(0, 1) is None
    assert graph.follow(0, 2) is None
    assert graph.followed(0) == [BOT, 5, 7, 2]


@pytest.mark.parametrize(
    ("i", "j", "reason"),
    [
        (0, 0, "nobody can follow oneself"),
        (0, 1, "already follows H1"),
        (0, BOT, "already follows Bot"),
    ],
)
def test_refusals_of_follow_say_why_and_change_nothing(i: int, j: int, reason: str) -> None:
    graph = town()
    graph.follow(0, 1)
    before = graph.following.copy()
    assert graph.follow(i, j) == reason
    assert (graph.following == before).all()
    assert graph.graph.number_of_edges() == HOUSEHOLDS + 1


def test_refusals_of_unfollow_say_why() -> None:
    graph = town()
    assert graph.unfollow(0, 1) == "does not follow H1"
    assert graph.unfollow(0, BOT) == "Bot cannot be unfollowed"
    assert graph.is_following(0, BOT)


def test_listener_is_told_once_of_each_change_after_it_and_of_no_refusal() -> None:
    graph = town()
    diary = Diary(graph)
    graph.subscribe(diary)
    graph.subscribe(diary)
    graph.follow(0, 1)
    graph.follow(0, 1)
    graph.unfollow(0, 1)
    graph.unfollow(0, 1)
    assert diary.lines == [("followed", 0, 1, True), ("unfollowed", 0, 1, False)]


def test_array_widens_and_numpy_numbers_are_taken() -> None:
    graph = FollowerGraph([f"H{i}" for i in range(40)], 40, 39)
    numbers: Any = np.arange(39, -1, -1)
    for j in numbers[:-1]:
        assert graph.follow(numbers[-1], j) is None
    assert graph.following[0, :39].tolist() == list(range(39, 0, -1))
    assert all(type(j) is int for j in graph.followed(0))
    assert (graph.following[1:] == -1).all()


@pytest.mark.parametrize("name", ["following", "known", "follower_count"])
def test_arrays_are_read_only(name: str) -> None:
    with pytest.raises(ValueError, match="read-only"):
        getattr(town(), name)[0] = 1


@pytest.mark.parametrize(("i", "j"), [(-1, 0), (5, 0), (0, -1), (0, 9)])
def test_unknown_agents_are_an_error(i: int, j: int) -> None:
    graph = town()
    for method in (graph.follow, graph.unfollow, graph.is_following):
        with pytest.raises(BadInput, match="no such pair"):
            method(i, j)


@pytest.mark.parametrize(
    ("names", "households", "cap", "scripted", "message"),
    [
        (["a", "b", "a"], 2, 1, (), "agents of one name: a"),
        (["a"], 2, 1, (), "2 households among 1 agents"),
        (["a"], 1, -1, (), "follow cap -1"),
        (["a", "b"], 2, 1, (1,), "followed by all"),
        (["a", "b"], 1, 1, (2,), "followed by all"),
    ],
)
def test_wrong_arguments_are_refused(
    names: list[str], households: int, cap: int, scripted: tuple[int, ...], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        FollowerGraph(names, households, cap, scripted)


def test_initial_follows_are_uniform_without_replacement() -> None:
    grid = (np.arange(12) + 0.5) / 12
    draws: Counter[tuple[int, ...]] = Counter()
    for u, v in product(grid, grid):
        draws[tuple(initial_follows(np.full((4, 2), (u, v)))[1].tolist())] += 1
    assert draws == {(a, b): 24 for a in (0, 2, 3) for b in (0, 2, 3) if a != b}


@given(st.integers(1, 30), st.integers(0, 40), st.integers(0, 2**32 - 1))
def test_initial_follows_are_distinct_others(n: int, k: int, seed: int) -> None:
    drawn = initial_follows(np.random.default_rng(seed).random((n, k)))
    assert drawn.shape == (n, k)
    full = min(k, n - 1)
    assert (drawn[:, full:] == -1).all()
    for i, row in enumerate(drawn[:, :full].tolist()):
        assert len(set(row)) == full
        assert all(0 <= j < n and j != i for j in row)


def test_initial_follows_at_the_ends_of_the_unit_interval() -> None:
    last = np.nextafter(1.0, 0.0)
    assert initial_follows(np.zeros((4, 3)))[1].tolist() == [0, 2, 3]
    assert initial_follows(np.full((4, 3), last))[1].tolist() == [3, 2, 0]


def test_unfollowing_from_a_full_row_leaves_no_trace() -> None:
    graph = FollowerGraph([f"H{i}" for i in range(20)], 20, 19)
    width = graph.following.shape[1]
    for j in range(1, width + 1):
        graph.follow(0, j)
    assert graph.following.shape[1] == width
    graph.unfollow(0, 1)
    assert graph.following[0].tolist() == [*range(2, width + 1), -1]
