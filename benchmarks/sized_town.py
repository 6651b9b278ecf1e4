"""Towns of any size at the density of ``pizza_place``: what the benchmarks simulate.

30 households are ``pizza_place`` itself. In a larger town grid, restaurants and retailers grow
in proportion: 100 cells and 2 stores for every 30 households. Stores stand on a lattice, every
restaurant holds the sale and announces it itself, and all else is as in ``pizza_place``.
"""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from econsim_mesa import Scenario, load_scenario
from econsim_mesa.scenario import to_json

MODEL = "pizza_place"
HOUSEHOLDS, CELLS, STORES = 30, 100, 2
"""Households, cells and stores of the model town."""


def town(households: int, steps: int) -> Scenario:
    """Return a town with as many cells and stores a household as ``pizza_place``.

    It is read as a user's file is. Raises ``ScenarioError`` for one that cannot be.
    """
    if households == HOUSEHOLDS:
        return load_scenario(MODEL, steps=steps)
    data: dict[str, Any] = json.loads(to_json(load_scenario(MODEL)))
    side = round(math.sqrt(households * CELLS / HOUSEHOLDS))
    stores = max(round(households * STORES / HOUSEHOLDS), 2)
    data |= {"name": f"town_of_{households}", "steps": steps}
    data["grid"] |= {"width": side, "height": side}
    data["agents"] = _agents(data["agents"], households, stores, side)
    data["events"] = _events(data["events"], list(data["agents"]["Restaurant"]))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"town_of_{households}.json"
        path.write_text(json.dumps(data), encoding="utf-8")
        return load_scenario(path)


def _agents(agents: dict[str, Any], households: int, stores: int, side: int) -> dict[str, Any]:
    """Return households, and stores of both kinds in turn on a lattice."""
    restaurant, retailer = (
        next(iter(agents[kind].values())) for kind in ("Restaurant", "Retailer")
    )
    made: dict[str, Any] = {"Restaurant": {}, "Retailer": {}}
    for number, cell in enumerate(lattice(stores, side)):
        kind, name, spec = (
            ("Retailer", "Daily Mart", retailer)
            if number % 2
            else ("Restaurant", "Pizza Place", restaurant)
        )
        made[kind][f"{name} {len(made[kind]) + 1}"] = {**spec, "at": list(cell)}
    return {**agents, "Household": {**agents["Household"], "count": households}, **made}


def lattice(points: int, side: int) -> Iterator[tuple[int, int]]:
    """Yield distinct cells spread evenly over a square grid, row by row.

    >>> list(lattice(4, 8))
    [(2, 2), (6, 2), (2, 6), (6, 6)]
    """
    columns = math.ceil(math.sqrt(points))
    rows = math.ceil(points / columns)
    for number in range(points):
        row, column = divmod(number, columns)
        yield (2 * column + 1) * side // (2 * columns), (2 * row + 1) * side // (2 * rows)


def _events(events: list[dict[str, Any]], restaurants: list[str]) -> list[dict[str, Any]]:
    """Return the events; those of the restaurant happen at each restaurant."""
    made = []
    for event in events:
        whose = next((key for key in ("store", "author") if event.get(key)), None)
        made += [event] if whose is None else [{**event, whose: name} for name in restaurants]
    return made
