from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import mesa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mesa.space import MultiGrid
from on_grid import consistent, settle

from econsim_mesa.domains.mobility.space import Space
from econsim_mesa.domains.mobility.travel import travel
from econsim_mesa.errors import BadInput

STORES = ((2, 2), (4, 1))


def town(
    n: int,
    width: int = 6,
    height: int = 5,
    torus: bool = False,
    stores: Sequence[tuple[int, int]] = STORES,
    closed: Sequence[tuple[int, int]] = (),
) -> Space:
    model = mesa.Model(rng=1)
    space = Space(MultiGrid(width, height, torus), n, stores, closed)
    settle(space, model)
    for index in range(len(stores)):
        space.place_store(mesa.Agent(model), index)
    return space


def put(space: Space, positions: Sequence[tuple[int, int]], t: int = 0) -> None:
    xs, ys = np.array(positions, dtype=np.int64).reshape(-1, 2).T
    space.place(np.arange(len(positions)), xs, ys, t)


def king(space: Space, i: int, j: int) -> int:
    gaps = []
    for a, size in ((space.x, space.width), (space.y, space.height)):
        gap = abs(int(a[i]) - int(a[j]))
        gaps.append(min(gap, size - gap) if space.torus else gap)
    return max(gaps)


sizes = st.integers(1, 9)


@st.composite
def placed(draw: st.DrawFn) -> Space:
    width, height = draw(sizes), draw(sizes)
    cell = st.tuples(st.integers(0, width - 1), st.integers(0, height - 1))
    positions = draw(st.lists(cell, min_size=1, max_size=15))
    space = town(len(positions), width, height, draw(st.booleans()), stores=[draw(cell)])
    put(space, positions)
    return space


@given(placed(), st.integers(0, 9))
def test_near_counts_the_others_within_kings_distance(space: Space, radius: int) -> None:
    everyone = range(space.households)
    expected = [sum(king(space, i, j) <= radius for j in everyone if j != i) for i in everyone]
    assert space.near(radius).tolist() == expected


@given(st.integers(1, 6), st.integers(0, 3), st.data())
def test_near_out_counts_those_who_are_not_at_home(
    n: int, radius: int, data: st.DataObject
) -> None:
    cells = st.tuples(st.integers(0, 3), st.integers(0, 3))
    space = town(n)
    homes, *ways = (np.array(data.draw(st.lists(cells, min_size=n, max_size=n))) for _ in range(4))
    space.home_x[:], space.home_y[:] = homes.T
    for t, way in enumerate(ways):
        here = np.where(np.arange(n)[:, None] % 2, homes, way)  # every other one is at home
        space.place(np.arange(n), here[:, 0], here[:, 1], t)
        home = space.at_home()
        assert space.density_out.sum() == (~home).sum()
        expected = [
            0 if home[i] else sum(king(space, i, j) <= radius and not home[j] for j in range(n)) - 1
            for i in range(n)
        ]
        assert space.near_out(radius).tolist() == expected


@given(placed())
def test_distance_is_kings_distance(space: Space) -> None:
    at = list(zip(space.x.tolist(), space.y.tolist(), strict=True))
    for i, here in enumerate(at):
        for j, there in enumerate(at):
            assert space.distance(*here, *there) == king(space, i, j)


@given(placed(), st.data())
def test_grid_columns_and_density_agree_after_any_moves(space: Space, data: st.DataObject) -> None:
    consistent(space)
    for t in range(1, 4):
        rows = np.array(
            data.draw(st.lists(st.integers(0, space.households - 1), unique=True)), dtype=np.int64
        )
        xs, ys = (
            np.array(
                data.draw(st.lists(st.integers(0, k - 1), min_size=len(rows), max_size=len(rows))),
                dtype=np.int64,
            )
            for k in (space.width, space.height)
        )
        before, arrived = space.cells, space.arrived.copy()
        space.near(1)
        moved = space.place(rows, xs, ys, t)
        assert set(moved.tolist()) == set(np.flatnonzero(space.cells != before).tolist())
        assert (space.x[rows] == xs).all()
        assert (space.y[rows] == ys).all()
        arrived[moved] = t
        assert np.array_equal(space.arrived, arrived)
        consistent(space)
        fresh = [sum(king(space, i, j) <= 1 for j in range(space.households)) - 1
                 for i in range(space.households)]  # fmt: skip
        assert space.near(1).tolist() == fresh


def test_near_is_kept_until_somebody_moves_and_cannot_be_written() -> None:
    space = town(2)
    put(space, [(0, 0), (1, 1)])
    kept = space.near(1)
    assert space.near(1) is kept
    with pytest.raises(ValueError, match="read-only"):
        kept[0] = 5
    put(space, [(0, 0), (3, 3)])
    assert space.near(1).tolist() == [0, 0]
    assert kept.tolist() == [1, 1]


