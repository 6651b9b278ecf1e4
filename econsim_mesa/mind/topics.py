"""What a post is about: the stores and items that it names, its sentiment, a sale it announces.

This is how the embedded decider reads. Sentiment is the compound score of VADER (Hutto and
Gilbert 2014), from -1 to 1. An announcement is a percentage off with named items, and dates if
the text has some ("Pizza 40% off from 23 to 25 December"). A post may also say that something
is sold out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from econsim_mesa.clock import Clock
from econsim_mesa.rng import Floats, Integers

_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_OFF = re.compile(r"(\d{1,3})\s*%\s*(?:off|discount|cheaper)", re.IGNORECASE)
_DATES = re.compile(
    rf"(until\s+)?(?:from\s+)?(\d{{1,2}})(?:\s*(?:to|until|-|\u2013)\s*(\d{{1,2}}))?\s+({'|'.join(_MONTHS)})",
    re.IGNORECASE,
)
_GONE = re.compile(r"(?<!not )\b(?:sold out|out of stock|ran out|run out)\b", re.IGNORECASE)
_WORDS = re.compile(r"\w+")
_LONGEST_NAME = 6
_COLUMNS = ("step", "store", "items", "valence", "percent", "first", "last", "gone")
_ALWAYS = 2**31 - 1


@cache
def _scorer() -> Any:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()


@lru_cache(maxsize=20_000)
def valence(text: str) -> float:
    """Return the sentiment of a text, from -1 (negative) to 1 (positive).

    >>> valence("What a great pizza!") > 0 > valence("Terrible queue, I hate it.")
    True
    """
    return float(_scorer().polarity_scores(text)["compound"])


class Topics:
    """What each post of a run is about, in arrays indexed by the number of the post.

    ``step``: when it was written. ``store``: the store that it is about, or -1. ``items``:
    which items it names, shape (posts, items). ``valence``: its sentiment. ``percent``,
    ``first``, ``last``: an announced reduction and the steps (inclusive) in which it holds;
    percent 0: none. ``gone``: whether it says that something is sold out.
    """

    def __init__(self, stores: Sequence[str], items: Sequence[str], clock: Clock) -> None:
        self._clock = clock
        self._names: dict[tuple[str, ...], tuple[str, int]] = {}
        self._forms: dict[tuple[str, ...], tuple[str, int]] = {}
        for kind, known in (("item", items), ("store", stores)):
            for index, name in enumerate(known):
                self._add_name(kind, name, index)
        self._names = self._forms | self._names
        self._stores = len(stores)
        self.step: Integers = np.zeros(64, dtype=np.int64)
        self.store: Integers = np.full(64, -1, dtype=np.int64)
        self.items: Floats = np.zeros((64, len(items)))
        self.valence: Floats = np.zeros(64)
        self.percent: Floats = np.zeros(64)
        self.first: Integers = np.zeros(64, dtype=np.int64)
        self.last: Integers = np.zeros(64, dtype=np.int64)
        self.gone: NDArray[np.bool_] = np.zeros(64, dtype=np.bool_)

    def _add_name(self, kind: str, name: str, index: int) -> None:
        """Know a name, its plural and, for a plural, its singular; never in place of a name."""
        words = tuple(_WORDS.findall(name.casefold()))
        if not words:
            return
        self._names[words] = (kind, index)
        *head, tail = words
        for form in (tail + "s", tail + "es", tail.removesuffix("s"), tail.removesuffix("es")):
            if len(form) > 1 and form != tail:
                self._forms.setdefault((*head, form), (kind, index))

    def read(self, number: int, author_store: int, text: str, t: int) -> None:
        """Take in post ``number`` of step ``t``.

        ``author_store`` is the store that wrote it (any other number: none did); a store's post
        that names no store is about itself.
        """
        self._grow(number)
        self.step[number] = t
        store, items = self.names_in(text)
        own = author_store if 0 <= author_store < self._stores else -1
        self.store[number] = store if store >= 0 else own
        self.items[number, items] = 1.0
        self.valence[number] = valence(text)
        self.gone[number] = _GONE.search(text) is not None
        off = _OFF.search(text)
        if off and items and own >= 0 and own == self.store[number]:
            self.percent[number] = min(int(off.group(1)), 100)
            self.first[number], self.last[number] = self._dates(text, t)

    def names_in(self, text: str) -> tuple[int, list[int]]:
        """Return the first store named (or -1) and all items named, longest names first."""
        words = _WORDS.findall(text.casefold())
        store, items, i = -1, [], 0
        while i < len(words):
            length = 1
            for length in range(min(_LONGEST_NAME, len(words) - i), 0, -1):
                found = self._names.get(tuple(words[i : i + length]))
                if found is None:
                    continue
                if found[0] == "item":
                    items.append(found[1])
                elif store < 0:
                    store = found[1]
                break
            i += length
        return store, sorted(set(items))

    def _dates(self, text: str, t: int) -> tuple[int, int]:
        """Return the first and last step that the text names; without dates, from now on.

        ``until 25 December`` begins now.
        """
        match = _DATES.search(text)
        if match is None:
            return t, _ALWAYS
        now = self._clock.time(t)
        month = _MONTHS.index(match.group(4).casefold()) + 1
        year = now.year + (month < now.month - 6)  # in December, January is that to come
        try:
            first = datetime(year, month, int(match.group(2)))
            last = datetime(year, month, int(match.group(3) or match.group(2)))
        except ValueError:
            return t, _ALWAYS
        end = datetime.combine(last.date(), time()) + timedelta(days=1)
        begin = t if match.group(1) else self._clock.step_at(first)
        return begin, self._clock.step_at(end) - 1

    def _grow(self, number: int) -> None:
        """Double the arrays until they hold post ``number``."""
        size = len(self.store)
        if number < size:
            return
        for name in _COLUMNS:
            old = getattr(self, name)
            new = np.full((2 * size, *old.shape[1:]), -1 if name == "store" else 0, old.dtype)
            new[:size] = old
            setattr(self, name, new)
        self._grow(number)
