"""What a post is about: the stores and items that it names, its sentiment, a sale it announces.

This is how the embedded decider reads. Sentiment is the compound score of VADER (Hutto and
Gilbert 2014), from -1 to 1, where posts come from the program's own English; elsewhere that of the
user's lexicon, or 0. A sale that a store announces is read by ``announcements``. A post may also
say that something is sold out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Any

import numpy as np

from econsim_mesa.languages.lexicon import LEXICON, load_lexicon
from econsim_mesa.mind.announcements import read_announcement
from econsim_mesa.mind.names import TownNames
from econsim_mesa.read_only import ShownState, read_only
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.clock import Clock
from econsim_mesa.society.rng import Booleans, Floats, Integers
from econsim_mesa.text import folded

_NEGATED = (
    r"(?:て|で|に|し|は|も|が|い|る|こと|そう|なっ|なり|なら|じゃ|あり)*(?:な[いくか]|ませ|ず)"
)
"""What turns a Japanese word round: ない, ません, ず after any form of する, なる or ている."""
_GONE = re.compile(
    r"(?<!not )\b(?:sold out|out of stock|ran out|run out)\b"
    rf"|(?:売り?切れ|品切れ|完売)(?!{_NEGATED})",
    re.IGNORECASE,
)
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


def tone_of(scenario: Scenario) -> Callable[[str], float]:
    """Return how posts of a scenario's town are scored: by its lexicon, by VADER, or not (0)."""
    own = scenario.prompts.files.get(LEXICON)
    if own is not None:
        return load_lexicon(own).score
    return valence if scenario.speaks_own_english else _neutral


def _neutral(_: str) -> float:
    return 0.0


@dataclass(frozen=True)
class TopicsView:
    """What posts are about, to be read: arrays indexed by the number of a post.

    They are longer than there are posts; what is beyond says nothing.
    """

    step: Integers
    """Step in which it was written, int64 of shape (posts,)."""
    store: Integers
    """The store that it is about, -1: none; int64 of shape (posts,)."""
    items: Floats
    """1 for each item that it names, float64 of shape (posts, items)."""
    valence: Floats
    """Its sentiment, -1 to 1, float64 of shape (posts,)."""
    percent: Floats
    """A reduction that it announces, in percent, 0: none; float64 of shape (posts,)."""
    first: Integers
    """First step in which the reduction holds, int64 of shape (posts,)."""
    last: Integers
    """Last step in which it holds, int64 of shape (posts,)."""
    gone: Booleans
    """Whether it says that something is sold out, bool of shape (posts,)."""


class Topics(ShownState):
    """What each post of a run is about; its columns are those of ``TopicsView``."""

    def __init__(
        self,
        stores: Sequence[str],
        items: Sequence[str],
        clock: Clock,
        tone: Callable[[str], float] = valence,
    ) -> None:
        self._clock, self._tone = clock, tone
        self._names = TownNames(stores, items)
        self._stores = tuple(stores)
        self.step: Integers = np.zeros(64, dtype=np.int64)
        self.store: Integers = np.full(64, -1, dtype=np.int64)
        self.items: Floats = np.zeros((64, len(items)))
        self.valence: Floats = np.zeros(64)
        self.percent: Floats = np.zeros(64)
        self.first: Integers = np.zeros(64, dtype=np.int64)
        self.last: Integers = np.zeros(64, dtype=np.int64)
        self.gone: Booleans = np.zeros(64, dtype=np.bool_)

    def view(self) -> TopicsView:
        """Return what can be read of it, until a post is read that finds no room."""
        return self._shown

    @cached_property
    def _shown(self) -> TopicsView:
        return TopicsView(*(read_only(getattr(self, name)) for name in _COLUMNS))

    def read(self, number: int, author_store: int, text: str, t: int) -> None:
        """Take in post ``number`` of step ``t``.

        ``author_store`` is the store that wrote it (any other number: none did); a store's post
        that names no store is about itself.
        """
        self._grow(number)
        self.step[number] = t
        store, items = self.names_in(text)
        own = author_store if 0 <= author_store < len(self._stores) else -1
        self.store[number] = store if store >= 0 else own
        self.items[number, items] = 1.0
        self.valence[number] = self._tone(text)
        self.gone[number] = _GONE.search(text) is not None
        if own >= 0 and own == self.store[number]:
            self._announced(number, text, self._stores[own], t)

    def _announced(self, number: int, text: str, store: str, t: int) -> None:
        """Take in the sale that a store announces, if it does."""
        said = read_announcement(text, self._names, store, self._clock.time(t))
        if said is not None:
            at = self._clock.step_at
            self.percent[number] = said.percent
            self.first[number] = t if said.begin is None else at(said.begin)
            self.last[number] = _ALWAYS if said.end is None else at(said.end) - 1

    def names_in(self, text: str) -> tuple[int, list[int]]:
        """Return the first store named (or -1) and all items named, longest names first."""
        named = self._names.found(folded(text))
        stores = [one.number for one in named if one.kind == "store"]
        items = {one.number for one in named if one.kind == "item"}
        return stores[0] if stores else -1, sorted(items)

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
        self._show_anew()
        self._grow(number)
