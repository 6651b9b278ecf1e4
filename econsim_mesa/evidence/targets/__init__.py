"""External targets: quantities measured in real places, each with source, year, place and licence.

They are for comparison. One is the source of price coefficients of the embedded decider, as its
note says; nothing else was calibrated to them. ``confirmed`` says what was looked up and against
what; a target of status ``check`` has a gap there and is no evidence. Nobody has published a
target for the headline of the case study, an inverted U of daily sales over posts.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from econsim_mesa.errors import BadInput
from econsim_mesa.scenario import Scenario

FOLDER = Path(__file__).parent
TOO_SMALL = "not identifiable at this size"
_NEEDED = (
    "id",
    "quantity",
    "unit",
    "population",
    "place",
    "year",
    "source",
    "licence",
    "confirmed",
    "note",
)
"""Columns that no row may leave empty."""


class Target(NamedTuple):
    """A quantity with its band ``low`` to ``high``, and its origin.

    ``year`` is the year of the observations, or of the publication where only that is known.
    ``min_households`` and ``min_cells`` are the size of the smallest town that can show it.
    """

    id: str
    quantity: str
    low: float
    high: float
    unit: str
    population: str
    place: str
    year: str
    source: str
    licence: str
    status: Literal["usable", "check"]
    min_households: int
    min_cells: int
    confirmed: str
    note: str

    def gap(self, scenario: Scenario) -> str:
        """Return why a town of this size cannot show it; empty: it can."""
        cells = scenario.grid.width * scenario.grid.height
        small = scenario.agents.Household.count < self.min_households or cells < self.min_cells
        return TOO_SMALL if small else ""


@cache
def load_targets(folder: Path = FOLDER) -> dict[str, Target]:
    """Return all targets by id. Raises ``BadInput`` for a row that lacks a source or a band."""
    targets: dict[str, Target] = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file), 2):
                target = _target(row, f"{path.name}, line {number}")
                if target.id in targets:
                    raise BadInput(f"{path.name}, line {number}: {target.id!r} stands twice")
                targets[target.id] = target
    return targets


def _target(row: dict[str, str], where: str) -> Target:
    empty = [name for name in _NEEDED if not (row.get(name) or "").strip()]
    if empty:
        raise BadInput(f"{where}: a target needs {', '.join(empty)}")
    try:
        low, high = float(row["low"]), float(row["high"])
        households, cells = int(row["min_households"]), int(row["min_cells"])
    except (KeyError, ValueError) as error:
        raise BadInput(f"{where}: no band or size: {error}") from None
    status = row.get("status")
    if not low <= high or status not in ("usable", "check"):
        raise BadInput(f"{where}: needs low <= high and a status, usable or check")
    texts = {name: row[name].strip() for name in _NEEDED}
    return Target(
        **texts,
        low=low,
        high=high,
        status="usable" if status == "usable" else "check",
        min_households=households,
        min_cells=cells,
    )
