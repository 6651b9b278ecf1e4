"""What can be read of mobility at the start of a step."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from econsim_mesa.domains.mobility.state import MobilityState
from econsim_mesa.read_only import read_only
from econsim_mesa.society.rng import Booleans, Integers


@dataclass(frozen=True)
class MobilityView:
    """Where everybody is. A cell number is x * height + y; distances are the king's, in cells."""

    width: int
    """Cells from left to right."""
    height: int
    """Cells from bottom to top."""
    torus: bool
    """Whether the edges are joined."""
    x: Integers
    """Column of the cell of each household, int64 of shape (households,)."""
    y: Integers
    """Row of it, int64 of shape (households,)."""
    home_x: Integers
    """Column of the home of each household, int64 of shape (households,)."""
    home_y: Integers
    """Row of it, int64 of shape (households,)."""
    destination: Integers
    """Cell number of the destination of each household, -1: none; int64 of shape (households,)."""
    arrived: Integers
    """Step in which each household came to its cell, int64 of shape (households,)."""
    density: Integers
    """Households in each cell, int64 of shape (width, height)."""
    closed: Booleans
    """Whether a cell is closed, bool of shape (width, height)."""
    store_at: Integers
    """The store in each cell, -1: none; int64 of shape (cells,)."""
    store_cells: tuple[tuple[int, int], ...]
    """Cell (x, y) of each store."""
    _state: MobilityState

    @classmethod
    def of(cls, state: MobilityState) -> MobilityView:
        """Return what can be read of the state of mobility."""
        space = state.space
        return cls(
            width=space.width,
            height=space.height,
            torus=space.torus,
            x=read_only(space.x),
            y=read_only(space.y),
            home_x=read_only(space.home_x),
            home_y=read_only(space.home_y),
            destination=read_only(space.destination),
            arrived=read_only(space.arrived),
            density=read_only(space.density),
            closed=read_only(space.closed),
            store_at=read_only(space.store_at),
            store_cells=state.store_cells,
            _state=state,
        )

    @cached_property
    def cells(self) -> Integers:
        """Cell number of each household, int64 of shape (households,)."""
        return read_only(self.x * self.height + self.y)

    @property
    def nearest_stores(self) -> Integers:
        """Stores nearest to each cell, nearest first, as many as are in mind: (cells, K)."""
        return read_only(self._state.nearest_stores)

    def households_in(self, cell: int) -> list[int]:
        """Return the households in a cell, given by its number, ascending."""
        return self._state.space.households_in(cell)

    def near(self, radius: int) -> Integers:
        """Return how many others are within a distance of each household, shape (households,)."""
        return read_only(self._state.space.near(radius))

    def near_out(self, radius: int) -> Integers:
        """Return how many others not at home are within a distance; 0 for those at home."""
        return read_only(self._state.space.near_out(radius))

    def distance(self, x: int, y: int, to_x: int, to_y: int) -> int:
        """Return the distance between two cells."""
        return self._state.space.distance(x, y, to_x, to_y)

    def distances(self, x: Integers, y: Integers, to_x: Integers, to_y: Integers) -> Integers:
        """Return the distances between cells; the arrays are broadcast."""
        return self._state.space.distances(x, y, to_x, to_y)
