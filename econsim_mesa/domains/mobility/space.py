"""The town's space: Mesa's MultiGrid with the households' positions as columns beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from typing import TYPE_CHECKING

import numpy as np

from econsim_mesa.domains.mobility.routes import KEEP_OUT, WALL, Routes, shorter_way
from econsim_mesa.errors import BadInput
from econsim_mesa.society.rng import Booleans, Integers

if TYPE_CHECKING:
    from mesa import Agent
    from mesa.space import MultiGrid

SHIFTED_WINDOW = 7
"""Windows up to this width are summed by shifted adds, wider ones by cumulative sums."""


class Space:
    """Where everyone is. All columns have shape (n,) over the households' dense index.

    ``x``, ``y`` (-1 before the first placement), ``arrived`` (the step in which a household came to
    its cell), ``density`` [width, height] (households in each cell), ``density_out`` (those of them
    who are not at home) and ``closed`` [width, height] are written by ``place``, ``relocate``,
    ``close`` and ``reopen`` only. ``home_x`` and ``home_y``, before the first placement, and
    ``destination`` (a cell number, -1: none) are the caller's to write. ``store_at`` gives for each
    cell number the store there or -1.

    A cell number is x * height + y. ``closed`` given here is closed for good; keep-outs come
    and go by ``close`` and ``reopen``. Raises ``BadInput`` for a cell outside the grid and for
    two stores in one cell.
    """

    def __init__(
        self,
        grid: MultiGrid,
        households: int,
        store_cells: Sequence[tuple[int, int]],
        closed: Iterable[tuple[int, int]] = (),
    ) -> None:
        self.grid = grid
        self.width, self.height, self.torus = int(grid.width), int(grid.height), bool(grid.torus)
        self.households = households
        self.x, self.y, self.home_x, self.home_y, self.arrived, self.destination = (
            np.full(households, -1, dtype=np.int64) for _ in range(6)
        )
        self.density = np.zeros((self.width, self.height), dtype=np.int64)
        self.density_out = np.zeros_like(self.density)
        self.version = 0  # grows with each change of a position
        self._caches: tuple[int, dict[tuple[int, bool], Integers]] = (-1, {})
        self._agents: list[Agent] = []  # no array: the collector does not look into one
        self._index: dict[Agent, int] = {}
        self._store_cells = [self.cell(x, y) for x, y in store_cells]
        self.store_at = self._stores()
        self.routes = Routes(self.width, self.height, self.torus, households, self._store_cells)
        self._walls = np.zeros(self.width * self.height, dtype=np.bool_)
        self._walls[self._numbers(closed)] = True
        self._keep_outs = np.zeros(self.width * self.height, dtype=np.int64)
        self.closed = np.zeros((self.width, self.height), dtype=np.bool_)
        self.any_closed = False
        self._bar()

    def _stores(self) -> Integers:
        store_at = np.full(self.width * self.height, -1, dtype=np.int64)
        for index, cell in enumerate(self._store_cells):
            if store_at[cell] >= 0:
                raise BadInput(
                    f"stores {store_at[cell]} and {index} are both at {self.position(cell)}; "
                    "give each store a cell of its own"
                )
            store_at[cell] = index
        return store_at

    def cell(self, x: int, y: int) -> int:
        """Return the number of the cell (x, y). Raises ``BadInput`` outside the grid."""
        if not (0 <= x < self.width and 0 <= y < self.height):
            raise BadInput(
                f"the cell ({x}, {y}) is outside the grid; "
                f"x is 0..{self.width - 1} and y is 0..{self.height - 1}"
            )
        return x * self.height + y

    def position(self, cell: int) -> tuple[int, int]:
        """Return (x, y) of a cell number."""
        return divmod(int(cell), self.height)

    # Agents

    def attach(self, agents: Sequence[Agent]) -> None:
        """Name the households' agents, in the order of their index; they are not placed yet."""
        if len(agents) != self.households:
            raise BadInput(f"{len(agents)} agents for {self.households} households; give one each")
        self._agents = list(agents)
        self._index = {agent: index for index, agent in enumerate(agents)}

    def place_store(self, agent: Agent, index: int) -> None:
        """Put a store's agent on the grid at the cell of store ``index``."""
        self.grid.place_agent(agent, self.position(self._store_cells[index]))

    def place(self, rows: Integers, xs: Integers, ys: Integers, t: int) -> Integers:
        """Put households into cells: at the start, or home overnight. Closed cells may be given.

        Returns the rows whose cell changed; only theirs become ``arrived`` = t. Raises
        ``BadInput``, and moves nobody, for a cell outside the grid or a row given twice.
        """
        if len(np.unique(rows)) != len(rows):
            raise BadInput("a household is given twice; place each once")
        outside = (xs < 0) | (xs >= self.width) | (ys < 0) | (ys >= self.height)
        for i in np.flatnonzero(outside)[:1]:
            self.cell(int(xs[i]), int(ys[i]))
        fresh = np.flatnonzero(self.x[rows] < 0)
        if fresh.size:
            self._enter(rows[fresh], xs[fresh], ys[fresh])
        moved = np.flatnonzero((self.x[rows] != xs) | (self.y[rows] != ys))
        self.routes.forget(rows[moved])
        self.relocate(rows[moved], xs[moved], ys[moved], t)
        self.arrived[rows[fresh]] = t
        return rows[np.union1d(fresh, moved)]

    def send_home(self, t: int) -> Integers:
        """Put all households into their homes, without a destination, after a skipped night.

        The way home counts no distance, and closed cells do not matter: nobody says how it was
        walked. Returns the rows that were elsewhere, ascending.
        """
        self.destination[:] = -1
        return self.place(np.arange(self.households), self.home_x, self.home_y, t)

    def _at(self, rows: Integers) -> Iterator[Agent]:
        return map(self._agents.__getitem__, rows.tolist())

    def _enter(self, rows: Integers, xs: Integers, ys: Integers) -> None:
        positions = zip(xs.tolist(), ys.tolist(), strict=True)
        for agent, position in zip(self._at(rows), positions, strict=True):
            self.grid.place_agent(agent, position)
        self.x[rows], self.y[rows] = xs, ys
        np.add.at(self.density, (xs, ys), 1)
        np.add.at(self.density_out, (xs, ys), self._out(rows).astype(np.int64))
        self.version += 1

    def relocate(self, rows: Integers, xs: Integers, ys: Integers, t: int) -> None:
        """Move placed households to other cells, one by one in the order of ``rows``.

        What is closed is not looked at here; ``travel`` does.
        """
        if not rows.size:
            return
        agents, positions = self._at(rows), zip(xs.tolist(), ys.tolist(), strict=True)
        # map: the loop costs less than Mesa's own work, which is most of a move
        for _ in map(self.grid.move_agent, agents, positions):
            pass
        crowd, crowd_out = self.density.reshape(-1), self.density_out.reshape(-1)
        left = self.x[rows] * self.height + self.y[rows]
        np.subtract.at(crowd, left, 1)
        np.subtract.at(crowd_out, left, self._out(rows).astype(np.int64))
        entered = xs * self.height + ys
        self.x[rows], self.y[rows], self.arrived[rows] = xs, ys, t
        np.add.at(crowd, entered, 1)
        np.add.at(crowd_out, entered, self._out(rows).astype(np.int64))
        self.version += 1

    def _out(self, rows: Integers) -> Booleans:
        """Tell for some households whether they are not at home."""
        out: Booleans = (self.x[rows] != self.home_x[rows]) | (self.y[rows] != self.home_y[rows])
        return out

    def households_in(self, cell: int) -> list[int]:
        """Return the indices of the households in a cell (its number), ascending."""
        contents = self.grid.get_cell_list_contents([self.position(cell)])
        found = map(self._index.get, contents, repeat(-1))
        return sorted(index for index in found if index >= 0)

    def distance(self, x: int, y: int, to_x: int, to_y: int) -> int:
        """Return the king's distance between two cells, on a torus the shorter way round."""
        dx = shorter_way(to_x - x, self.width, self.torus)
        dy = shorter_way(to_y - y, self.height, self.torus)
        return max(abs(dx), abs(dy))

    def distances(self, x: Integers, y: Integers, to_x: Integers, to_y: Integers) -> Integers:
        """Return the king's distances between cells; the arrays are broadcast."""
        dx = shorter_way(to_x - x, self.width, self.torus)
        dy = shorter_way(to_y - y, self.height, self.torus)
        far: Integers = np.maximum(np.abs(dx), np.abs(dy))
        return far

    # Where households are

    @property
    def cells(self) -> Integers:
        """Cell number of each household."""
        return self.x * self.height + self.y

    def cell_of(self, household: int) -> int:
        """Return the number of the cell in which one household is."""
        return int(self.x[household]) * self.height + int(self.y[household])

    def standing(self) -> Integers:
        """Return the store in whose cell each household stands, or -1."""
        return self.store_at[self.cells]

    def at_home(self) -> Booleans:
        """Tell for each household whether it is in its home's cell."""
        at_home: Booleans = (self.x == self.home_x) & (self.y == self.home_y)
        return at_home

    def near(self, radius: int) -> Integers:
        """Return the number of others within king's distance ``radius`` of each household.

        Radius 0 is the own cell; on a torus distances go the shorter way round. Read-only: it
        is kept until somebody moves.
        """
        return self._kept(radius, out=False)

    def near_out(self, radius: int) -> Integers:
        """Return how many others that are not at home are near; 0 for a household at home.

        A neighbour in the own house is no crowd, and in one's own house none is felt. As ``near``.
        """
        return self._kept(radius, out=True)

    def _kept(self, radius: int, *, out: bool) -> Integers:
        if self._caches[0] != self.version:
            self._caches = (self.version, {})
        kept = self._caches[1]
        if (radius, out) not in kept:
            density = self.density_out if out else self.density
            others = self._box_sums(density, radius)[self.x, self.y] - 1
            kept[radius, out] = np.where(self.at_home(), 0, others) if out else others
            kept[radius, out].flags.writeable = False
        return kept[radius, out]

    def _box_sums(self, density: Integers, radius: int) -> Integers:
        if radius < 0:
            raise BadInput(f"radius {radius}; it is a number of cells, 0 or more")
        if radius == 0:
            return density
        padded = self._around_edges(density, radius)
        over_x = _window_sums(padded, padded.shape[0] - self.width + 1)
        return _window_sums(over_x.T, padded.shape[1] - self.height + 1).T

    def _around_edges(self, density: Integers, radius: int) -> Integers:
        """Return a density with a margin, so that each window is one slice of the result."""
        if self.torus:
            xs, ys = (
                (np.arange(size + min(2 * radius, size - 1)) - radius) % size
                for size in (self.width, self.height)
            )
            return density[xs[:, None], ys]
        margin_x, margin_y = min(radius, self.width), min(radius, self.height)
        padded = np.zeros((self.width + 2 * margin_x, self.height + 2 * margin_y), dtype=np.int64)
        padded[margin_x : margin_x + self.width, margin_y : margin_y + self.height] = density
        return padded

    # Closed cells

    def close(self, cells: Iterable[tuple[int, int]]) -> None:
        """Keep everyone out of ``cells``: who is inside may stay or leave, nobody enters.

        Overlapping keep-outs nest: a cell opens again when each of them was taken back.
        """
        self._keep_outs[self._numbers(cells)] += 1
        self._bar()

    def reopen(self, cells: Iterable[tuple[int, int]]) -> None:
        """Take a keep-out back. Raises ``BadInput``, and opens nothing, if there is none."""
        numbers = self._numbers(cells)
        for cell in numbers[self._keep_outs[numbers] == 0][:1].tolist():
            raise BadInput(f"the cell {self.position(cell)} has no keep-out; close it first")
        self._keep_outs[numbers] -= 1
        self._bar()

    def _numbers(self, cells: Iterable[tuple[int, int]]) -> Integers:
        return np.unique(np.array([self.cell(x, y) for x, y in cells], dtype=np.int64))

    def _bar(self) -> None:
        barrier = np.where(self._walls, WALL, np.where(self._keep_outs > 0, KEEP_OUT, 0))
        self.closed[:] = (barrier > 0).reshape(self.closed.shape)
        self.any_closed = bool(self.closed.any())
        self.routes.block(barrier.astype(np.int8))


def _window_sums(a: Integers, window: int) -> Integers:
    """Return the sums of ``window`` rows in a row, along axis 0."""
    count = len(a) - window + 1
    if window <= SHIFTED_WINDOW:
        sums = a[:count].copy()
        for shift in range(1, window):
            sums += a[shift : shift + count]
        return sums
    total = np.zeros((len(a) + 1, a.shape[1]), dtype=np.int64)
    np.cumsum(a, axis=0, out=total[1:])
    return total[window:] - total[:-window]
