"""What a household is shown of its body: hunger, and how far it walked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from econsim_mesa.quoting import name_text
from econsim_mesa.scenario.llm import Listing
from econsim_mesa.society.rng import Floats
from econsim_mesa.society.section import Section
from econsim_mesa.society.view import View
from econsim_mesa.society.wording import Wording


@dataclass(frozen=True)
class BodySection(Section):
    """What a household is shown of its body."""

    t: int
    """The present step."""
    hours_since_meal: float
    """Active hours since it last ate; -1: hidden from memory."""
    last_meal: int
    """Step in which it last ate; below 0: before the first step."""
    walked: float
    """Cells walked lately, fading."""
    meal_time: str = ""
    """The meal that it is time for; empty: none."""

    @classmethod
    def of(cls, view: View, household: int) -> Self:
        """Return what a household is shown."""
        visit_memory, hours = view.visit_memory, view.memo(_hours_since_meal)
        return cls(
            t=view.t,
            last_meal=int(visit_memory.last_meal[household]),
            hours_since_meal=-1.0 if visit_memory.hides("consumption") else float(hours[household]),
            walked=float(visit_memory.steps_walked()[household]),
            meal_time=view.memo(_meal_time),
        )

    def lines(self, listing: Listing, wording: Wording) -> Iterator[str]:
        """Yield the time of the last meal, the cells walked, and for which meal it is time."""
        meal = wording.time(max(self.last_meal, 0), self.t)
        if self.hours_since_meal < 0:
            meal = wording.say("unknown")
        elif self.last_meal < 0:
            meal = wording.say("before {time}", time=meal)
        body = wording.say(
            "[body] last meal {meal}; walked {cells} cells lately",
            meal=meal,
            cells=f"{self.walked:.1f}",
        )
        if self.meal_time:
            time = wording.say("it is {meal} time", meal=name_text(self.meal_time))
            body = wording.joined([body, time])
        yield body


def _meal_time(view: View) -> str:
    """Return the meal that it is time for; empty: none."""
    meal = view.clock.meal_at(view.t)
    return "" if meal is None else view.clock.meals[meal][0]


def _hours_since_meal(view: View) -> Floats:
    """Return the active hours since each household last ate."""
    return view.visit_memory.hours_since_meal(view.t, view.clock.step_hours)
