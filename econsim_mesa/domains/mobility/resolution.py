"""Movement: new destinations, then one move toward the one that each household has."""

from __future__ import annotations

import re
from typing import Any

from econsim_mesa.domains.mobility import travel
from econsim_mesa.society.actions import MoveTo
from econsim_mesa.society.resolution import MOVES, Deed, Turn
from econsim_mesa.society.town import Town

_CELL = re.compile(r"\(?\s*(\d{1,5})\s*,\s*(\d{1,5})\s*\)?")


def move(turn: Turn, asleep: Any) -> None:
    """Set destinations and move everybody who is awake and has one."""
    town = turn.town
    for deed in turn.deeds(MOVES, MoveTo):
        cell = "asleep" if asleep[deed.agent] else _destination(town, deed)
        if isinstance(cell, str):
            turn.reject(deed, cell)
        else:
            at = int(town.space.cells[deed.agent])
            town.space.destination[deed.agent] = -1 if cell == at else cell
    goals = town.space.destination.copy()
    journey = travel(town.space, town.t, town.speeds(), ~asleep, turn.rank(MOVES))
    town.deeds.distance = journey.distance
    for household, reason in journey.dropped:
        turn.drop(household, reason)
        _find_closed(town, household, int(goals[household]))


def _destination(town: Town, deed: Deed) -> int | str:
    """Return the number of the cell that a household wants to go to, or why it cannot."""
    place = deed.action.place
    height = town.scenario.grid.height
    store = town.who.store(place)
    if store is not None:
        x, y = town.store_cells[store]
    elif place == "home":
        x, y = int(town.space.home_x[deed.agent]), int(town.space.home_y[deed.agent])
    else:
        match = _CELL.fullmatch(place.strip())
        if match is None:
            return f"there is no place {place!r}"
        x, y = int(match.group(1)), int(match.group(2))
        if not (x < town.scenario.grid.width and y < height):
            return f"cell {x},{y} lies outside the grid"
    cell = x * height + y
    if town.space.closed[x, y] and cell != town.space.cells[deed.agent]:
        _find_closed(town, deed.agent, cell)
        return f"{place} is closed"
    return cell


def _find_closed(town: Town, household: int, cell: int) -> None:
    """Note that a household found a cell closed, if a store is in it."""
    store = int(town.space.store_at[cell])
    if store >= 0 and town.space.closed.reshape(-1)[cell]:
        town.deeds.turned_away[household] = store
