"""Going somewhere."""

from __future__ import annotations

import re
from typing import ClassVar, Self

from econsim_mesa.society.action import HOUSEHOLD, Action, Draws, PlaceName, Situation
from econsim_mesa.society.resolution import StepActions, SubmittedAction
from econsim_mesa.society.town import Town
from econsim_mesa.society.wording import Wording

_CELL = re.compile(r"\(?\s*(\d{1,5})\s*,\s*(\d{1,5})\s*\)?")


class MoveTo(Action):
    """Walk to a place from now on: ``home``, the name of a store, or a cell such as ``3,4``."""

    verb: ClassVar[str] = "move_to"
    phases: ClassVar = {HOUSEHOLD: "moves"}
    most = 1
    position = 1

    place: PlaceName

    def resolve(self, step: StepActions, by: SubmittedAction) -> str | None:
        """Set the destination; the walk begins when all destinations are known."""
        space = step.town.mobility.space
        cell = _destination(step.town, by.agent, self.place)
        if isinstance(cell, str):
            return cell
        space.destination[by.agent] = -1 if cell == space.cell_of(by.agent) else cell
        return None

    def in_words(self, wording: Wording) -> str:
        """Return where one goes."""
        return f"go to {self.place}" if self.place != "home" else "go home"

    def is_named_in(self, thought: str) -> bool:
        """Whether a thought names the place."""
        return self.place.casefold() in thought

    @classmethod
    def is_legal(cls, now: Situation) -> bool:
        """Whether one can go anywhere: always."""
        return True

    @classmethod
    def draw(cls, now: Situation, draws: Draws) -> Self:
        """Return home, a store or an open cell, each sort with the same chance; open ones only."""
        closed, place, sort = now.closed, now.seen.mobility, draws.below(3)
        stores = [store.name for store in now.seen.economy.stores if not closed[store.x, store.y]]
        here = f"{place.x},{place.y}"
        if sort == 0:
            return cls(here if closed[place.home] else "home")
        if sort == 1 and stores:
            return cls(draws.pick(stores))
        x, y = draws.below(now.scenario.grid.width), draws.below(now.scenario.grid.height)
        return cls(here if closed[x, y] else f"{x},{y}")


def _destination(town: Town, household: int, place: str) -> int | str:
    """Return the number of the cell that a household wants to go to, or why it cannot."""
    width, height = town.mobility.space.width, town.mobility.space.height
    store, other = town.roster.store(place), town.roster.domain_agents.get(place)
    if store is not None:
        x, y = town.mobility.store_cells[store]
    elif other is not None and other.at is not None:
        x, y = other.at
    elif place == "home":
        x, y = (
            int(town.mobility.space.home_x[household]),
            int(town.mobility.space.home_y[household]),
        )
    else:
        match = _CELL.fullmatch(place.strip())
        if match is None:
            return f"there is no place {place!r}"
        x, y = int(match.group(1)), int(match.group(2))
        if not (x < width and y < height):
            return f"cell {x},{y} lies outside the grid"
    cell = x * height + y
    if town.mobility.space.closed[x, y] and cell != town.mobility.space.cell_of(household):
        note_closed(town, household, cell)
        return f"{place} is closed"
    return cell


def note_closed(town: Town, household: int, cell: int) -> None:
    """Note that a household found a cell closed, if a store is in it."""
    store = int(town.mobility.space.store_at[cell])
    if store >= 0 and town.mobility.space.closed.reshape(-1)[cell]:
        town.outcomes["turned_away"][household] = store


ACTIONS = (MoveTo,)
"""All actions of the domain."""
