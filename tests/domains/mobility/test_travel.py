from __future__ import annotations

import mesa
import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mesa.space import MultiGrid
from on_grid import consistent, settle

from econsim_mesa.domains.mobility.routes import MOVES
from econsim_mesa.domains.mobility.space import Space
from econsim_mesa.domains.mobility.travel import Journey, travel


def town(
    positions: list[tuple[int, int]],
    size: tuple[int, int] = (10, 10),
    torus: bool = False,
    closed: list[tuple[int, int]] | None = None,
    stores: list[tuple[int, int]] | None = None,
) -> Space:
    model = mesa.Model(rng=1)
    space = Space(MultiGrid(*size, torus), len(positions), stores or [], closed or [])
    settle(space, model)
    xs, ys = np.array(positions, dtype=np.int64).T
    space.place(np.arange(len(positions)), xs, ys, 0)
    return space


def go(
    space: Space,
    t: int = 1,
    speed: int | list[int] = 1,
    awake: list[bool] | None = None,
    rank: list[float] | None = None,
) -> Journey:
    n = space.households
    return travel(
        space,
        t,
        np.broadcast_to(np.array(speed, dtype=np.int64), n).copy(),
        np.array(awake if awake is not None else [True] * n, dtype=np.bool_),
        np.array(rank if rank is not None else np.linspace(0, 0.9, n), dtype=np.float64),
    )


def positions(space: Space) -> list[tuple[int, int]]:
    return list(zip(space.x.tolist(), space.y.tolist(), strict=True))


def open_graph(space: Space) -> nx.Graph:
    """Return king's moves between cells that are not closed, written down cell by cell."""
    graph = nx.Graph()
    for x in range(space.width):
        for y in range(space.height):
            if space.closed[x, y]:
                continue
            graph.add_node((x, y))
            for dx, dy in MOVES:
                u, v = x + dx, y + dy
                if space.torus:
                    u, v = u % space.width, v % space.height
                if 0 <= u < space.width and 0 <= v < space.height and not space.closed[u, v]:
                    graph.add_edge((x, y), (u, v))
    return graph


