"""Measures of mobility: who came to a store, and how crowded it was."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from econsim_mesa.society.measures import Measure, MeasuredStep, Subject, stores


def _arrivals(step: MeasuredStep) -> dict[Subject, int]:
    """Return how many households are in the cell of each store and were not a step before."""
    columns, before = step.columns, step.before
    moved = np.ones(len(step["agents"]), dtype=bool)
    if before is not None:
        moved = (columns["x"] != before["x"]) | (columns["y"] != before["y"])
    return _present(step, moved)


def _visitors(step: MeasuredStep) -> dict[Subject, int]:
    """Return how many households are in the cell of each store."""
    return _present(step, np.ones(len(step["agents"]), dtype=bool))


def _met(step: MeasuredStep) -> dict[Subject, int]:
    """Return the sum, over households in the cell of a store, of the others in it."""
    return {store: count * (count - 1) for store, count in _visitors(step).items()}


def _present(step: MeasuredStep, chosen: NDArray[np.bool_]) -> dict[Subject, int]:
    x, y = step.columns["x"], step.columns["y"]
    return {
        (store,): int(np.count_nonzero(chosen & (x == spec.at[0]) & (y == spec.at[1])))
        for _, store, spec in step.scenario.agents.stores()
    }


VISITS = Measure("visits {}", "arrivals of households in its cell", _arrivals, stores)
CROWD = Measure(
    "crowd {}", "others in its cell, mean over household-steps in it", _met, stores, per=_visitors
)
VISITORS = Measure(
    "visitors {}",
    "households in its cell, mean over steps",
    _visitors,
    stores,
    per=lambda step: dict.fromkeys(stores(step.scenario), 1),
)
