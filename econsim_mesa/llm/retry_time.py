"""How long a server asks to wait, in each form in which servers say so."""

from __future__ import annotations

import email.utils
import math
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime

_LONGEST = 366 * 86_400.0
"""A longer wait is none that a server means."""
_EPOCH, _EPOCH_MS = 1e9, 1e11
"""From here on a number is no wait, but a time: seconds since 1970, or milliseconds."""
_SECONDS = {"ms": 0.001, "m": 60.0, "s": 1.0, "h": 3600.0, "d": 86_400.0}
_UNITS = r"milliseconds?|ms|minutes?|mins?|m|seconds?|secs?|s|hours?|hrs?|h|days?|d"
_PART = re.compile(rf"(\d+(?:\.\d+)?)\s*({_UNITS})(?![a-z])[\s,]*(?:and\s+)?", re.IGNORECASE)
_DURATION = rf"(?:\d+(?:\.\d+)?\s*(?:{_UNITS})(?![a-z])[\s,]*(?:and\s+)?)+"
_GAP = r"[\s:=\"']+(?:[a-z]+\s+){0,2}?"
_SAID = re.compile(
    rf"(?:retry|retry[_-]?delay|again|available|resets?|wait|after){_GAP}({_DURATION})",
    re.IGNORECASE,
)
_FIELD = re.compile(
    r"retry[\s_-]*after(_ms|_seconds)?[\s:=\"']+(\d+(?:\.\d+)?)(?![\w.])", re.IGNORECASE
)
_INSTANT = re.compile(
    r"(?:again|retry|resets?|available|until)\b[^.\d]{0,20}"
    r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?\s?(?:Z|UTC|[+-]\d\d:?\d\d)?)",
    re.IGNORECASE,
)


def asked_wait(headers: Mapping[str, str], text: str = "", *, limit: bool = False) -> float | None:
    """Return the seconds that a server asks to wait; None: not said.

    ``text`` is what it says in words. What counts is, in this order: ``Retry-After``, the words,
    and with ``limit``, where a limit is spent, the headers that tell when it begins anew.
    """
    known = {name.lower(): value for name, value in headers.items()}
    for wait in (_milliseconds(known.get("retry-after-ms", "")), _wait(known.get("retry-after"))):
        if wait is not None:
            return wait
    wait = _in_sentence(text)
    return _reset(known) if wait is None and limit else wait


def _milliseconds(text: str) -> float | None:
    number = _number(text)
    return None if number is None else _plausible(number / 1000)


def _wait(text: str | None) -> float | None:
    """Return the wait that the value of a header tells: a number, a duration or a time."""
    if text is None:
        return None
    number = _number(text)
    if number is not None:
        now = time.time()
        if abs(number) >= _EPOCH_MS:
            return _plausible(number / 1000 - now)
        return _plausible(number - now if abs(number) >= _EPOCH else number)
    if re.fullmatch(_DURATION, text.strip(), re.IGNORECASE):
        return _duration(text)
    return _until(text)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _duration(text: str) -> float | None:
    """Return a duration such as ``6m0s``, ``20ms`` or ``2 minutes`` in seconds."""
    parts = [(float(number), unit.lower()) for number, unit in _PART.findall(text)]
    return _plausible(sum(number * _unit(unit) for number, unit in parts))


def _unit(name: str) -> float:
    milli = name == "ms" or name.startswith("milli")
    return _SECONDS["ms" if milli else name[0]]


def _until(text: str) -> float | None:
    """Return the seconds until a date of HTTP or of ISO 8601."""
    date = email.utils.parsedate_tz(text)
    try:
        if date is not None:
            return _plausible(email.utils.mktime_tz(date) - time.time())
        moment = datetime.fromisoformat(text.strip().upper().replace("UTC", "Z").replace(" Z", "Z"))
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return _plausible(moment.timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _in_sentence(text: str) -> float | None:
    if (match := _SAID.search(text)) is not None:
        return _duration(match[1])
    if (field := _FIELD.search(text)) is not None:
        return _plausible(float(field[2]) / (1000 if (field[1] or "").lower() == "_ms" else 1))
    instant = _INSTANT.search(text)
    return None if instant is None else _until(instant[1])


def _reset(headers: Mapping[str, str]) -> float | None:
    """Return when a limit begins anew: of those that are spent the last, else the first."""
    waits, spent = [], []
    for name, value in headers.items():
        if "ratelimit" not in name.replace("-", "").replace("_", "") or "reset" not in name:
            continue
        wait = _wait(value)
        if wait is not None:
            waits.append(wait)
            if _number(headers.get(name.replace("reset", "remaining"), "")) == 0:
                spent.append(wait)
    return max(spent) if spent else min(waits, default=None)


def _plausible(seconds: float) -> float | None:
    return max(seconds, 0.0) if seconds <= _LONGEST else None
