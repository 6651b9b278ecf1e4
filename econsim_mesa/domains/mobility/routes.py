"""Shortest king's walks around closed cells.

Cells are numbered x * height + y. A cell is open, kept out of for a time, or closed for good
(a wall). A walk may enter an open cell from anywhere and a keep-out only from inside one, so
whoever a keep-out surprises can leave it the shortest way; it never enters a wall. A diagonal
move may pass between two closed cells: only the cells stood on count.

Of several shortest walks the one is taken whose each move leaves the least straight-line
distance, then the first in the order of ``MOVES``. Where nothing is in the way this is the
closed form of ``travel``: diagonally until level with the destination, then straight. A walk
around something from a hub (a store) is the way there taken backward, so that what is worked
out for the few hubs serves the ways back to many homes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from econsim_mesa.society.rng import Booleans, Integers

Cells = NDArray[np.int32]
Steps = TypeVar("Steps", int, Integers)

OPEN, KEEP_OUT, WALL = 0, 1, 2
MOVES = ((1, 1), (1, 0), (1, -1), (0, 1), (0, -1), (-1, 1), (-1, 0), (-1, -1))
FIELDS = 256
"""Destinations whose next cells are remembered at most."""

_UNSEEN, _NOWHERE = -1, 2**30


def shorter_way(difference: Steps, size: int, torus: bool) -> Steps:
    """Return the signed number of cells to go along one axis of ``size`` cells.

    On a torus the shorter way round, the positive one when both are as long.
    """
    if not torus:
        return difference
    behind = (size - 1) // 2
    return (difference + behind) % size - behind


class Routes:
    """Walks of ``households`` on a grid of ``width`` x ``height`` cells, a torus or not.

    ``hubs`` are the cell numbers from and to which many go. ``block`` says what is closed; a
    walk begun is kept until that changes, or the household is put elsewhere or sent elsewhere.
    """

    def __init__(
        self, width: int, height: int, torus: bool, households: int, hubs: Sequence[int] = ()
    ) -> None:
        self.width, self.height, self.torus = width, height, torus
        self.count = width * height
        self._version = 0
        self._barrier = np.zeros(self.count, dtype=np.int8)
        self._hubs = np.zeros(self.count, dtype=np.bool_)
        self._hubs[list(hubs)] = True
        self._neighbours: Cells | None = None
        self._tables: tuple[Cells, Cells] | None = None
        self._fields: OrderedDict[int, Cells] = OrderedDict()
        self._straight = np.full(households, -1, dtype=np.int64)
        self._walks: dict[int, list[int]] = {}

    def block(self, barrier: NDArray[np.int8]) -> None:
        """Take ``OPEN``, ``KEEP_OUT`` or ``WALL`` for each cell number; forget all walks."""
        self._barrier = barrier
        self._version += 1
        self._tables = None
        self._fields.clear()
        self._walks.clear()

    def forget(self, rows: Integers) -> None:
        """Forget the walks of households that were put elsewhere."""
        self._straight[rows] = -1
        for row in rows.tolist():
            self._walks.pop(row, None)

    def straight(self, rows: Integers, cells: Integers, targets: Integers) -> Booleans:
        """Tell whose straight walk from cell to target meets nothing closed; shape of ``rows``.

        It is checked once a trip: what is left of a clear walk is clear.
        """
        trip = self._version * self.count + targets
        clear: Booleans = self._straight[rows] == trip
        new = np.flatnonzero(~clear)
        if new.size:
            clear[new] = self._unobstructed(cells[new], targets[new])
            self._straight[rows[new]] = np.where(clear[new], trip[new], -1)
        return clear

    def _unobstructed(self, cells: Integers, targets: Integers) -> Booleans:
        x, y = np.divmod(cells, self.height)
        tx, ty = np.divmod(targets, self.height)
        dx = shorter_way(tx - x, self.width, self.torus)
        dy = shorter_way(ty - y, self.height, self.torus)
        clear = np.ones(len(cells), dtype=np.bool_)
        on = np.arange(len(cells))
        before: NDArray[np.int8] = self._barrier[cells]
        for _ in range(int(np.maximum(np.abs(dx), np.abs(dy)).max())):
            sx, sy = np.sign(dx), np.sign(dy)
            x, y, dx, dy = (x + sx) % self.width, (y + sy) % self.height, dx - sx, dy - sy
            after: NDArray[np.int8] = self._barrier[x * self.height + y]
            free = _may_enter(before, after)
            clear[on[~free]] = False
            going = np.flatnonzero(free & ((dx != 0) | (dy != 0)))
            if not going.size:
                break
            x, y, dx, dy, on = (a[going] for a in (x, y, dx, dy, on))
            before = after[going]
        return clear

    def walk(self, row: int, cell: int, target: int) -> list[int] | None:
        """Return what is left of a household's walk, or ``None`` if no way leads to ``target``.

        The list runs backward, from ``target`` to ``cell``, and is the household's own: take
        the cell that it stands on off the end at each move.
        """
        known = self._walks.get(row)
        if known and known[0] == target and known[-1] == cell:
            return known
        if self._hubs[cell] and not self._hubs[target] and self._barrier[cell] == OPEN:
            walk = self._follow(target, cell)
        else:
            walk = self._follow(cell, target)[::-1]
        if walk:
            self._walks[row] = walk
        return walk or None

    def _follow(self, start: int, end: int) -> list[int]:
        """Return a shortest walk with both its ends, empty if there is none."""
        following = self.towards(end)
        if following[start] < 0:
            return []
        walk = [start]
        while walk[-1] != end:
            walk.append(following.item(walk[-1]))
        return walk

    def towards(self, target: int) -> Cells:
        """Return the next cell of a shortest walk to ``target`` from each cell; -1: no way.

        Read-only; kept for the ``FIELDS`` destinations used last.
        """
        following = self._fields.get(target)
        if following is None:
            following = self._next_cells(target)
            following.flags.writeable = False
            self._fields[target] = following
            if len(self._fields) > FIELDS:
                self._fields.popitem(last=False)
        else:
            self._fields.move_to_end(target)
        return following

    def _next_cells(self, target: int) -> Cells:
        into, out_of = self._edges()
        distance = self._distances(target, into)
        left = np.append(self._squared_distance(target), 0)
        closer = distance[out_of] == (distance[:-1] - 1)[:, None]
        key = np.where(closer, left[out_of], np.int64(2**62))
        following: Cells = out_of[np.arange(self.count), key.argmin(axis=1)]
        following[distance[:-1] == _UNSEEN] = -1
        following[target] = target
        return following

    def _distances(self, target: int, into: Cells) -> Cells:
        """Moves from each cell to ``target``, breadth first; the last entry is outside."""
        distance = np.full(self.count + 1, _UNSEEN, dtype=np.int32)
        distance[target], distance[-1] = 0, _NOWHERE
        claim = np.empty(self.count, dtype=np.int64)
        front, moves = np.array([target], dtype=np.int32), 0
        while front.size:
            moves += 1
            found = into[front].ravel()
            found = found[distance[found] == _UNSEEN]
            distance[found] = moves
            number = np.arange(found.size)
            claim[found] = number  # one of those that name a cell keeps it
            front = found[claim[found] == number]
        return distance

    def _squared_distance(self, target: int) -> Integers:
        x, y = divmod(target, self.height)
        dx = shorter_way(np.arange(self.width) - x, self.width, self.torus)
        dy = shorter_way(np.arange(self.height) - y, self.height, self.torus)
        return ((dx**2)[:, None] + dy**2).ravel()

    def _edges(self) -> tuple[Cells, Cells]:
        """Return for each cell the neighbours that may enter it, and those that it may enter.

        Shape (cells, 8) in the order of ``MOVES``; the number of cells stands for none.
        """
        if self._tables is None:
            near = self._neighbouring()
            barrier = np.append(self._barrier, np.int8(OPEN))
            own, other = self._barrier[:, None], barrier[near]
            into = np.where(_may_enter(other, own), near, np.int32(self.count))
            out_of = np.where(_may_enter(own, other), near, np.int32(self.count))
            self._tables = into, out_of
        return self._tables

    def _neighbouring(self) -> Cells:
        if self._neighbours is None:
            x, y = np.divmod(np.arange(self.count)[:, None], self.height)
            step = np.array(MOVES)
            x, y = x + step[:, 0], y + step[:, 1]
            if self.torus:
                x, y = x % self.width, y % self.height
            inside = (x >= 0) & (x < self.width) & (y >= 0) & (y < self.height)
            near = np.where(inside, x * self.height + y, self.count)
            self._neighbours = near.astype(np.int32)
        return self._neighbours


def _may_enter(before: NDArray[np.int8], after: NDArray[np.int8]) -> Booleans:
    """Tell, elementwise, whether a move from one kind of cell to another is allowed."""
    allowed: Booleans = after <= np.minimum(before, KEEP_OUT)
    return allowed
