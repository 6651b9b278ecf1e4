"""The state of mobility: the grid with everybody on it, and which stores are near."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Self

import numpy as np
from mesa.space import MultiGrid

from econsim_mesa.domains.mobility.space import Space
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.rng import Integers

_TILE = 8
"""Side of a square of cells whose nearest stores are looked for together."""


@dataclass
class MobilityState:
    """Where everybody is, and where the stores are."""

    space: Space
    store_cells: tuple[tuple[int, int], ...]
    """Cell of each store."""
    stores_in_mind: int
    """Most stores that a household has in mind."""

    @classmethod
    def of(cls, scenario: Scenario) -> Self:
        """Return the grid of a scenario; the households have no homes yet."""
        grid, agents = scenario.grid, scenario.agents
        cells = tuple(spec.at for _, _, spec in agents.stores())
        space = Space(
            MultiGrid(grid.width, grid.height, torus=grid.torus),
            agents.Household.count,
            cells,
            grid.closed,
        )
        return cls(space, cells, scenario.choice.stores)

    @cached_property
    def nearest_stores(self) -> Integers:
        """The stores nearest to each cell, nearest first, as many as are in mind: (cells, K).

        A store that is nearest to some cell of a tile is not farther from the tile's corner than
        the K-th store from there and twice the way across the tile; only these are compared.
        """
        width, height = self.space.width, self.space.height
        count = min(self.stores_in_mind, len(self.store_cells))
        nearest = np.empty((width, height, count), dtype=np.int64)
        store_x, store_y = np.array(self.store_cells, dtype=np.int64).T
        for left, top in product(range(0, width, _TILE), range(0, height, _TILE)):
            tile = slice(left, left + _TILE), slice(top, top + _TILE)
            x, y = np.mgrid[tile[0], tile[1]][:, : width - left, : height - top, None]
            far = self.space.distances(x[0, 0], y[0, 0], store_x, store_y)
            reach = np.partition(far, count - 1)[count - 1] + 2 * (_TILE - 1)
            near = np.flatnonzero(far <= reach)
            far = self.space.distances(x, y, store_x[near], store_y[near])
            nearest[tile] = near[np.argsort(far, axis=2, kind="stable")[:, :, :count]]
        return nearest.reshape(width * height, count)
