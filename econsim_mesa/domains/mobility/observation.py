"""What a household is shown of places: its own, its home, where it goes, who is near."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from econsim_mesa.numbers import counted
from econsim_mesa.quoting import name_text, names_text
from econsim_mesa.scenario.llm import Listing
from econsim_mesa.society.section import Section, listed
from econsim_mesa.society.view import View
from econsim_mesa.society.wording import Wording


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
    """Other households within ``radius`` cells, those in the same cell included."""
    radius: int = 1
    """That of the stressor ``congestion``, or 1."""

    @classmethod
    def of(cls, view: View, household: int) -> Self:
        """Return what a household is shown."""
        mobility, names = view.mobility, view.roster.names
        x, y = int(mobility.x[household]), int(mobility.y[household])
        neighbours = mobility.households_in(x * mobility.height + y)
        return cls(
            x=x,
            y=y,
            home=(int(mobility.home_x[household]), int(mobility.home_y[household])),
            destination=_destination(view, household),
            at_home=bool(view.at_home[household]),
            nearby=tuple(names[other] for other in neighbours if other != household),
            around=int(mobility.near(_radius(view))[household]),
            radius=_radius(view),
        )

    def lines(self, listing: Listing, wording: Wording) -> Iterator[str]:
        """Yield where the household is and goes, then who is near."""
        place = f"[place] {self.x},{self.y}; home {self.home[0]},{self.home[1]}"
        place += "; you are at home" if self.at_home else ""
        yield place + (f"; going to {name_text(self.destination)}" if self.destination else "")
        names = f"{names_text(listed(self.nearby, listing))} here; " if self.nearby else ""
        within = f"within {counted(self.radius, 'cell')}" if self.radius else "in your cell"
        yield f"[near] {names}{counted(self.around, 'other')} {within}"


def _destination(view: View, household: int) -> str:
    """Return what a household calls the place that it goes to."""
    mobility = view.mobility
    cell = int(mobility.destination[household])
    if cell < 0:
        return ""
    x, y = divmod(cell, mobility.height)
    if (x, y) == (int(mobility.home_x[household]), int(mobility.home_y[household])):
        return "home"
    store = int(mobility.store_at[cell])
    return view.roster.store_names[store] if store >= 0 else f"{x},{y}"


def _radius(view: View) -> int:
    congestion = view.scenario.stress.stressors.get("congestion")
    return int(getattr(congestion, "radius", 1))