@st.composite
def journeys(draw: st.DrawFn, walls: bool) -> tuple[Space, list[int], list[bool], list[float]]:
    size = draw(st.integers(1, 8)), draw(st.integers(1, 8))
    cell = st.tuples(st.integers(0, size[0] - 1), st.integers(0, size[1] - 1))
    closed = draw(st.lists(cell, max_size=size[0] * size[1] // 2)) if walls else []
    free = [(x, y) for x in range(size[0]) for y in range(size[1]) if (x, y) not in closed]
    n = draw(st.integers(1, 6))
    starts = draw(st.lists(st.sampled_from(free or closed), min_size=n, max_size=n))
    stores = draw(st.lists(cell, max_size=2, unique=True))
    permanent = draw(st.booleans())
    space = town(starts, size, draw(st.booleans()), closed if permanent else [], stores)
    if closed and not permanent:
        space.close(closed)
    goals = draw(st.lists(cell, min_size=n, max_size=n))
    space.destination[:] = [space.cell(*goal) for goal in goals]
    speed = draw(st.lists(st.integers(1, 4), min_size=n, max_size=n))
    awake = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    rank = draw(st.lists(st.floats(0, 0.99), min_size=n, max_size=n))
    return space, speed, awake, rank


@given(journeys(walls=False))
def test_with_nothing_closed_each_step_is_speed_kings_moves_nearer(
    case: tuple[Space, list[int], list[bool], list[float]],
) -> None:
    check_one_step(*case)


@given(journeys(walls=True))
def test_around_closed_cells_each_step_is_on_a_shortest_walk(
    case: tuple[Space, list[int], list[bool], list[float]],
) -> None:
    space, speed, awake, rank = case
    for t in range(1, 4):
        check_one_step(space, speed, awake, rank, t)


def check_one_step(
    space: Space, speed: list[int], awake: list[bool], rank: list[float], t: int = 1
) -> None:
    graph = open_graph(space)
    before, goals = positions(space), space.destination.tolist()
    started_closed = [bool(space.closed[p]) for p in before]
    arrived = space.arrived.tolist()
    journey = go(space, t, speed, awake, rank)
    after = positions(space)
    consistent(space)
    for i, goal in enumerate(goals):
        assert started_closed[i] or not space.closed[after[i]]
        assert space.arrived[i] == (arrived[i] if after[i] == before[i] else t)
        if goal < 0 or started_closed[i]:
            continue
        reachable = space.position(goal) in graph and nx.has_path(
            graph, before[i], space.position(goal)
        )
        assert (i in journey.dropped) == (not reachable)
        if not reachable:
            assert (after[i], space.destination[i], journey.distance[i]) == (before[i], -1, 0)
            continue
        left = nx.shortest_path_length(graph, before[i], space.position(goal))
        moves = min(left, speed[i]) if awake[i] else 0
        assert journey.distance[i] == moves
        assert nx.shortest_path_length(graph, before[i], after[i]) == moves
        assert nx.shortest_path_length(graph, after[i], space.position(goal)) == left - moves
        assert (i in journey.arrived) == (left == moves)
        assert space.destination[i] == (-1 if left == moves else goal)


@given(journeys(walls=True))
def test_what_is_remembered_changes_nothing(
    case: tuple[Space, list[int], list[bool], list[float]],
) -> None:
    space, speed, awake, rank = case
    space.routes._hubs[:] = False  # the way back from a hub is chosen once, for the whole trip
    closed = [(int(x), int(y)) for x, y in np.argwhere(space.closed)]
    walls = bool(space._walls.any())
    for t in range(4):
        size = space.width, space.height
        fresh = town(positions(space), size, space.torus, closed if walls else [])
        if not walls:
            fresh.close(closed)
        fresh.destination[:] = space.destination
        one, other = go(space, t, speed, awake, rank), go(fresh, t, speed, awake, rank)
        assert positions(space) == positions(fresh)
        assert space.destination.tolist() == fresh.destination.tolist()
        assert one.dropped == other.dropped
        assert one.distance.tolist() == other.distance.tolist()
        assert one.arrived.tolist() == other.arrived.tolist()


def test_diagonally_until_level_then_straight() -> None:
    space = town([(0, 0)])
    space.destination[0] = space.cell(5, 2)
    path = []
    for t in range(1, 6):
        assert space.destination[0] >= 0
        assert go(space, t).distance.tolist() == [1]
        path.append(positions(space)[0])
    assert path == [(1, 1), (2, 2), (3, 2), (4, 2), (5, 2)]
    assert space.destination[0] == -1


def test_speed_stops_at_the_destination() -> None:
    space = town([(0, 0), (0, 0)])
    space.destination[:] = space.cell(3, 1)
    journey = go(space, speed=[2, 9])
    assert positions(space) == [(2, 1), (3, 1)]
    assert journey.distance.tolist() == [2, 3]
    assert journey.arrived.tolist() == [1]


def test_over_the_edge_of_a_torus() -> None:
    space = town([(1, 1), (0, 0)], torus=True)
    space.destination[:] = [space.cell(8, 9), space.cell(5, 5)]
    go(space, speed=2)
    assert positions(space) == [(9, 9), (2, 2)]  # as long both ways: the positive one


def test_only_who_is_awake_and_bound_somewhere_moves() -> None:
    space = town([(0, 0), (5, 5), (9, 9)])
    space.destination[:] = [space.cell(3, 3), -1, space.cell(1, 1)]
    journey = go(space, awake=[False, True, True])
    assert positions(space) == [(0, 0), (5, 5), (8, 8)]
    assert journey.distance.tolist() == [0, 0, 1]
    assert space.arrived.tolist() == [0, 0, 1]
    assert space.destination.tolist() == [space.cell(3, 3), -1, space.cell(1, 1)]


def test_nobody_bound_anywhere_costs_no_move() -> None:
    space = town([(0, 0)])
    version = space.version
    journey = go(space)
    assert (journey.distance.tolist(), journey.arrived.tolist(), journey.dropped) == ([0], [], [])
    assert space.version == version


@pytest.mark.parametrize("closed", [[], [(9, 9)]])
def test_told_to_go_where_it_stands_it_has_arrived(closed: list[tuple[int, int]]) -> None:
    space = town([(4, 4)], closed=closed)
    space.destination[0] = space.cell(4, 4)
    journey = go(space, t=7, awake=[False])
    assert (journey.arrived.tolist(), journey.distance.tolist()) == ([0], [0])
    assert (space.destination[0], space.arrived[0]) == (-1, 0)


def test_moves_are_carried_out_in_the_drawn_order() -> None:
    space = town([(0, 0), (1, 0), (0, 1)])
    space.destination[:] = space.cell(1, 1)
    go(space, rank=[0.5, 0.9, 0.1])
    contents = space.grid.get_cell_list_contents([(1, 1)])
    assert [agent.index for agent in contents] == [2, 0, 1]


def test_a_keep_out_drops_destinations_inside_and_behind() -> None:
    space = town([(0, 0), (0, 1), (0, 2)])
    space.destination[:] = [space.cell(5, 5), space.cell(9, 9), space.cell(4, 0)]
    assert go(space).dropped == []
    space.close([(5, y) for y in range(10)])
    journey = go(space, t=2, awake=[True, False, True])
    assert journey.dropped == [0, 1]
    assert positions(space) == [(1, 1), (1, 2), (2, 0)]
    assert space.destination.tolist() == [-1, -1, space.cell(4, 0)]


def test_a_keep_out_is_walked_around_and_forgotten_once_reopened() -> None:
    space = town([(0, 5)])
    space.destination[0] = space.cell(9, 5)
    go(space, speed=2)
    around = [(5, y) for y in range(2, 10)]
    space.close(around)
    go(space, t=2)
    assert positions(space) == [(3, 4)]
    space.reopen(around)
    go(space, t=3, speed=9)
    assert positions(space) == [(9, 5)]
    assert space.destination[0] == -1


def test_whoever_is_inside_leaves_the_shortest_way_and_does_not_come_back() -> None:
    space = town([(5, 5), (5, 5)])
    space.close([(x, y) for x in range(3, 8) for y in range(3, 8)])
    space.destination[:] = [space.cell(5, 9), space.cell(5, 6)]
    assert go(space).dropped == [1]
    assert positions(space) == [(5, 6), (5, 5)]
    go(space, t=2, speed=3)
    assert positions(space)[0] == (5, 9)
    space.destination[0] = space.cell(5, 0)
    for t in range(3, 20):
        go(space, t)
        assert not space.closed[positions(space)[0]]
    assert positions(space)[0] == (5, 0)


def test_inside_a_keep_out_walls_hold() -> None:
    wall = [(4, y) for y in range(10)]
    space = town([(3, 5)], closed=wall)
    space.close([(x, y) for x in range(2, 6) for y in range(10)])
    space.destination[0] = space.cell(9, 5)
    assert go(space).dropped == [0]


def test_a_trip_goes_on_from_where_a_household_was_put() -> None:
    space = town([(0, 5), (0, 4)], closed=[(5, y) for y in range(9)])
    space.destination[:] = [space.cell(9, 5), space.cell(4, 4)]
    go(space)
    space.place(np.array([0, 1]), np.array([8, 9]), np.array([2, 4]), 2)
    go(space, t=3)
    assert positions(space) == [(9, 3), (8, 5)]
    consistent(space)


@pytest.mark.parametrize("start", [(0, 5), (0, 0)])  # straight on, and around what was there
def test_a_way_remembered_is_given_up_when_more_is_closed(start: tuple[int, int]) -> None:
    space = town([start], closed=[(2, y) for y in range(4)])
    space.destination[0] = space.cell(9, 5) if start == (0, 5) else space.cell(9, 0)
    go(space)
    space.close([(4, y) for y in range(1, 10)])
    for t in range(2, 30):
        assert go(space, t).dropped == []
        assert not space.closed[positions(space)[0]]
    assert space.destination[0] == -1
    assert positions(space)[0][0] == 9


def test_standing_at_a_destination_that_is_closed_is_an_arrival() -> None:
    space = town([(4, 4)])
    space.close([(4, 4)])
    space.destination[0] = space.cell(4, 4)
    journey = go(space)
    assert (journey.arrived.tolist(), journey.dropped) == ([0], [])


def test_dropped_are_in_order_of_household() -> None:
    space = town([(0, 0), (0, 0), (0, 0)], closed=[(5, 5), (6, 6), (7, 7)])
    space.destination[:] = [space.cell(7, 7), space.cell(5, 5), space.cell(6, 6)]
    assert go(space).dropped == [0, 1, 2]
