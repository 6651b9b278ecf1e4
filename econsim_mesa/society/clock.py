"""The clock: step number <-> date and time, with nights that may be skipped.

Steps are counted without gaps, t = 0, 1, ...; ages and windows everywhere count these active
steps. With ``active`` hours a day holds only the steps that begin within them.

>>> clock = Clock(datetime(2025, 12, 19, 9), 60, (time(9), time(21)))
>>> clock.time(11), clock.time(12)
(datetime.datetime(2025, 12, 19, 20, 0), datetime.datetime(2025, 12, 20, 9, 0))
>>> clock.day(12), clock.starts_day(12), clock.steps_per_day
(1, True, 12)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property

from econsim_mesa.languages import ENGLISH, Language

NAMED_MOMENT = re.compile(
    r"(?P<name>[a-z][a-z_]{0,59})(?P<days>[+-]\d{1,4})?(?: (?P<time>(?:[01]\d|2[0-3]):[0-5]\d))?"
)
"""A moment that counts from a named day: name, days before or after it, time of day."""
_DAY_MINUTES = 24 * 60
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WEEK_DAYS = len(_WEEKDAYS)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)


def weekday(moment: datetime) -> str:
    """Return the day of the week in three letters, in English whatever the machine's language.

    >>> weekday(datetime(2025, 12, 24))
    'Wed'
    """
    return _WEEKDAYS[moment.weekday()]


def weekday_and_time(moment: datetime) -> str:
    """Return the day of the week and the time of day.

    >>> weekday_and_time(datetime(2025, 12, 24, 9))
    'Wed 09:00'
    """
    return f"{weekday(moment)} {moment:%H:%M}"


def day_of_hours(moment: datetime, hours: tuple[time, time]) -> date | None:
    """Return the day on which hours began in which a moment lies; None: it lies outside.

    Args:
        moment: A date and time.
        hours: From a time of day (included) to another (excluded). One that is not later is that
            of the next day, so that the same time twice is a whole day.

    >>> night = time(22), time(2)
    >>> day_of_hours(datetime(2025, 12, 24, 1), night), day_of_hours(datetime(2025, 12, 24), night)
    (datetime.date(2025, 12, 23), datetime.date(2025, 12, 23))
    >>> day_of_hours(datetime(2025, 12, 24, 2), night) is None
    True
    """
    (first, end), now = hours, moment.time()
    if first < end:
        return moment.date() if first <= now < end else None
    if now >= first:
        return moment.date()
    return moment.date() - timedelta(days=1) if now < end else None


def spoken_time(moment: datetime, now: datetime, language: Language = ENGLISH) -> str:
    """Return a time as people speak of it: with its date only where the day of the week misleads.

    >>> now = datetime(2025, 12, 24, 9)
    >>> spoken_time(datetime(2025, 12, 22, 17), now), spoken_time(datetime(2025, 12, 17, 17), now)
    ('Mon 17:00', 'Wed 17 Dec 17:00')
    >>> spoken_time(datetime(2024, 12, 23, 17), now)
    'Mon 23 Dec 2024 17:00'
    """
    if abs((now.date() - moment.date()).days) < _WEEK_DAYS:
        return language.say("{weekday} {time}", **_parts(moment, language))
    if moment.year == now.year:
        return language.say("{weekday} {day} {month} {time}", **_parts(moment, language))
    return full_time(moment, language)


def full_time(moment: datetime, language: Language = ENGLISH) -> str:
    """Return a time with its day of the week, date and year.

    >>> full_time(datetime(2025, 12, 24, 9))
    'Wed 24 Dec 2025 09:00'
    """
    return language.say("{weekday} {day} {month} {year} {time}", **_parts(moment, language))


def spoken_day(day: date, language: Language = ENGLISH) -> str:
    """Return a date without its year, in words.

    >>> spoken_day(date(2025, 12, 24))
    '24 Dec'
    """
    return language.say("{day} {month}", day=day.day, month=language.say(MONTHS[day.month - 1]))


def _parts(moment: datetime, language: Language) -> dict[str, object]:
    return {
        "weekday": language.say(weekday(moment)),
        "day": moment.day,
        "month": language.say(MONTHS[moment.month - 1]),
        "year": moment.year,
        "time": f"{moment:%H:%M}",
    }


def _minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute


@dataclass(frozen=True)
class Clock:
    """Converts steps to datetimes and back.

    ``start`` is the time of step 0 and the beginning of an active day (or any time, if every
    hour is active); ``step_minutes`` divides the active day; ``active`` is (from, to) in local
    time, ``to`` excluded, or ``None``: nights are simulated. ``days`` are days that have a name,
    ``meals`` the meals of a day: their names, and from and to when it is time for them.
    """

    start: datetime
    step_minutes: int
    active: tuple[time, time] | None = None
    days: tuple[tuple[str, date], ...] = ()
    meals: tuple[tuple[str, tuple[time, time]], ...] = ()

    def meal_at(self, t: int) -> int | None:
        """Return which of ``meals`` it is time for in step ``t``; None: none.

        >>> clock = Clock(datetime(2025, 12, 1), 60, meals=(("lunch", (time(11, 30), time(14))),))
        >>> clock.meal_at(11), clock.meal_at(12), clock.meal_at(14)
        (None, 0, None)
        """
        if not self.meals:
            return None
        moment = self.time(t)
        times = (
            k for k, (_, hours) in enumerate(self.meals) if day_of_hours(moment, hours) is not None
        )
        return next(times, None)

    def named(self, moment: str) -> datetime:
        """Return the moment that counts from a named day, at midnight unless it says a time.

        >>> clock = Clock(datetime(2025, 12, 1), 60, days=(("sale", date(2025, 12, 16)),))
        >>> clock.named("sale"), clock.named("sale+2 09:30")
        (datetime.datetime(2025, 12, 16, 0, 0), datetime.datetime(2025, 12, 18, 9, 30))

        Raises:
            KeyError: No day has that name.
            OverflowError: It lies beyond the last year of the calendar.
        """
        parts = NAMED_MOMENT.fullmatch(moment)
        if parts is None:
            raise KeyError(moment)
        day = dict(self.days)[parts["name"]] + timedelta(days=int(parts["days"] or 0))
        return datetime.combine(day, time.fromisoformat(parts["time"] or "00:00"))

    @cached_property
    def steps_per_day(self) -> int:
        """Steps in one simulated day."""
        if self.active is None:
            return _DAY_MINUTES // self.step_minutes
        return (_minutes(self.active[1]) - _minutes(self.active[0])) // self.step_minutes

    @property
    def steps_per_week(self) -> int:
        """Steps after which the same weekdays and times come again."""
        return self.steps_per_day * _WEEK_DAYS

    def first_time_of_day(self) -> time:
        """Return the time of day at which a day begins."""
        return self.active[0] if self.active else time()

    @cached_property
    def step_hours(self) -> float:
        """Length of a step in hours."""
        return self.step_minutes / 60

    @property
    def skips_nights(self) -> bool:
        """Whether some hours of the day are left out."""
        return self.active is not None

    @cached_property
    def _offset(self) -> int:
        """Steps between the beginning of the first calendar day and step 0."""
        first = _minutes(self.active[0]) if self.active else 0
        return (self.start.hour * 60 + self.start.minute - first) // self.step_minutes

    def time(self, t: int) -> datetime:
        """Return the date and time at which step ``t`` begins."""
        if self.active is None:
            return self.start + timedelta(minutes=t * self.step_minutes)
        days, step = divmod(t + self._offset, self.steps_per_day)
        midnight = datetime.combine(self.start.date(), time()) + timedelta(days=days)
        minutes = _minutes(self.active[0]) + step * self.step_minutes
        return midnight + timedelta(minutes=minutes)

    def day(self, t: int) -> int:
        """Return the number of the calendar day of step ``t``; step 0 is on day 0."""
        return (self.time(t).date() - self.start.date()).days

    def hour(self, t: int) -> float:
        """Return the time of day at which step ``t`` begins, in hours 0 <= h < 24."""
        moment = self.time(t)
        return moment.hour + moment.minute / 60

    def starts_day(self, t: int) -> bool:
        """Whether ``t`` is the first step of its calendar day (step 0 always is)."""
        return t == 0 or self.day(t) != self.day(t - 1)

    def step_at(self, moment: datetime) -> int:
        """Return the first step that begins at or after ``moment`` (may be negative)."""
        if self.active is None:
            minutes = (moment - self.start) / timedelta(minutes=1)
            return -int(-minutes // self.step_minutes)
        days = (moment.date() - self.start.date()).days
        minutes_in_day = _minutes(moment.time()) + (1 if moment.second else 0)
        step = -((_minutes(self.active[0]) - minutes_in_day) // self.step_minutes)
        within = min(max(step, 0), self.steps_per_day)
        return days * self.steps_per_day + within - self._offset
