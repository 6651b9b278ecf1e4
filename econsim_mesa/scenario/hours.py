"""Days of the week and hours of the day, as files name them and as they are said."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, time, timedelta
from typing import Annotated, Literal, get_args

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from econsim_mesa.languages import ENGLISH, Language
from econsim_mesa.society.clock import DAYS

_Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEK: tuple[_Day, ...] = get_args(_Day)
"""The days of the week as files name them."""
Weekday = Annotated[_Day, BeforeValidator(lambda day: day.lower() if isinstance(day, str) else day)]
"""A day of the week: its first three letters in English, in lower or upper case."""
Hours = tuple[time, time]
"""From a time of day (included) to another (excluded); one that is not later is that of the next
day, so that the same time twice is a whole day."""


def _as_written(day: object, check: ValidatorFunctionWrapHandler) -> object:
    """Return a day as it was given, once it is known to be one."""
    check(day)
    return day


def _each_once(week: dict[_Day, Hours]) -> dict[_Day, Hours]:
    """Return hours by days in lower case. Raises ``ValueError`` if a day stands twice."""
    days: list[str] = [day.lower() for day in week]
    if twice := [day for day in WEEK if days.count(day) > 1]:
        raise ValueError(f"give each day once; found {', '.join(twice)} more than once")
    return {day: week[given] for given in week for day in WEEK if day == given.lower()}


HoursByDay = Annotated[
    dict[Annotated[Weekday, WrapValidator(_as_written)], Hours],
    Field(min_length=1),
    AfterValidator(_each_once),
]
"""Hours of weekdays, as files give them."""
HoursOfWeek = Mapping[_Day, Hours]
"""Hours of the days of the week on which there are any; they belong to the day they begin on."""
DAY = timedelta(days=1)
"""How long a day is."""
_RUN = 3
"""So many days in a row are said as from the first to the last."""


def spans_of_week(hours: HoursOfWeek) -> Iterator[tuple[timedelta, timedelta]]:
    """Yield when in the week hours begin, and how long they are.

    >>> [(str(begin), str(length)) for begin, length in spans_of_week({"tue": (time(20), time(2))})]
    [('1 day, 20:00:00', '6:00:00')]
    """
    for day, span in hours.items():
        first, last = map(_since_midnight, span)
        yield WEEK.index(day) * DAY + first, (last - first) % DAY or DAY


def since_monday(moment: datetime) -> timedelta:
    """Return how far in its week a moment is."""
    return moment.weekday() * DAY + _since_midnight(moment.time())


def _since_midnight(moment: time) -> timedelta:
    return datetime.combine(datetime.min, moment) - datetime.min


def lies_in_week(moment: datetime, hours: HoursOfWeek) -> bool:
    """Whether a moment lies in the hours of a week.

    >>> late = {"fri": (time(20), time(2))}
    >>> [lies_in_week(datetime(2025, 12, day, hour), late) for day, hour in ((26, 1), (27, 1))]
    [False, True]
    """
    now = since_monday(moment)
    return any((now - begin) % (len(WEEK) * DAY) < length for begin, length in spans_of_week(hours))


def spoken_days(days: Collection[str], language: Language = ENGLISH) -> str:
    """Return days of the week in words, in the order of a week.

    >>> spoken_days(["sun", "mon"]), spoken_days(["mon", "tue", "wed", "thu", "sat"])
    ('Monday and Sunday', 'Monday to Thursday and Saturday')
    """
    parts: list[str] = []
    for run in _in_a_row([WEEK.index(day) for day in WEEK if day in days]):
        names = [language.say(DAYS[number]) for number in run]
        if len(run) >= _RUN:
            names = [language.say("{first} to {last}", first=names[0], last=names[-1])]
        parts += names
    return language.enumerated(parts)


def _in_a_row(numbers: Collection[int]) -> Iterator[list[int]]:
    """Yield ascending numbers, those that follow each other together."""
    run: list[int] = []
    for number in numbers:
        if run and number != run[-1] + 1:
            yield run
            run = []
        run.append(number)
    yield run


def spoken_hours(hours: Hours, language: Language = ENGLISH) -> str:
    """Return hours of the day in words.

    >>> spoken_hours((time(11), time(22, 30))), spoken_hours((time(), time()))
    ('11:00 to 22:30', 'all day')
    """
    if hours[0] == hours[1]:
        return language.say("all day")
    first, last = (f"{moment:%H:%M}" for moment in hours)
    return language.say("{first} to {last}", first=first, last=last)


def spoken_hours_of_week(week: HoursOfWeek, language: Language = ENGLISH) -> str:
    """Return the hours of a week in words, days with the same hours together.

    >>> noon = time(11), time(14)
    >>> spoken_hours_of_week({"mon": noon, "sat": (time(11), time(22)), "tue": noon})
    '11:00 to 14:00 on Monday and Tuesday; 11:00 to 22:00 on Saturday'
    """
    days: dict[Hours, list[str]] = {}
    for day in WEEK:
        if day in week:
            days.setdefault(week[day], []).append(day)
    parts = []
    for hours, some in days.items():
        said = spoken_hours(hours, language)
        if len(some) < len(WEEK):
            said = language.say("{hours} on {days}", hours=said, days=spoken_days(some, language))
        parts.append(said)
    return language.joined(parts)
