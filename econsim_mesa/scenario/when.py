"""When an event happens: triggers by time, by rhythm, by record, by chance."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from datetime import time as TimeOfDay  # noqa: N812
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from pydantic import Field, model_validator

from econsim_mesa.languages import ENGLISH, Language
from econsim_mesa.scenario.base import Frozen, Name
from econsim_mesa.society.clock import Clock

if TYPE_CHECKING:
    from econsim_mesa.scenario.types import Scenario
    from econsim_mesa.society.town import Town

Moment = int | datetime
"""A step, or a date and time."""


class After(Frozen):
    """A record that sets an event off, in the step in which the record is made."""

    record: str
    """Kind of record: ``sales``, ``orders``, ``posts``, ``rejections``, ``consumption``, or a
    table of an installed domain."""
    where: dict[Name, str | int] = Field(default_factory=dict)
    """Values that columns of the record must have."""


class When(Frozen):
    """Conditions that must all hold; with none, the event happens at step 0."""

    at: Moment | None = None
    """The first step that begins at or after this moment."""
    every: int | Literal["day", "step"] | None = None
    """Each n-th step, each step, or each day."""
    time: TimeOfDay | None = None
    """Time of day for ``every: day``; null: the first step of the day."""
    between: tuple[Moment, Moment] | None = None
    """From a moment (included) to a moment (excluded)."""
    after: After | None = None
    """A kind of record; the event then happens once for each such record."""
    probability: float | None = Field(None, ge=0, le=1)
    """Chance that it happens in a step in which all else holds."""

    @model_validator(mode="after")
    def _sensible(self) -> When:
        if isinstance(self.every, int) and self.every < 1:
            raise ValueError("every must be 1 or more steps")
        if self.time is not None and self.every != "day":
            raise ValueError("time needs every: 'day'")
        return self

    def holds(self, t: int, clock: Clock) -> bool:
        """Whether the conditions on time hold in step ``t`` (not ``after``, not chance)."""
        if self.between is not None and not self.within(t, clock):
            return False
        if self.at is not None:
            return t == max(step_of(self.at, clock), 0)
        if self.every == "day":
            if self.time is None:
                return clock.starts_day(t)
            moment = datetime.combine(clock.time(t).date(), self.time)
            return t == clock.step_at(moment)
        if isinstance(self.every, int):
            return t % self.every == 0
        at_start_only = (self.every, self.between, self.after, self.probability) == (None,) * 4
        return t == 0 if at_start_only else True

    def rhythm(self, clock: Clock, language: Language = ENGLISH) -> str:
        """Return how often it happens, in words; empty if it does not go on through the run.

        >>> clock = Clock(datetime(2026, 1, 5), 60)
        >>> When(every="day").rhythm(clock), When(every=72).rhythm(clock), When(at=3).rhythm(clock)
        ('every day at 00:00', 'every 72 steps', '')
        """
        others = (self.at, self.between, self.after, self.probability)
        if self.every is None or others != (None,) * len(others):
            return ""
        if self.every == "day":
            time = f"{self.time or clock.first_time_of_day():%H:%M}"
            return language.say("every day at {time}", time=time)
        steps = 1 if self.every == "step" else self.every
        if steps == 1:
            return language.say("every step")
        return language.say("every {steps}", steps=language.counted(steps, "step"))

    def within(self, t: int, clock: Clock) -> bool:
        """Whether step ``t`` lies in ``between`` (or there is none)."""
        if self.between is None:
            return True
        first, last = (step_of(moment, clock) for moment in self.between)
        return first <= t < last


def step_of(moment: Moment, clock: Clock) -> int:
    """Return the step that a moment names."""
    return moment if isinstance(moment, int) else clock.step_at(moment)


class Firing(NamedTuple):
    """One firing of an event."""

    number: int
    """Number of the event in the town; the same when a lasting one begins and ends."""
    key: str
    """Its name for draws, such as ``lottery 0``: events of one type have different luck."""
    record: Any | None = None
    """The record that set it off; None: none did."""


class Event(Frozen, ABC):
    """Base of all events: frozen parameters, and what happens when the trigger fires.

    A subclass sets ``type``, declares its parameters as fields and overrides ``apply``. An
    event with ``lasting`` true is on while ``when.between`` holds: ``apply`` is called when it
    begins and ``end`` when it ends.
    """

    lasting: ClassVar[bool] = False
    type: str
    """Registered name of the event."""
    when: When = When()
    """Its trigger."""

    def holds(self, t: int, clock: Clock) -> bool:
        """Whether the event may happen in step ``t``, as far as time says."""
        return self.when.holds(t, clock)

    def problems(self, names: Any) -> list[tuple[str, str]]:
        """Return (field, message) for each name in the parameters that the town lacks.

        Args:
            names: ``Names``: what the town gives a name.
        """
        return []

    def rules(self, scenario: Scenario) -> Mapping[str, str]:
        """Return what everybody knows of it beforehand, for prompts, by the names of templates.

        An event that comes once or for a while is known to nobody: it is there to surprise.

        Args:
            scenario: The rules of the town.
        """
        return {}

    @abstractmethod
    def apply(self, town: Town, firing: Firing) -> str | None:
        """Let the event happen: before anybody observes the step, or after a record set it off.

        Args:
            town: The town, which is changed.
            firing: Which firing it is, for draws and for what lasts.

        Returns:
            What happened, in words for the table ``events``; None: nothing did.
        """

    def end(self, town: Town, firing: Firing) -> str | None:
        """Undo a lasting event; return what ended, in words."""
        return None
