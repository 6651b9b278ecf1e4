"""What happened, newest first, one line each: posts, sales, rejections, events, interventions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from .view import Frame, Scene

MOST_ENTRIES = 150
"""Entries that are shown at most; older ones are found by searching."""


class RecordInWords(NamedTuple):
    """What a record says. ``agent`` did it (``""``: nobody did), with ``other``, if there is one.

    Both are names of agents.
    """

    agent: str
    text: str
    other: str = ""


def _post(row: Any, scene: Scene) -> RecordInWords:
    answer = "answers: " if row.reply_to >= 0 else ""
    return RecordInWords(row.author, answer + row.text)


def _sale(row: Any, scene: Scene) -> RecordInWords:
    bought = scene.wording.amount(row.item, row.quantity)
    text = f"buys {bought} for {scene.wording.money(row.amount)}"
    return RecordInWords(row.buyer, text, row.store)


def _rejection(row: Any, scene: Scene) -> RecordInWords:
    return RecordInWords(row.agent, f"could not: {row.reason}")


def _swap(row: Any, scene: Scene) -> RecordInWords:
    gave = scene.wording.amount(row.gave, row.gave_quantity)
    took = scene.wording.amount(row.took, row.took_quantity)
    return RecordInWords(row.proposer, f"gives {gave} for {took}", row.acceptor)


def _event(row: Any, scene: Scene) -> RecordInWords:
    return RecordInWords("", row.detail)


def _input(row: Any, scene: Scene) -> RecordInWords:
    if row.kind == "summary":
        agent = str(json.loads(row.content)["agent"])
        return RecordInWords(agent, "its memory was summed up by the language model")
    return RecordInWords("", f"{row.kind} from outside: {row.content}")


_RECORDS: dict[str, tuple[str, Callable[[Any, Scene], RecordInWords]]] = {
    "post": ("posts", _post),
    "sale": ("sales", _sale),
    "rejection": ("rejections", _rejection),
    "swap": ("swaps", _swap),
    "event": ("events", _event),
    "by hand": ("inputs", _input),
}
"""Kind of entry -> the table of its records, and how one of them reads."""
KINDS = tuple(_RECORDS)
"""Kinds of entries, as a reader chooses among them."""


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


def newest_entries(frame: Frame, wanted: FeedFilter, most: int = MOST_ENTRIES) -> list[FeedEntry]:
    """Return the newest entries up to a frame that pass a filter, newest first."""
    kinds = [kind for kind in KINDS if not wanted.kinds or kind in wanted.kinds]
    streams = (_backwards(frame, kind) for kind in kinds)
    ordered = merge(*streams, key=lambda entry: -entry.step)
    return list(islice(filter(wanted.matches, ordered), most))


def _backwards(frame: Frame, kind: str) -> Iterator[FeedEntry]:
    table, in_words = _RECORDS[kind]
    for row in reversed(frame.so_far(table, 0)):
        yield FeedEntry(row.step, kind, *in_words(row, frame.scene))