def test_near_refuses_a_negative_radius() -> None:
    space = town(1)
    put(space, [(0, 0)])
    with pytest.raises(BadInput, match="radius -1"):
        space.near(-1)


def test_standing_names_the_store_of_the_cell_and_home_is_a_cell() -> None:
    space = town(3)
    put(space, [(4, 1), (2, 2), (0, 0)])
    space.home_x[:], space.home_y[:] = [4, 2, 0], [2, 2, 1]
    assert space.standing().tolist() == [1, 0, -1]
    assert space.at_home().tolist() == [False, True, False]
    assert space.cells.tolist() == [space.cell(4, 1), space.cell(2, 2), space.cell(0, 0)]
    assert space.position(space.cell(4, 1)) == (4, 1)


def test_households_in_lists_households_only_in_order() -> None:
    space = town(4)
    put(space, [(2, 2), (0, 0), (2, 2), (2, 2)])
    space.place(np.array([0]), np.array([1]), np.array([1]), 1)
    space.place(np.array([0]), np.array([2]), np.array([2]), 2)
    assert space.households_in(space.cell(2, 2)) == [0, 2, 3]
    assert space.households_in(space.cell(5, 4)) == []
    assert len(space.grid.get_cell_list_contents([(2, 2)])) == 4  # the store too


def test_placing_again_in_the_same_cell_keeps_the_time_of_arrival() -> None:
    space = town(2)
    put(space, [(1, 1), (3, 3)], t=0)
    moved = space.place(np.array([1, 0]), np.array([2, 1]), np.array([2, 1]), 7)
    assert moved.tolist() == [1]
    assert space.arrived.tolist() == [0, 7]


@pytest.mark.parametrize(
    ("rows", "xs", "ys", "says"),
    [([0, 0], [1, 2], [1, 2], "twice"), ([0], [6], [0], r"\(6, 0\)"), ([0], [0], [-1], "outside")],
)
def test_place_refuses_and_moves_nobody(
    rows: list[int], xs: list[int], ys: list[int], says: str
) -> None:
    space = town(1)
    put(space, [(3, 3)])
    with pytest.raises(BadInput, match=says):
        space.place(np.array(rows), np.array(xs), np.array(ys), 1)
    assert space.cells.tolist() == [space.cell(3, 3)]
    consistent(space)


def test_constructor_refuses_what_it_cannot_hold() -> None:
    grid = MultiGrid(4, 4, False)
    with pytest.raises(BadInput, match="outside"):
        Space(grid, 1, [(4, 0)])
    with pytest.raises(BadInput, match="both at"):
        Space(grid, 1, [(1, 1), (1, 1)])
    with pytest.raises(BadInput, match="1 households"):
        Space(grid, 1, []).attach([])


def test_overlapping_keep_outs_nest() -> None:
    space = town(1, closed=[(5, 4)])
    space.close([(0, 0), (1, 1), (1, 1)])
    space.close([(1, 1)])
    space.reopen([(0, 0), (1, 1)])
    assert Counter(map(tuple, np.argwhere(space.closed).tolist())) == Counter([(1, 1), (5, 4)])
    space.reopen([(1, 1)])
    assert np.argwhere(space.closed).tolist() == [[5, 4]]
    assert space.any_closed


def test_reopen_refuses_what_was_not_kept_out_and_opens_nothing() -> None:
    space = town(1, closed=[(5, 4)])
    space.close([(0, 0)])
    with pytest.raises(BadInput, match=r"\(5, 4\)"):
        space.reopen([(0, 0), (5, 4)])
    assert space.closed[0, 0]


def test_everyone_begins_the_day_at_home_and_bound_nowhere() -> None:
    space = town(3, 6, 6, stores=())
    space.home_x[:], space.home_y[:] = [0, 1, 5], [0, 2, 5]
    space.place(np.arange(3), space.home_x, space.home_y, 0)
    space.destination[:] = [space.cell(5, 5), space.cell(3, 3), -1]
    travel(space, 1, np.full(3, 2), np.array([True, True, True]), np.zeros(3))
    space.close([(0, 0)])  # a home in a keep-out is still slept in

    assert space.send_home(12).tolist() == [0, 1]

    assert space.at_home().all()
    assert space.destination.tolist() == [-1, -1, -1]
    assert space.arrived.tolist() == [12, 12, 0]
    assert [space.households_in(space.cell(x, y)) for x, y in ((0, 0), (1, 2), (5, 5))] == [
        [0],
        [1],
        [2],
    ]
    journey = travel(space, 12, np.ones(3, np.int64), np.ones(3, np.bool_), np.zeros(3))
    assert journey.distance.sum() == 0
