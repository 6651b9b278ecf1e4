"""The state of mobility: the grid with everybody on it, and which stores are near."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Self

import numpy as np

from econsim_mesa.domains.mobility.space import Space
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.reason import UNKNOWN_NAME, Reason
from econsim_mesa.society.rng import Integers
from econsim_mesa.society.roster import Roster
from econsim_mesa.society.wording import Wording

CLOSED, CUT_OFF, OUTSIDE = "the place is closed", "no way leads there", "outside the town"
"""Causes for which nobody sets out for a place."""
_CELL = re.compile(r"\(?\s*(\d{1,5})\s*,\s*(\d{1,5})\s*\)?")
_TILE = 8
"""Side of a square of cells whose nearest stores are looked for together."""


@dataclass
class MobilityState:
    """Where everybody is, and where the stores are."""

    roster: Roster
    space: Space
    store_cells: tuple[tuple[int, int], ...]
    """Cell of each store."""
    stores_in_mind: int
    """Most stores that a household has in mind."""
    wording: Wording
    """How reasons are said."""

    @classmethod
    def of(cls, scenario: Scenario, roster: Roster) -> Self:
        """Return the grid of a scenario; the households have no homes yet."""
        from mesa.space import MultiGrid  # takes long: only a town that is built pays for it

        grid, agents = scenario.grid, scenario.agents
        cells = tuple(spec.at for _, _, spec in agents.stores())
        space = Space(
            MultiGrid(grid.width, grid.height, torus=grid.torus),
            agents.Household.count,
            cells,
            grid.closed,
        )
        return cls(roster, space, cells, scenario.choice.stores, Wording.of(scenario))

    def cell_of_store(self, store: int) -> int:
        """Return the number of the cell of a store."""
        return self.space.cell(*self.store_cells[store])

    def cell_called(self, household: int, place: str) -> int | Reason:
        """Return the number of the cell that a household calls by a name, or why there is none."""
        space, roster = self.space, self.roster
        store, other = roster.store(place), roster.domain_agents.get(place)
        if store is not None:
            return self.cell_of_store(store)
        if other is not None and other.at is not None:
            return space.cell(*other.at)
        if place == "home":
            return space.cell(int(space.home_x[household]), int(space.home_y[household]))
        match = _CELL.fullmatch(place.strip())
        if match is None:
            known = ["home", *roster.store_names, *roster.domain_agents]
            text = "there is no place {place}; {hint}; or a cell such as 3,4"
            advice = self.wording.hint(place, known)
            return Reason(UNKNOWN_NAME, self.wording.say(text, place=repr(place), hint=advice))
        x, y = int(match.group(1)), int(match.group(2))
        if not (x < space.width and y < space.height):
            last = f"{space.width - 1},{space.height - 1}"
            text = "cell {cell} lies outside the grid, which ends at {last}"
            return Reason(OUTSIDE, self.wording.say(text, cell=f"{x},{y}", last=last))
        return space.cell(x, y)

    def place_name(self, cell: int) -> str:
        """Return what everybody calls a cell: by its store, or by its numbers."""
        store = int(self.space.store_at[cell])
        x, y = self.space.position(cell)
        return self.roster.store_names[store] if store >= 0 else f"{x},{y}"

    def is_closed(self, cell: int) -> bool:
        """Whether nobody may enter a cell."""
        return self.space.any_closed and bool(self.space.closed.reshape(-1)[cell])

    def no_way(self, cell: int) -> Reason:
        """Return why nobody comes to a cell: it is closed, or cut off."""
        name = self.place_name(cell)
        if self.is_closed(cell):
            text = "{place} is closed; go somewhere else"
            return Reason(CLOSED, self.wording.say(text, place=name))
        text = "no way leads to {place} past what is closed; go somewhere else"
        return Reason(CUT_OFF, self.wording.say(text, place=name))

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
