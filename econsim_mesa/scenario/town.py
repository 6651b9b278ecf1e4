"""The parts of a scenario that describe the place: clock, grid, currency, items, market."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from econsim_mesa.numbers import money
from econsim_mesa.scenario.base import Frozen, Name, ReadOnlyDict, build_only
from econsim_mesa.society.clock import Clock

_DAY = 24 * 60
Cell = Annotated[tuple[int, int], Field(description="x and y of a grid cell, from 0")]
DayName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,59}$")]
"""Name of a day: lower case letters and underscores."""
Share = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[int, Field(ge=0, le=10**15)]
"""A quantity or sum of money in its smallest unit."""
Price = Annotated[int, Field(ge=0, le=10**12)]
"""The price of a whole item, in the smallest currency unit."""


NO_LUCK: Mapping[str, float] = ReadOnlyDict({})
"""No draws yet."""


class DrawnDay(Frozen):
    """A day that is drawn for each run: any of some days, all as likely."""

    drawn: tuple[date, date] = build_only()
    """First and last day among which it is drawn."""

    @model_validator(mode="after")
    def _ordered(self) -> DrawnDay:
        if self.drawn[0] > self.drawn[1]:
            raise ValueError("the last day is before the first one")
        return self

    def day(self, u: float) -> date:
        """Return the day for a uniform number."""
        first, last = self.drawn
        return first + timedelta(days=int(u * ((last - first).days + 1)))


class MealTime(Frozen):
    """A time of day at which people eat."""

    name: Name = build_only()
    """Name of the meal, such as lunch."""
    begin: time = build_only(alias="from")
    """Time of day from which on it is time for it."""
    to: time = build_only()
    """Time of day until which it is, over midnight if that is not later."""

    def minutes(self) -> set[int]:
        """Return the minutes of the day that lie in it."""
        begin, end = (moment.hour * 60 + moment.minute for moment in (self.begin, self.to))
        return {(begin + i) % _DAY for i in range((end - begin) % _DAY or _DAY)}


class ClockSpec(Frozen):
    """When the run begins, how long a step is, and which hours are simulated."""

    start: datetime = build_only()
    """Date and time of step 0, without time zone."""
    step_minutes: int = build_only(60, ge=1, le=1440)
    """Length of a step in minutes; it divides the active day."""
    active: tuple[time, time] | None = build_only(None)
    """Hours that are simulated, as [from, to]; null: the whole day, nights too."""
    overnight: Literal["home", "stay"] = "home"
    """Where a household is after a skipped night: at home, or where it was."""
    sleep: bool = True
    """Whether households may sleep in simulated hours; false: nobody can, and language models are
    not told of it."""

    days: dict[DayName, date | DrawnDay] = build_only(default_factory=dict)
    """Days with a name, given or drawn for each run. Moments of events may count from them, such
    as sale, sale-4 or sale+2 09:00, and texts of posts may say them: {sale+2}."""
    meals: tuple[MealTime, ...] = build_only(())
    """When people eat, as everybody knows. Nothing follows from it by itself."""

    @model_validator(mode="after")
    def _steps_fit(self) -> ClockSpec:
        if self.start.tzinfo is not None:
            raise ValueError("start has a time zone; give local time without one")
        if any(moment.tzinfo is not None for moment in self.active or ()):
            raise ValueError("active has a time zone; give local times without one")
        span = _DAY
        if self.active is not None:
            begin, end = (moment.hour * 60 + moment.minute for moment in self.active)
            span = end - begin
            if span <= 0:
                raise ValueError("active must run from an earlier to a later hour of one day")
            if not begin <= self.start.hour * 60 + self.start.minute < end:
                raise ValueError("start lies outside the active hours")
        if span % self.step_minutes:
            raise ValueError(
                f"step_minutes {self.step_minutes} does not divide the active day of {span} minutes"
            )
        moments = [self.start, *(self.active or ())]
        if any(moment.second or moment.microsecond for moment in moments):
            raise ValueError("times are given to the minute, without seconds")
        if self.active is not None and self.clock().time(0) != self.start:
            raise ValueError("start is not the beginning of a step of its day")
        return self

    @model_validator(mode="after")
    def _meals_fit(self) -> ClockSpec:
        taken: dict[int, str] = {}
        times = {begun.hour * 60 + begun.minute for begun in self._times_of_day()}
        for meal in self.meals:
            if any(moment.tzinfo is not None for moment in (meal.begin, meal.to)):
                raise ValueError(f"{meal.name} has a time zone; give local times without one")
            minutes = meal.minutes()
            other = next((taken[minute] for minute in sorted(minutes & taken.keys())), None)
            if other is not None:
                raise ValueError(f"the times of the meals {other} and {meal.name} overlap")
            if not minutes & times:
                raise ValueError(f"no step begins when it is time for {meal.name}")
            taken |= dict.fromkeys(minutes, meal.name)
        names = [meal.name for meal in self.meals]
        if len(set(names)) < len(names):
            raise ValueError("two meals have one name; give each a name of its own")
        return self

    def _times_of_day(self) -> Iterator[datetime]:
        """Yield when the steps of a day begin."""
        clock = Clock(self.start, self.step_minutes, self.active)
        return map(clock.time, range(clock.steps_per_day))

    def clock(self, uniforms: Mapping[str, float] = NO_LUCK) -> Clock:
        """Return the clock that converts steps to datetimes.

        Args:
            uniforms: A number in [0, 1) for each drawn day, by its name; where there is none, it
                is the first day that it may be.
        """
        days = (
            (name, day.day(uniforms.get(name, 0.0)) if isinstance(day, DrawnDay) else day)
            for name, day in self.days.items()
        )
        meals = ((meal.name, (meal.begin, meal.to)) for meal in self.meals)
        return Clock(self.start, self.step_minutes, self.active, tuple(days), tuple(meals))


class GridSpec(Frozen):
    """The grid of cells that households walk on."""

    width: int = build_only(ge=1, le=2000)
    """Number of columns (x)."""
    height: int = build_only(ge=1, le=2000)
    """Number of rows (y)."""
    torus: bool = build_only(default=False)
    """Whether opposite edges touch."""
    closed: tuple[Cell, ...] = build_only(())
    """Cells that nobody enters."""
    kinds: dict[Name, tuple[Cell, ...]] = build_only(default_factory=dict)
    """Named kinds of cells, such as a common space that an event may close."""


class CurrencySpec(Frozen):
    """The currency; all sums in a scenario are in its smallest unit."""

    name: Name = build_only("yen")
    """Name shown to people and agents."""
    decimals: int = build_only(0, ge=0, le=6)
    """Digits after the point: 0 for yen, 2 for cents of a euro."""

    @property
    def smallest_unit(self) -> str:
        """The unit of all sums in records, in words: ``yen``, ``0.01 euro``."""
        size = f"{10.0**-self.decimals:.{self.decimals}f} " if self.decimals else ""
        return f"{size}{self.name}"

    def words(self, amount: int) -> str:
        """Return a sum, given in the smallest unit, in words.

        >>> CurrencySpec(name="euro", decimals=2).words(123450)
        '1,234.50 euro'
        """
        return f"{money(amount, self.decimals)} {self.name}"


class ItemSpec(Frozen):
    """A good: list price, nutrition, and how it keeps."""

    price: Price = build_only()
    """List price of a whole item, in the smallest currency unit."""
    nutrition: float = build_only(0.0, ge=0, le=1000)
    """Nutrition points of a whole item."""
    decimals: int = build_only(0, ge=0, le=6)
    """Decimal places of a quantity; 0: whole units only."""
    keeps_steps: int | None = build_only(None, ge=1, le=100_000)
    """Steps in which a household can eat it, the one of getting it included; null: for ever."""
    speed: int | None = build_only(None, ge=1, le=100)
    """Cells a step for a household that holds at least one whole unit; null: no effect."""


class MarketSpec(Frozen):
    """Rules that hold at every store."""

    ttl: int = Field(2, ge=1, le=1000)
    """Steps that an order stays open when its buyer names no other number."""
    max_ttl: int = Field(24, ge=1, le=100_000)
    """The longest ttl that an order or a proposal may have."""
    swaps: bool = True
    """Whether households may offer each other things and money; false: nobody can, and language
    models are not told of it."""
    consumption_tax: float = Field(0.0, ge=0, le=1)
    """Tax rate contained in posted prices (0.1: 10 %); paid to the government, or the world."""
    intentions: bool = True
    """Whether an order at a store elsewhere sets out for it and is placed on arrival, and eating
    what is ordered waits until it is bought; false: both are refused."""
    intention_steps: int = Field(24, ge=1, le=100_000)
    """Steps from the decision within which such an order is placed; then it is refused."""
