"""A sale that a store announces: percent off some items, and when, or nothing.

The whole text must be understood: each of its words is part of the offer, of an item's name, of
the store's own, of a date, or of a short list of words that change nothing. A text with any
other word ("no", "for members", "up to", another store) announces nothing, rather than
something else. Japanese is put into English first.

>>> names = TownNames(["Cafe"], ["Pie"])
>>> read_announcement("Pie 12.5% off from 30 Dec to 2 Jan!", names, "Cafe", datetime(2025, 12, 1))
Announcement(percent=12.5, items=(0,), begin=datetime.datetime(2025, 12, 30, 0, 0), \
end=datetime.datetime(2026, 1, 3, 0, 0))
>>> read_announcement("No more 40% off pie.", names, "Cafe", datetime(2025, 12, 1))
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from econsim_mesa.mind.japanese import in_english
from econsim_mesa.mind.names import TownNames
from econsim_mesa.text import folded

MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CHANGES_NOTHING = (
    "a an the all every our your us we is are in only just here there inclusive included big "
    "great huge super mega special fresh hot delicious tasty lovely wonderful nice excellent "
    "best favourite favorite famous good news sale sales offer offers deal deals promotion "
    "bargain celebration celebrate christmas xmas easter opening anniversary come visit join "
    "enjoy get grab take try have save date place places store shop restaurant see you welcome "
    "hello hi hey dear everybody everyone friends folks neighbours neighbors merry happy yes "
    "wow please thanks"
)

_KINDS = {
    **dict.fromkeys(_CHANGES_NOTHING.split(), "F"),
    **dict.fromkeys(MONTHS, "m"),
    **dict.fromkeys((month[:3] for month in MONTHS), "m"),
    "sept": "m",
    **dict.fromkeys(_DAYS, "d"),
    **dict.fromkeys((day[:3] for day in _DAYS), "d"),
    **{"from": "f", "starting": "f", "between": "b", "to": "t", "until": "u", "till": "u"},
    **{"through": "u", "on": "o", "onwards": "o", "of": "g", "at": "A", "and": "c", "&": "c"},
    **{"+": "c", "-": "-", "today": "w", "tomorrow": "x", "now": "N", "o'clock": "h"},
}
"""A letter for each word known; n, y, i and k are numbers, years, ISO dates and times of day,
P percent off, I items and S the store itself."""
_TOKEN = re.compile(
    r"(?P<P>(?<![\w.,-])\d{1,3}(?:[.,]\d{1,2})?)\s*(?:%|percent|per cent)[\s-]*"
    r"(?:off|discount|cheaper|reduction)(?!\w)"
    r"|(?P<i>\d{4}-\d\d-\d\d)(?![\w-])|(?P<k>\d{1,2}:\d\d)(?![\w:])|(?P<y>\d{4})(?![\w.,/]*\d)(?!\w)"
    r"|(?P<n>\d{1,2})(?:st|nd|rd|th)?(?!\w)(?![.,/:]\d)"
    r"|(?P<word>[^\W\d_]+(?:'[^\W\d_]+)*|[&+])|(?P<dash>[-\u2013\u2014])|(?P<gap>[\s.,;:!()\u2026\u3001\u3002]+)"
)
_DATE = r"d?(?:ng?my?|mny?|i)"
_WHEN = re.compile(
    r"(?P<hours>f?(?:n[-tu]nh|k[-tu]kh?)|b(?:ncnh|kckh?))"
    rf"|(?P<range>[fo]?(?:{_DATE}[-tu]{_DATE}|d?n[-tu]d?ng?my?|mn[-tu]ny?)"
    rf"|b(?:{_DATE}c{_DATE}|ncng?my?|mncny?))"
    rf"|(?P<until>(?:f?[wN])?u{_DATE}|f[wN][-t]{_DATE})|(?P<since>f[ox]?{_DATE}|f[wxN])"
    rf"|(?P<day>o?{_DATE}|w|x)|(?P<now>N)"
)
_ITEMS = r"I(?:[cF-]*I)*"
_OFFER = re.compile(rf"(?:[FScoA-]|tS)*(?:{_ITEMS}[FSA-]*P|P[FSo-]*{_ITEMS})(?:[FScoA-]|tS)*")
_PERCENT = ("%", "percent", "per cent", "パーセント")
"""What an announcement holds in any case."""
_PAST = timedelta(days=31)
"""How long ago a sale may have ended whose year is not said; else it is next year's."""


class Announcement(NamedTuple):
    """Percent off some items (their numbers), and from when (None: now) to when (None: open)."""

    percent: float
    items: tuple[int, ...]
    begin: datetime | None
    end: datetime | None


class _Token(NamedTuple):
    kind: str
    text: str
    number: int = -1


def read_announcement(
    text: str, names: TownNames, store: str, now: datetime
) -> Announcement | None:
    """Return what a post by ``store``, written ``now``, announces; None: nothing, or unclear."""
    low = folded(text)
    if not any(sign in low for sign in _PERCENT):
        return None
    low = in_english(low, [(one.start, one.end) for one in names.found(low)])
    tokens = list(_tokens(low, names, folded(store)))
    symbols = "".join(token.kind for token in tokens)
    if _OFFER.fullmatch(_WHEN.sub("", symbols)) is None:
        return None
    percent = float(next(one.text for one in tokens if one.kind == "P").replace(",", "."))
    try:
        begin, end = _when(symbols, tokens, now)
    except ValueError:
        return None
    items = sorted({token.number for token in tokens if token.kind == "I"})
    return Announcement(percent, tuple(items), begin, end) if 0 < percent <= 100 else None


