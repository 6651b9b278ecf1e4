"""Timelines of all households at once against a slow reading, one household at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from econsim_mesa.domains.social.graph import FollowerGraph, initial_follows
from econsim_mesa.domains.social.posts import Posts
from econsim_mesa.domains.social.timeline import Timeline
from econsim_mesa.errors import BadInput
from econsim_mesa.society.rng import derangement


def slow_timeline(
    graph: FollowerGraph, posts: Posts, reader: Timeline, t: int, uniforms: Any, i: int
) -> list[int]:
    """Read the timeline of one household by the words of the model."""
    window = [p for p in range(posts.count) if posts.step[p] >= t - reader.window_steps]
    by = {p: int(posts.author[p]) for p in window}
    replies = [
        p
        for p in reversed(window if reader.replies else [])
        if posts.reply_to[p] >= 0 and posts.author[posts.reply_to[p]] == i != by[p]
    ][: reader.size]
    of_followed = [p for p in window if by[p] in graph.followed(i)]
    followed = sorted({*of_followed, *replies}, reverse=True)[: reader.size]
    pool = [p for p in window if by[p] not in graph.followed_by_all]
    found: list[int] = []
    for uniform in uniforms[i]:
        start = int(uniform * len(pool))
        turn = pool[start:] + pool[:start]
        strangers = [p for p in turn if by[p] != i and not graph.is_following(i, by[p])]
        strangers = [p for p in strangers if p not in replies]
        found += [p for p in strangers if p not in found][:1] or [-1]
    return followed + [-1] * (reader.size - len(followed)) + found


def random_town(
    seed: int, n: int, posts_a_step: int, size: int, bots: int, extra_depth: int = 0
) -> tuple[FollowerGraph, Posts, np.random.Generator]:
    """A town of n households, two stores and some scripted accounts, with 12 steps of posts."""
    rng = np.random.default_rng(seed)
    agents = n + 2 + bots
    graph = FollowerGraph([f"A{a}" for a in range(agents)], n, n, range(n + 2, agents))
    for _ in range(rng.integers(0, 3 * n + 1)):
        graph.follow(int(rng.integers(n)), int(rng.integers(agents)))
    for i in range(0, n, 2):
        graph.unfollow(i, int(rng.integers(agents)))
    posts = Posts(agents, size + extra_depth)
    for t in range(12):
        for _ in range(rng.integers(0, posts_a_step + 1)):
            reply_to = int(rng.integers(-1, posts.count))
            posts.append(t, int(rng.integers(agents)), "x", reply_to)
    return graph, posts, rng


@settings(max_examples=200, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 12),
    posts_a_step=st.integers(0, 6),
    size=st.integers(0, 5),
    discovery=st.integers(0, 4),
    window=st.integers(0, 14),
    bots=st.integers(0, 2),
    extra_depth=st.integers(0, 2),
    replies=st.booleans(),
)
def test_read_is_what_the_model_says(
    seed: int,
    n: int,
    posts_a_step: int,
    size: int,
    discovery: int,
    window: int,
    bots: int,
    extra_depth: int,
    replies: bool,
) -> None:
    graph, posts, rng = random_town(seed, n, posts_a_step, size, bots, extra_depth)
    reader = Timeline(graph, posts, size, window, discovery, replies=replies)
    uniforms = rng.random((n, discovery))
    read = reader.read(12, uniforms)
    assert read.dtype == np.int32
    assert read.tolist() == [slow_timeline(graph, posts, reader, 12, uniforms, i) for i in range(n)]


def test_read_in_a_town_where_the_search_takes_many_turns() -> None:
    n = 700
    graph = FollowerGraph([f"A{a}" for a in range(n + 1)], n, 8)
    rng = np.random.default_rng(3)
    for i, row in enumerate(initial_follows(rng.random((n, 5))).tolist()):
        for j in [*row, *([n] if i % 3 else [])]:
            assert graph.follow(i, j) is None
    posts = Posts(n + 1, 4)
    for t in range(6):
        for a in np.flatnonzero(rng.random(n) < 0.05):
            posts.append(t, int(a), "x")
        for _ in range(20):
            posts.append(t, n, "the store again")
    reader = Timeline(graph, posts, 4, 5, 2)
    uniforms = rng.random((n, 2))
    read = reader.read(6, uniforms).tolist()
    assert read == [slow_timeline(graph, posts, reader, 6, uniforms, i) for i in range(n)]


def small_town(discovery: int = 0, window: int = 3) -> tuple[FollowerGraph, Posts, Timeline]:
    graph = FollowerGraph(["H0", "H1", "H2", "Shop", "Bot"], 3, 2, (4,))
    posts = Posts(5, 2)
    return graph, posts, Timeline(graph, posts, 2, window, discovery)


def none(discovery: int = 0) -> Any:
    return np.zeros((3, discovery))


def test_newest_first_and_stores_and_bots_count() -> None:
    graph, posts, reader = small_town()
    graph.follow(0, 3)
    graph.follow(0, 1)
    for author in (1, 4, 2, 3):
        posts.append(0, author, "x")
    assert reader.read(1, none()).tolist() == [[3, 1], [1, -1], [1, -1]]


def test_a_post_is_read_up_to_the_age_of_the_window_and_no_longer() -> None:
    graph, posts, reader = small_town(discovery=1)
    graph.follow(0, 1)
    posts.append(5, 1, "x")
    assert reader.read(8, none(1)).tolist() == [[0, -1, -1], [-1, -1, -1], [-1, -1, 0]]
    assert (reader.read(9, none(1)) == -1).all()


def test_unfollowing_ends_reading() -> None:
    graph, posts, reader = small_town()
    posts.append(0, 1, "x")
    graph.follow(0, 1)
    assert reader.read(1, none())[0].tolist() == [0, -1]
    graph.unfollow(0, 1)
    assert reader.read(1, none())[0].tolist() == [-1, -1]


def test_discovery_shows_neither_own_nor_followed_nor_scripted_posts() -> None:
    graph, posts, reader = small_town(discovery=3)
    graph.follow(0, 1)
    for author in (0, 1, 4, 2, 3):
        posts.append(0, author, "x")
    for uniform in (0.0, 0.3, 0.6, 0.99):
        strangers = reader.read(1, np.full((3, 3), uniform))[0, 2:].tolist()
        assert sorted(strangers) == [-1, 3, 4]


def test_discovery_starts_where_the_uniform_says_and_goes_round() -> None:
    _, posts, reader = small_town(discovery=1)
    for author in (1, 2, 1, 2):
        posts.append(0, author, "x")
    found = [int(reader.read(1, np.full((3, 1), u))[1, 2]) for u in (0.0, 0.25, 0.5, 0.75)]
    assert found == [1, 1, 3, 3]
    posts.append(0, 1, "last")
    assert reader.read(1, np.full((3, 1), 0.99))[1, 2] == 1


def test_blocked_feed_is_empty() -> None:
    graph, posts, reader = small_town(discovery=1)
    graph.follow(0, 1)
    posts.append(0, 1, "x")
    assert (reader.read(1, none(1)) != -1).any()
    reader.mode = "blocked"
    blocked = reader.read(1, none(1))
    assert blocked.shape == (3, 3)
    assert (blocked == -1).all()


def test_shuffled_feed_gives_everyone_the_timeline_of_another() -> None:
    graph, posts, rng = random_town(7, 9, 6, 3, 1)
    reader = Timeline(graph, posts, 3, 12, 1)
    uniforms, shuffle = rng.random((9, 1)), rng.random(9)
    straight = reader.read(12, uniforms)
    reader.mode = "shuffled"
    shuffled = reader.read(12, uniforms, shuffle)
    partner = derangement(shuffle)
    assert (partner != np.arange(9)).all()
    assert (shuffled == straight[partner]).all()
    assert (shuffled != straight).any()


def test_shuffled_feed_without_its_uniforms_is_an_error() -> None:
    graph, posts, _ = small_town()
    reader = Timeline(graph, posts, 2, 3, 0, mode="shuffled")
    with pytest.raises(BadInput, match="shuffle="):
        reader.read(1, none())


def test_a_new_household_leaves_the_timelines_of_the_others_alone() -> None:
    """Common random numbers: row i needs only its own uniforms."""
    tables = []
    for n in (4, 5):
        graph = FollowerGraph([f"H{i}" for i in range(n)] + ["Shop"], n, 2)
        posts = Posts(n + 1, 2)
        graph.follow(0, 1)
        for author in (1, 2, 3, n, 1):
            posts.append(0, author, "x")
        uniforms = np.random.default_rng(5).random((n, 2))
        tables.append(Timeline(graph, posts, 2, 3, 2).read(1, uniforms)[:4])
    assert (tables[0] == tables[1]).all()


def test_posts_must_fit_the_timeline() -> None:
    graph = FollowerGraph(["H0", "H1"], 2, 1)
    with pytest.raises(BadInput, match="depth=3"):
        Timeline(graph, Posts(2, 2), 3, 1, 0)
    with pytest.raises(BadInput, match="posts of 3 agents with a graph of 2"):
        Timeline(graph, Posts(3, 3), 3, 1, 0)
