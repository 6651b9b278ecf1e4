"""What a household is shown of its body: hunger, and how far it walked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from econsim_mesa.scenario.llm import Listing
from econsim_mesa.society.rng import Floats
from econsim_mesa.society.section import Section
from econsim_mesa.society.view import View


@dataclass(frozen=True)
class BodySection(Section):
    """What a household is shown of its body."""

    hours_since_meal: float
    """Active hours since it last ate; -1: hidden from memory."""
    walked: float
    """Cells walked lately, fading."""
    nights_count: bool
    """Whether the hours of nights are among the active ones."""

    @classmethod
    def of(cls, view: View, household: int) -> Self:
        """Return what a household is shown."""
        visit_memory, hours = view.visit_memory, view.memo(_hours_since_meal)
        return cls(
            hours_since_meal=-1.0 if visit_memory.hides("consumption") else float(hours[household]),
            walked=float(visit_memory.steps_walked()[household]),
            nights_count=not view.clock.skips_nights,
        )

    def lines(self, listing: Listing) -> Iterator[str]:
        """Yield the hours since the last meal, and the cells walked."""
        meal = "unknown" if self.hours_since_meal < 0 else f"{self.hours_since_meal:g}"
        ago = "h ago" if self.nights_count else "h ago, nights not counted"
        yield f"[body] last meal {meal} {ago}; walked {self.walked:.1f} cells lately"


def _hours_since_meal(view: View) -> Floats:
    """Return the active hours since each household last ate."""
    return view.visit_memory.hours_since_meal(view.t, view.clock.step_hours)
