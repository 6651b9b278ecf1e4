"""What happened, newest first, one line each: posts, sales, rejections, events, interventions."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from itertools import groupby, islice
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from econsim_mesa.domains.economy.records import Sale

if TYPE_CHECKING:
    from .view import Frame, Scene

MOST_ENTRIES = 150
"""Entries that are shown at most; older ones are found by searching."""


class FeedEntry(NamedTuple):
    """One line of the feed. ``agent`` and ``other`` name agents that can be selected, or nobody."""

    step: int
    kind: str
    agent: str
    text: str
    other: str


class FeedFilter(NamedTuple):
    """Which entries a reader wants: of some kinds (none: all), with a text, about one agent."""

    kinds: tuple[str, ...] = ()
    text: str = ""
    agent: str = ""

    def matches(self, entry: FeedEntry) -> bool:
        """Return whether an entry has the text and is about the agent, of whatever kind."""
        if self.agent and self.agent not in (entry.agent, entry.other):
            return False
        line = f"{entry.agent} {entry.text} {entry.other}".casefold()
        return self.text.casefold() in line


def kinds_of(scene: Scene) -> dict[str, str]:
    """Return the kinds of entries that a reader chooses among -> the table of their records."""
    return {record.news: table for table, record in scene.tables.items() if record.news}


def newest_entries(
    frame: Frame, wanted: FeedFilter, most: int | None = MOST_ENTRIES
) -> list[FeedEntry]:
    """Return the newest entries up to a frame that pass a filter, newest first; None: all."""
    kinds = kinds_of(frame.scene).items()
    streams = (
        _backwards(frame, kind, table)
        for kind, table in kinds
        if not wanted.kinds or kind in wanted.kinds
    )
    ordered = merge(*streams, key=lambda entry: -entry.step)
    return list(islice(filter(wanted.matches, ordered), most))


def _backwards(frame: Frame, kind: str, table: str) -> Iterator[FeedEntry]:
    """Yield the news of a table; what somebody bought at a store in a step is one of it."""
    wording, newest_first = frame.scene.wording, reversed(frame.so_far(table, 0))
    if frame.scene.tables[table] is Sale:
        for (step, *_), sales in groupby(newest_first, attrgetter("step", "buyer", "store")):
            yield FeedEntry(step, kind, *Sale.together_in_words([*sales][::-1], wording))
        return
    for record in newest_first:
        yield FeedEntry(record.step, kind, *record.in_words(wording))
