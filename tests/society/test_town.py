"""The town as a whole: which stores are nearest to a cell, prices of one store among many."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from towns import make, village


@pytest.mark.parametrize("torus", [False, True])
@pytest.mark.parametrize(("width", "height"), [(5, 3), (8, 8), (21, 19)])
def test_the_nearest_stores_are_those_of_least_distance_lowest_number_first(
    width: int, height: int, torus: bool
) -> None:
    rng = np.random.default_rng(1)
    cells = rng.choice(width * height, size=12, replace=False).tolist()
    spec: dict[str, Any] = {"sells": {"Pie": {}}}
    stores = {
        f"Cafe {number}": {**spec, "at": list(divmod(cell, height))}
        for number, cell in enumerate(cells)
    }
    town = make(
        village(
            grid={"width": width, "height": height, "torus": torus},
            agents__Restaurant=stores,
            agents__Retailer={},
            choice={"stores": 4},
        )
    ).town
    x, y = np.divmod(np.arange(width * height)[:, None], height)
    store_x, store_y = np.array(town.mobility.store_cells).T
    by_distance = town.mobility.space.distances(x, y, store_x, store_y).argsort(
        axis=1, kind="stable"
    )
    assert np.array_equal(town.mobility.nearest_stores, by_distance[:, :4])
