from __future__ import annotations

from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from econsim_mesa.domains.mobility.routes import (
    FIELDS,
    KEEP_OUT,
    MOVES,
    OPEN,
    WALL,
    Routes,
    shorter_way,
)

kinds = st.sampled_from([OPEN, OPEN, OPEN, KEEP_OUT, WALL])


@st.composite
def blocked(draw: st.DrawFn) -> Routes:
    width, height = draw(st.integers(1, 7)), draw(st.integers(1, 7))
    count = width * height
    hubs = draw(st.lists(st.integers(0, count - 1), max_size=4))
    routes = Routes(width, height, draw(st.booleans()), 3, hubs)
    barrier = draw(st.lists(kinds, min_size=count, max_size=count))
    routes.block(np.array(barrier, dtype=np.int8))
    return routes


def graph_of(routes: Routes) -> nx.DiGraph:
    """Moves that the rules allow, written down cell by cell."""
    graph = nx.DiGraph()
    graph.add_nodes_from(range(routes.count))
    for cell in range(routes.count):
        x, y = divmod(cell, routes.height)
        for dx, dy in MOVES:
            u, v = x + dx, y + dy
            if routes.torus:
                u, v = u % routes.width, v % routes.height
            elif not (0 <= u < routes.width and 0 <= v < routes.height):
                continue
            other = u * routes.height + v
            kind, own = routes._barrier[other], routes._barrier[cell]
            if kind == OPEN or (kind == KEEP_OUT and own != OPEN):
                graph.add_edge(cell, other)
    return graph


@given(blocked(), st.data())
def test_walks_are_shortest_and_allowed(routes: Routes, data: st.DataObject) -> None:
    graph = graph_of(routes)
    for target in range(routes.count):
        if routes._barrier[target] != OPEN:
            continue
        lengths = nx.single_target_shortest_path_length(graph, target)
        expected = dict(lengths)
        for cell in range(routes.count):
            walk = routes.walk(0, cell, target)
            if cell not in expected:
                assert walk is None
                continue
            assert walk is not None
            assert (walk[0], walk[-1], len(walk) - 1) == (target, cell, expected[cell])
            for after, before in pairwise(walk):
                assert graph.has_edge(before, after)


@given(blocked())
def test_straight_walks_are_told_right_and_are_the_shortest_ones_taken(routes: Routes) -> None:
    graph = graph_of(routes)
    row = np.array([1])
    for target in np.flatnonzero(routes._barrier == OPEN).tolist():
        for cell in range(routes.count):
            way = _straight_way(routes, cell, target)
            clear = all(graph.has_edge(a, b) for a, b in pairwise(way))
            for _ in range(2):  # worked out, then remembered
                told = routes.straight(row, np.array([cell]), np.array([target]))
                assert told.tolist() == [clear]
            routes.forget(row)
            if clear:
                assert routes._follow(cell, target) == way


def _straight_way(routes: Routes, cell: int, target: int) -> list[int]:
    way = [cell]
    while way[-1] != target:
        x, y = divmod(way[-1], routes.height)
        tx, ty = divmod(target, routes.height)
        step = []
        for gap, size in ((tx - x, routes.width), (ty - y, routes.height)):
            if routes.torus and abs(gap) * 2 > size:
                gap = -gap
            elif routes.torus and abs(gap) * 2 == size:
                gap = abs(gap)
            step.append(int(np.sign(gap)))
        way.append((x + step[0]) % routes.width * routes.height + (y + step[1]) % routes.height)
    return way


@pytest.mark.parametrize("size", range(1, 8))
def test_shorter_way_round(size: int) -> None:
    for difference in range(-size + 1, size):
        way = int(shorter_way(np.array([difference]), size, True)[0])
        assert (way - difference) % size == 0
        assert abs(way) == min(difference % size, -difference % size)
        assert way > 0 or 2 * abs(way) != size or way == 0
    assert shorter_way(np.array([-size]), size, False).tolist() == [-size]


def test_a_wall_is_rounded_on_the_straighter_side() -> None:
    routes = Routes(5, 5, False, 1)
    barrier = np.zeros(25, dtype=np.int8)
    barrier[[2 * 5 + y for y in (1, 2, 3)]] = WALL
    routes.block(barrier)
    walk = routes.walk(0, 0 * 5 + 2, 4 * 5 + 2)
    assert walk is not None
    assert [divmod(c, 5) for c in walk[::-1]] == [(0, 2), (1, 3), (2, 4), (3, 3), (4, 2)]


def test_from_a_hub_the_way_there_is_taken_backward() -> None:
    barrier = np.zeros(49, dtype=np.int8)
    barrier[[3 * 7 + y for y in (1, 2, 3, 4)]] = WALL
    store, home = 0 * 7 + 2, 6 * 7 + 4
    plain, hub = Routes(7, 7, False, 1), Routes(7, 7, False, 1, [store])
    for routes in (plain, hub):
        routes.block(barrier)
    there = hub.walk(0, home, store)
    back = hub.walk(0, store, home)
    assert there is not None
    assert back == there[::-1]
    assert list(hub._fields) == [store]
    plain.walk(0, store, home)
    assert list(plain._fields) == [home]


def test_a_walk_is_remembered_and_forgotten() -> None:
    routes = Routes(5, 5, False, 1)
    routes.block(np.zeros(25, dtype=np.int8))
    walk = routes.walk(0, 0, 24)
    assert walk is not None
    walk.pop()
    assert routes.walk(0, walk[-1], 24) is walk
    routes.forget(np.array([0]))
    again = routes.walk(0, walk[-1], 24)
    assert again == walk
    assert again is not walk
    routes.block(np.zeros(25, dtype=np.int8))
    assert routes.walk(0, walk[-1], 24) is not again


def test_remembered_fields_are_bounded_by_last_use() -> None:
    routes = Routes(20, 20, False, 1)
    for target in range(FIELDS):
        routes.towards(target)
    routes.towards(0)
    routes.towards(FIELDS)
    assert len(routes._fields) == FIELDS
    assert 0 in routes._fields
    assert 1 not in routes._fields
    assert not routes.towards(5).flags.writeable
