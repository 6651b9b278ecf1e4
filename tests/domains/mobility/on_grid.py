"""Households on Mesa's grid, counted by the grid alone."""

from __future__ import annotations

import mesa
import numpy as np

from econsim_mesa.domains.mobility.space import Space


class Walker(mesa.Agent):
    """A household of a test, which knows its index."""

    def __init__(self, model: mesa.Model, index: int) -> None:
        super().__init__(model)
        self.index = index


def settle(space: Space, model: mesa.Model) -> None:
    """Give a space its households' agents."""
    space.attach([Walker(model, index) for index in range(space.households)])


def consistent(space: Space) -> None:
    """Check positions and densities of a space against Mesa's grid."""
    count = np.zeros_like(space.density)
    found = []
    for contents, (x, y) in space.grid.coord_iter():
        walkers = [agent for agent in contents if isinstance(agent, Walker)]
        count[x, y] = len(walkers)
        for walker in walkers:
            assert walker.pos == (x, y) == (space.x[walker.index], space.y[walker.index])
            assert [type(part) for part in walker.pos] == [int, int]
            found.append(walker.index)
    assert np.array_equal(space.density, count)
    assert sorted(found) == list(range(space.households))
