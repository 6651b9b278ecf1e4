"""When an event happens: triggers by time, by rhythm, by record, by chance."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from datetime import time as TimeOfDay  # noqa: N812
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import Field, StringConstraints, model_validator

from econsim_mesa.languages import ENGLISH, Language
from econsim_mesa.scenario.base import Frozen, Name
from econsim_mesa.scenario.draws import Draw
from econsim_mesa.scenario.hours import WEEK, Hours, Weekday, spoken_days, spoken_hours
from econsim_mesa.society.clock import NAMED_MOMENT, Clock, day_of_hours

if TYPE_CHECKING:
    from econsim_mesa.scenario.types import Scenario
    from econsim_mesa.society.town import Town

NamedMoment = Annotated[str, StringConstraints(pattern=f"^{NAMED_MOMENT.pattern}$")]
"""A moment that counts from a named day of the clock: sale, sale-4, sale+2 09:00."""
Moment = int | datetime | NamedMoment
"""A step, a date and time, or a moment that counts from a named day."""


DAYS_AHEAD = 366
"""Days within which a regular sum must come to be known."""
_DAYS_COUNTED = 28
"""Days over which it is counted how often something happens."""


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
    weekdays: tuple[Weekday, ...] | None = Field(None, min_length=1)
    """Days of the week: mon, tue, wed, thu, fri, sat, sun."""
    hours: Hours | None = None
    """From a time of day (included) to another (excluded), over midnight if that is not later:
    hours that begin on one of the weekdays."""
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
        if self.hours is not None and self.every == "day":
            raise ValueError("hours do not go with every: 'day'; give time for once a day")
        return self

    def holds(self, t: int, clock: Clock) -> bool:
        """Whether the conditions on time hold in step ``t`` (not ``after``, not chance)."""
        if not self.within(t, clock):
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
        return t == 0 if self.is_at_start_only else True

    def rhythm(self, clock: Clock, language: Language = ENGLISH) -> str:
        """Return how often it happens, in words; empty if it does not go on through the run.

        >>> clock = Clock(datetime(2026, 1, 5), 60)
        >>> When(every="day").rhythm(clock), When(every=72).rhythm(clock), When(at=3).rhythm(clock)
        ('every day at 00:00', 'every 72 steps', '')
        >>> When(every="day", weekdays=("sat", "sun")).rhythm(clock)
        'every Saturday and Sunday at 00:00'
        """
        others = (self.at, self.between, self.after, self.probability)
        if self.is_at_start_only or others != (None,) * len(others):
            return ""
        if self.every == "day":
            time = f"{self.time or clock.first_time_of_day():%H:%M}"
            if self.weekdays is None:
                return language.say("every day at {time}", time=time)
            days = spoken_days(self.weekdays, language)
            return language.say("every {days} at {time}", days=days, time=time)
        steps = self.every if isinstance(self.every, int) else 1
        rhythm = language.say("every step")
        if steps > 1:
            rhythm = language.say("every {steps}", steps=language.counted(steps, "step"))
        return self.spoken_week(rhythm, language)

    def per_day(self, clock: Clock) -> float:
        """Return how often it happens a day on average, over four weeks of days.

        >>> clock = Clock(datetime(2026, 1, 5), 60)
        >>> When(every="day", weekdays=("sat",)).per_day(clock), When(every=72).per_day(clock)
        (0.14285714285714285, 0.3333333333333333)
        """
        if isinstance(self.every, int) and (self.weekdays, self.hours) == (None, None):
            return clock.steps_per_day / self.every
        steps = range(_DAYS_COUNTED * clock.steps_per_day)
        return sum(self.holds(t, clock) for t in steps) / _DAYS_COUNTED

    def spoken_week(self, what: str, language: Language = ENGLISH) -> str:
        """Return what happens with its hours and weekdays, if given, in words.

        >>> When(weekdays=("sun",), hours=(TimeOfDay(9), TimeOfDay(12))).spoken_week("mass")
        'mass from 09:00 to 12:00 on Sunday'
        """
        if self.hours is not None:
            hours = spoken_hours(self.hours, language)
            what = language.say("{rhythm} from {hours}", rhythm=what, hours=hours)
        if self.weekdays is not None:
            days = spoken_days(self.weekdays, language)
            what = language.say("{rhythm} on {days}", rhythm=what, days=days)
        return what

    def within(self, t: int, clock: Clock) -> bool:
        """Whether step ``t`` lies in ``between``, ``weekdays`` and ``hours``, if given."""
        if self.between is not None:
            first, last = (step_of(moment, clock) for moment in self.between)
            if not first <= t < last:
                return False
        return self.in_week(t, clock)

    def in_week(self, t: int, clock: Clock) -> bool:
        """Whether step ``t`` begins within ``hours`` and on one of ``weekdays``, if given."""
        if self.weekdays is None and self.hours is None:
            return True
        moment = clock.time(t)
        day = moment.date() if self.hours is None else day_of_hours(moment, self.hours)
        return day is not None and (self.weekdays is None or WEEK[day.weekday()] in self.weekdays)

    @property
    def is_at_start_only(self) -> bool:
        """Whether no condition is given."""
        others = (self.every, self.between, self.weekdays, self.hours, self.after, self.probability)
        return self.at is None and others == (None,) * len(others)

    @property
    def lasts(self) -> bool:
        """Whether it holds for a while and then no more, as events that last need it."""
        return (self.between, self.weekdays, self.hours) != (None, None, None)


def step_of(moment: Moment, clock: Clock) -> int:
    """Return the step that a moment names."""
    if isinstance(moment, int):
        return moment
    return clock.step_at(clock.named(moment) if isinstance(moment, str) else moment)


class Firing(NamedTuple):
    """One firing of an event."""

    number: int
    """Number of the event in the town; the same when a lasting one begins and ends."""
    key: str
    """Its name for draws, such as ``lottery 0``: events of one type have different luck."""
    record: Any | None = None
    """The record that set it off; None: none did."""


class RegularSum(NamedTuple):
    """A sum that an event moves to or from every household whenever it happens."""

    name: str
    """What it is called, such as ``rent``."""
    amount: int | Draw
    """One sum for all, or how each household's own is drawn, in the smallest unit."""
    is_income: bool
    """Whether the household gets it; else it pays."""
    drawn_as: str
    """Name of its luck: see ``Individuals.amounts``."""


class Event(Frozen, ABC):
    """Base of all events: frozen parameters, and what happens when the trigger fires.

    A subclass sets ``type``, declares its parameters as fields and overrides ``apply``. An
    event with ``lasting`` true is on while its conditions hold (``when.between``, ``weekdays``,
    ``hours``): ``apply`` is called when it begins and ``end`` when it ends.
    """

    lasting: ClassVar[bool] = False
    closes_stores: ClassVar[bool] = False
    """Whether stores may be closed by it, so that prompts do not say that they never are."""
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

    def regular_sum(self) -> RegularSum | None:
        """Return what it gives to or takes from every household; None: nothing of the kind.

        Where its trigger has a rhythm, households know it beforehand.
        """
        return None

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


def refuse_endless(event: Event) -> None:
    """Raise ``ValueError`` for an event that lasts and whose trigger says no end of it."""
    if not event.when.lasts:
        raise ValueError(
            f"a {event.type} needs when.between: [from, to], when.weekdays or when.hours"
        )
