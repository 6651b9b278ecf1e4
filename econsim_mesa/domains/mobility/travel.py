"""One step of everyone's way to their destination."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from econsim_mesa.domains.mobility.routes import shorter_way
from econsim_mesa.domains.mobility.space import Space
from econsim_mesa.society.rng import Booleans, Floats, Integers


@dataclass(frozen=True, slots=True)
class Journey:
    """What ``travel`` did in one step.

    ``distance``: cells moved by each household, shape (n,), a diagonal counts 1. ``arrived``:
    the rows that are now at their destination. ``dropped``: the rows whose destination can no
    longer be reached. Both in ascending order.
    """

    distance: Floats
    arrived: Integers
    dropped: list[int]


def travel(space: Space, t: int, speed: Integers, awake: Booleans, rank: Floats) -> Journey:
    """Move each awake household that has a destination toward it by king's moves.

    ``speed`` is the number of moves in this step, ``rank`` the drawn order in which they are
    carried out; all of shape (n,). With nothing closed a household goes diagonally until it is
    level with its destination, then straight; else by a shortest walk (see ``routes``).

    A destination is kept until it is reached, or dropped in the step in which it is closed or
    cut off, also for those asleep; either way it becomes -1. Who is told to go where it
    already stands has arrived, without a move.
    """
    distance = np.zeros(space.households)
    dropped: list[int] = []
    rows = np.flatnonzero(space.destination >= 0)
    if not rows.size:
        return Journey(distance, rows, dropped)
    target = space.destination[rows]
    moves = speed[rows] * awake[rows]
    x, y, gone = _straight_on(space, rows, target, moves)
    if space.any_closed:
        dropped = _around_closed(space, rows, target, moves, (x, y, gone))
    distance[rows] = gone
    going = np.flatnonzero(gone)
    going = going[np.argsort(rank[rows[going]], kind="stable")]
    space.relocate(rows[going], x[going], y[going], t)
    arrived = rows[x * space.height + y == target]
    space.destination[arrived] = -1
    return Journey(distance, arrived, dropped)


def _straight_on(
    space: Space, rows: Integers, target: Integers, moves: Integers
) -> tuple[Integers, Integers, Integers]:
    """Return x, y and the cells gone, if nothing is in the way."""
    x, y = space.x[rows], space.y[rows]
    tx, ty = np.divmod(target, space.height)
    dx = shorter_way(tx - x, space.width, space.torus)
    dy = shorter_way(ty - y, space.height, space.torus)
    dx = np.maximum(np.minimum(dx, moves), -moves)
    dy = np.maximum(np.minimum(dy, moves), -moves)
    x, y = x + dx, y + dy
    if space.torus:
        x, y = x % space.width, y % space.height
    return x, y, np.maximum(np.abs(dx), np.abs(dy))


def _around_closed(
    space: Space,
    rows: Integers,
    target: Integers,
    moves: Integers,
    ways: tuple[Integers, Integers, Integers],
) -> list[int]:
    """Correct ``ways`` (x, y, gone), in place, of those who cannot go straight on.

    Who has no way stays, loses its destination and is returned.
    """
    x, y, gone = ways
    here = space.cells[rows]
    shut = space.closed.reshape(-1)[target] & (here != target)
    astray = np.flatnonzero(shut | ~space.routes.straight(rows, here, target))
    # by destination: those with the same one share what is worked out for it
    astray = astray[np.argsort(target[astray], kind="stable")]
    dropped = []
    for k in astray.tolist():
        row, goal, cell, cells = int(rows[k]), int(target[k]), int(here[k]), 0
        walk = None if shut[k] else space.routes.walk(row, cell, goal)
        if walk is None:
            dropped.append(row)
            space.destination[row] = -1
        else:
            cells = min(int(moves[k]), len(walk) - 1)
            del walk[len(walk) - cells :]
            cell = walk[-1]
        x[k], y[k] = space.position(cell)
        gone[k] = cells
    return sorted(dropped)
