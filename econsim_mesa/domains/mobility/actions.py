"""Going somewhere."""

from __future__ import annotations

import re
from typing import ClassVar, Self

from econsim_mesa.society.action import HOUSEHOLD, Action, Draws, PlaceName, Situation
from econsim_mesa.society.reason import SECOND_PLACE, Reason
from econsim_mesa.society.resolution import StepActions, SubmittedAction
from econsim_mesa.society.town import Town
from econsim_mesa.society.wording import Wording


class MoveTo(Action):
    """Walk to a place from now on: ``home``, the name of a store, or a cell such as ``3,4``."""

    verb: ClassVar[str] = "move_to"
    phases: ClassVar = {HOUSEHOLD: "moves"}
    most = 1
    position = 1

    place: PlaceName

    def resolve(self, step: StepActions, by: SubmittedAction) -> Reason | None:
        """Set the destination; the walk begins when all destinations are known.

        What was to be ordered on arrival somewhere else is given up.
        """
        town = step.town
        cell = town.mobility.cell_called(by.agent, self.place)
        if isinstance(cell, Reason):
            return cell
        trip = town.economy.intentions.trip(by.agent)
        if trip is None or cell == town.mobility.cell_of_store(trip.store):
            return town.set_out(by.agent, cell)
        if trip.decided == town.t:  # the same decision orders elsewhere, and so sets out
            here = cell == town.mobility.space.cell_of(by.agent)
            return None if here else _after_the_order(town, trip.store, cell)
        reason = town.set_out(by.agent, cell)
        if reason is None:
            town.economy.intentions.end_trip(by.agent)
        return reason

    def heads_for(self) -> str:
        """Return the place."""
        return self.place

    def in_words(self, wording: Wording) -> str:
        """Return where one goes."""
        return wording.say("go home" if self.place == "home" else "go to {place}", place=self.place)

    def is_named_in(self, thought: str) -> bool:
        """Whether a thought names the place."""
        if self.place == "home":
            return re.search("home|自宅|家|帰", thought) is not None
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


def _after_the_order(town: Town, store: int, cell: int) -> Reason:
    name, place = town.roster.store_names[store], town.mobility.place_name(cell)
    text = "on the way to {store}, to order there; go to {place} after that"
    return Reason(SECOND_PLACE, town.wording.say(text, store=name, place=place))


ACTIONS = (MoveTo,)
"""All actions of the domain."""
