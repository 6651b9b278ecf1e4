"""Measures of mobility: who came to a store, and how crowded it was."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from econsim_mesa.society.measures import Measure, MeasuredStep, Subject, stores


def _arrivals(step: MeasuredStep) -> dict[Subject, int]:
    """Return how many households are in the cell of each store and were not a step before."""
    columns, before = step.columns, step.before
    if before is None:
        return step.once(_visitors)
    return _counted(step, (columns["x"] != before["x"]) | (columns["y"] != before["y"]))


def _visitors(step: MeasuredStep) -> dict[Subject, int]:
    """Return how many households are in the cell of each store."""
    return _counted(step, np.ones(len(step.columns["x"]), dtype=bool))


def _met(step: MeasuredStep) -> dict[Subject, int]:
    """Return the sum, over households in the cell of a store, of the others in it."""
    return {store: count * (count - 1) for store, count in step.once(_visitors).items()}


def _steps(step: MeasuredStep) -> dict[Subject, int]:
    """Return one step for each store."""
    return dict.fromkeys(stores(step.scenario), 1)


def _counted(step: MeasuredStep, chosen: NDArray[np.bool_]) -> dict[Subject, int]:
    """Return how many of the chosen households are in the cell of each store, if any are."""
    places = list(step.scenario.agents.stores())
    height = step.scenario.grid.height
    cells = np.array([spec.at[0] * height + spec.at[1] for _, _, spec in places])
    order = np.argsort(cells)
    here = (step.columns["x"] * height + step.columns["y"])[chosen]
    nearest = order[np.minimum(np.searchsorted(cells, here, sorter=order), len(cells) - 1)]
    counts = np.bincount(nearest[cells[nearest] == here], minlength=len(cells))
    return {(places[i][1],): int(counts[i]) for i in np.flatnonzero(counts).tolist()}


VISITS = Measure(
    "visits {}", "arrivals of households in its cell", _arrivals, stores, said="visits to {}"
)
CROWD = Measure(
    "crowd {}",
    "others in its cell, mean over household-steps in it",
    _met,
    stores,
    per=lambda step: step.once(_visitors),
    said="others met at {}, on average",
)
VISITORS = Measure(
    "visitors {}",
    "households in its cell, mean over steps",
    _visitors,
    stores,
    per=_steps,
    said="households at {}, on average",
)
