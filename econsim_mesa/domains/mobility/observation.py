"""What a household is shown of places: its own, its home, where it goes, who is near."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from econsim_mesa.scenario.llm import Listing
from econsim_mesa.society.section import Section, listed, name_text, names_text
from econsim_mesa.society.view import View


@dataclass(frozen=True)
class MobilitySection(Section):
    """Where a household is and goes, and who is near."""

    x: int
    y: int
    home: tuple[int, int]
    destination: str
    """``home``, a store or a cell such as ``3,4``; empty: it stays."""
    at_home: bool
    nearby: tuple[str, ...]
    """Households in the same cell."""
    around: int
    """Other households within the radius of the stressor ``congestion``, or 1."""

    @classmethod
    def of(cls, view: View, household: int) -> Self:
        """Return what a household is shown."""
        space, names = view.town.mobility.space, view.town.roster.names
        neighbours = space.households_in(space.cell_of(household))
        return cls(
            x=int(space.x[household]),
            y=int(space.y[household]),
            home=(int(space.home_x[household]), int(space.home_y[household])),
            destination=_destination(view, household),
            at_home=bool(view.at_home[household]),
            nearby=tuple(names[other] for other in neighbours if other != household),
            around=int(space.near(_radius(view))[household]),
        )

    def lines(self, listing: Listing) -> Iterator[str]:
        """Yield where the household is and goes, then who is near."""
        place = f"[place] {self.x},{self.y}; home {self.home[0]},{self.home[1]}"
        place += "; you are at home" if self.at_home else ""
        yield place + (f"; going to {name_text(self.destination)}" if self.destination else "")
        names = f"{names_text(listed(self.nearby, listing))} here; " if self.nearby else ""
        yield f"[near] {names}{self.around} others around"


def _destination(view: View, household: int) -> str:
    """Return what a household calls the place that it goes to."""
    space = view.town.mobility.space
    cell = int(space.destination[household])
    if cell < 0:
        return ""
    x, y = divmod(cell, space.height)
    if (x, y) == (int(space.home_x[household]), int(space.home_y[household])):
        return "home"
    store = int(space.store_at[cell])
    return view.town.roster.store_names[store] if store >= 0 else f"{x},{y}"


def _radius(view: View) -> int:
    congestion = view.town.scenario.stress.stressors.get("congestion")
    return int(getattr(congestion, "radius", 1))
