"""What a household is shown of places: its own, its home, where it goes, who is near."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from econsim_mesa.quoting import name_text
from econsim_mesa.scenario.llm import Listing
from econsim_mesa.society.section import Section, listed
from econsim_mesa.society.view import View
from econsim_mesa.society.wording import Wording

HOME = "home"
"""What replies call one's own home."""


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
    homes: bool = True
    """Whether ``around`` counts those at home; else it is 0 at home. As the stressor does."""

    @classmethod
    def of(cls, view: View, household: int) -> Self:
        """Return what a household is shown."""
        mobility, names = view.mobility, view.roster.names
        x, y = int(mobility.x[household]), int(mobility.y[household])
        radius, homes = _radius(view), view.scenario.stress.counts_homes
        near = mobility.near(radius) if homes else mobility.near_out(radius)
        neighbours = mobility.households_in(x * mobility.height + y)
        return cls(
            x=x,
            y=y,
            home=(int(mobility.home_x[household]), int(mobility.home_y[household])),
            destination=_destination(view, household),
            at_home=bool(view.at_home[household]),
            nearby=tuple(names[other] for other in neighbours if other != household),
            around=int(near[household]),
            radius=radius,
            homes=homes,
        )

    def lines(self, listing: Listing, wording: Wording) -> Iterator[str]:
        """Yield where the household is and goes, then who is near."""
        say = wording.say
        places = [f"{self.x},{self.y}", say("home {cell}", cell=f"{self.home[0]},{self.home[1]}")]
        if self.at_home:
            places.append(say("you are at home"))
        if self.destination:
            going = say("home") if self.destination == HOME else name_text(self.destination)
            places.append(say("going to {place}", place=going))
        yield f"[place] {wording.joined(places)}"
        names = wording.names(listed(self.nearby, listing))
        near = [say("{names} here", names=names)] if self.nearby else []
        if self.homes or not self.at_home:
            near.append(self._around_in_words(wording))
        if near:
            yield f"[near] {wording.joined(near)}"

    def _around_in_words(self, wording: Wording) -> str:
        """Return how many others are around."""
        text = "{others} within {cells}" if self.radius else "{others} in your cell"
        if not self.homes:
            text = "{others} out within {cells}" if self.radius else "{others} out in your cell"
        others, cells = wording.counted(self.around, "other"), wording.counted(self.radius, "cell")
        return wording.say(text, others=others, cells=cells)


def _destination(view: View, household: int) -> str:
    """Return what a household calls the place that it goes to."""
    mobility = view.mobility
    cell = int(mobility.destination[household])
    if cell < 0:
        return ""
    x, y = divmod(cell, mobility.height)
    if (x, y) == (int(mobility.home_x[household]), int(mobility.home_y[household])):
        return HOME
    store = int(mobility.store_at[cell])
    return view.roster.store_names[store] if store >= 0 else f"{x},{y}"


def _radius(view: View) -> int:
    congestion = view.scenario.stress.stressors.get("congestion")
    return int(getattr(congestion, "radius", 1))
