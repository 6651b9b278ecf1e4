"""What is recalled, and which of it finds room in a prompt: the newest and most unusual.

An event loses weight with age and with each newer event about the same subject; what repeats
itself in the same words is said once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from econsim_mesa.society.wording import Wording

_HALF_LIFE_STEPS = 8.0
_REPEATED = 0.4
"""Factor on an event for each newer one of the same kind: the unusual comes first."""


class Recalled(NamedTuple):
    """Something remembered: when, of which topic, about what, in words."""

    t: int
    topic: str
    subject: str
    words: str
    times: int = 1
    """How often it happened in the same words."""
    since: int = -1
    """The first step in which it did, if it happened more than once."""


def lines_of(recalled: Iterable[Recalled], now: int, wording: Wording) -> dict[str, Recalled]:
    """Return events by their lines, as they are read in step ``now``.

    Those of the same words have one line. ``recalled`` is in order, newest first.
    """
    return {_line(event, now, wording): event for event in _merged(recalled)}


def chosen_lines(
    lines: Mapping[str, Recalled], characters: int, now: int, weights: Mapping[str, float]
) -> list[str]:
    """Return the lines of the newest and most unusual events that have room, newest first.

    Args:
        lines: Events by their lines, newest first.
        characters: Most characters, one a line for its end counted.
        now: The step in which they are read.
        weights: How much an event counts, by its topic.
    """
    texts = list(lines)
    seen: dict[tuple[str, str], int] = {}
    scored = []
    for place, event in enumerate(lines.values()):
        repeats = seen.get((event.topic, event.subject), 0)
        seen[event.topic, event.subject] = repeats + 1
        fading = 0.5 ** ((now - 1 - event.t) / _HALF_LIFE_STEPS)
        scored.append((-weights[event.topic] * fading * _REPEATED**repeats, place))
    chosen = []
    for _, place in sorted(scored):
        length = len(texts[place]) + 1
        if length <= characters:
            chosen.append(place)
            characters -= length
    return [texts[place] for place in sorted(chosen)]


def _merged(recalled: Iterable[Recalled]) -> list[Recalled]:
    """Return events, newest first, with those of the same words as one."""
    merged: dict[tuple[str, str], Recalled] = {}
    for event in recalled:
        newest = merged.setdefault((event.topic, event.words), event)
        if newest is not event:
            times = newest.times + 1
            merged[event.topic, event.words] = newest._replace(times=times, since=event.t)
    return list(merged.values())


def _line(event: Recalled, now: int, wording: Wording) -> str:
    """Return an event as a line of a summary that is read in step ``now``."""
    line = f"{wording.time(event.t, now)} {event.words}"
    if event.times == 1:
        return line
    text, since = "{line} ({times} times since {time})", wording.time(event.since, now)
    return wording.say(text, line=line, times=event.times, time=since)