def _tokens(low: str, names: TownNames, store: str) -> Iterator[_Token]:
    """Yield the parts of a text; what is not known has the kind ``?``."""
    chain = re.sub(r" \d+$", "", store)  # Cafe 1 speaks of every Cafe
    named = {one.start: one for one in names.found(low)}
    at = 0
    while at < len(low):
        one = named.get(at)
        own = next((name for name in (store, chain) if _is_at(low, at, name)), None)
        if own is not None:
            yield _Token("S", own)
            at += len(own)
        elif one is not None:
            yield _Token("I" if one.kind == "item" else "?", low[at : one.end], one.number)
            at = one.end
        else:
            match = _TOKEN.match(low, at)
            kind = "gap" if match is None else str(match.lastgroup)
            word = low[at] if match is None else match[kind]
            if match is None or kind in ("word", "dash"):
                yield _Token("-" if kind == "dash" else _KINDS.get(word, "?"), word)
            elif kind != "gap":
                yield _Token(kind, word)
            at = at + 1 if match is None else match.end()


def _is_at(low: str, at: int, name: str) -> bool:
    """Whether a name stands there as words of its own."""
    before, after = low[at - 1 : at], low[at + len(name) : at + len(name) + 1]
    return bool(name) and low.startswith(name, at) and not (before + after).isalnum()


def _when(
    symbols: str, tokens: Sequence[_Token], now: datetime
) -> tuple[datetime | None, datetime | None]:
    """Return from when and to when a sale is on. Raises ``ValueError`` for what is unclear.

    One phrase of dates, and hours of a single day; "today" may stand beside "until".
    """
    found = {str(one.lastgroup): one for one in _WHEN.finditer(symbols)}
    count = sum(1 for _ in _WHEN.finditer(symbols))
    if "until" in found and "day" in found and found["day"].group() == "w":
        del found["day"]
        count -= 1
    hours = found.pop("hours", None)
    if len(found) + (hours is not None) < count or len(found) > 1:
        raise ValueError("more than one date, or hours of more than one day")
    name, match = next(iter(found.items()), ("now", None))
    said = [] if match is None else tokens[match.start() : match.end()]
    begin, end = _span(name, said, now)
    if hours is None:
        return begin, end
    if begin is None or end is None or end - begin > timedelta(days=1):
        raise ValueError("hours of no single day")
    first, last = (begin + one for one in _hours(tokens[hours.start() : hours.end()]))
    if not first < last <= end:
        raise ValueError("hours that end before they begin")
    return first, last


def _span(
    name: str, said: Sequence[_Token], now: datetime
) -> tuple[datetime | None, datetime | None]:
    """Return the beginning and end of one phrase of dates."""
    today = datetime.combine(now.date(), time())
    if name == "now" or [one.kind for one in said] == ["f", "N"]:
        return None, None
    relative = {"w": today, "x": today + timedelta(days=1)}
    named = [relative[one.kind] for one in said if one.kind in relative]
    dates = [datetime.combine(one, time()) for one in _dates(said, today.date())]
    whole = [*named, *dates]
    if name == "until":
        return None, whole[-1] + timedelta(days=1)
    if name == "since":
        return whole[0], None
    if whole[-1] < whole[0]:
        raise ValueError("it ends before it begins")
    return whole[0], whole[-1] + timedelta(days=1)


def _hours(said: Sequence[_Token]) -> list[timedelta]:
    """Return two times of day, as what has passed of it."""
    texts = [one.text for one in said if one.kind in "nk"]
    parts = [(*map(int, text.split(":")), 0)[:2] for text in texts]
    if any(hour > 24 or minute > 59 for hour, minute in parts):
        raise ValueError("no time of day")
    return [timedelta(hours=hour, minutes=minute) for hour, minute in parts]


def _dates(said: Sequence[_Token], today: date) -> list[date]:
    """Return the one or two dates of a phrase; what one of them leaves out the other says.

    Without a year it is the one in which the sale is not long over.
    """
    parts: list[dict[str, str]] = [{}]
    for one in said:
        kind = {"i": "n"}.get(one.kind, one.kind)
        if (kind in "nm" and kind in parts[-1]) or one.kind in "tu-c":
            parts.append({})
        if one.kind in "nmyid":
            parts[-1][one.kind] = one.text
    parts = [part for part in parts if part.keys() & {"n", "m", "i"}]
    for part, other in zip(parts, parts[::-1], strict=True):
        part.update({key: other[key] for key in ("m", "y") if key in other and key not in part})
    dates = [_date(one, today.year) for one in parts]
    if len(dates) == 2 and dates[1] < dates[0] and "y" not in parts[0] and "i" not in parts[0]:
        dates[1] = _date(parts[1], today.year + 1)
    unsaid = not any({"y", "i"} & one.keys() for one in parts)
    if dates and unsaid and dates[-1] < today - _PAST:
        dates = [one.replace(year=one.year + 1) for one in dates]
    for part, day in zip(parts, dates, strict=True):
        if "d" in part and not _DAYS[day.weekday()].startswith(part["d"]):
            raise ValueError("another day of the week")
    return dates


def _date(part: dict[str, str], year: int) -> date:
    if "i" in part:
        return date.fromisoformat(part["i"])
    month = next(k for k, name in enumerate(MONTHS, 1) if name.startswith(part["m"][:3]))
    return date(int(part.get("y", year)), month, int(part["n"]))
