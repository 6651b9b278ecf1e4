"""Numbers of one step that only charts need, beside the measures of the town.

A history computes each once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from econsim_mesa.domains.social.keywords import matches
from econsim_mesa.society.measures import Measure, Subject
from econsim_mesa.society.rng import Floats

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .view import Frame

BAND = (10, 50, 90)
"""Percentiles of households that a band of stress shows: its ends and its middle."""
RECENT = 24
"""Steps that a post counts for the sentiment of its author."""


@dataclass(frozen=True)
class Parts:
    """What a measure of the town counts of a subject in a step, and what that is divided by."""

    measure: Measure
    subject: Subject

    def __call__(self, frame: Frame) -> tuple[float, float]:
        """Return both; the second is 1 of a measure that is a sum."""
        count, per = frame.tally.parts(self.measure, *self.subject)
        return float(count), float(per)


@dataclass(frozen=True)
class About:
    """Posts by households that match a keyword as a word; "": all of them."""

    keyword: str

    def __call__(self, frame: Frame) -> int:
        """Return how many the step has."""
        return len(household_posts(frame, self.keyword))


@dataclass(frozen=True)
class Stock:
    """What a store has of some items, in smallest units."""

    store: str
    items: tuple[str, ...]

    def __call__(self, frame: Frame) -> Floats:
        """Return how much of each at the end of the step."""
        held = {row.item: row.quantity for row in frame.new("stocks") if row.store == self.store}
        return np.array([held.get(item, 0) for item in self.items], dtype=float)


@dataclass(frozen=True)
class Sentiment:
    """Sentiment of posts by households with a keyword ("": all posts): count, sum, squares."""

    keyword: str

    def __call__(self, frame: Frame) -> Floats:
        """Return number, sum and sum of squares of the scores of the step's posts."""
        texts = household_posts(frame, self.keyword)
        scores = np.array([frame.scene.sentiment(text) for text in texts])
        return np.array([len(scores), scores.sum(), (scores**2).sum()])


def household_posts(frame: Frame, keyword: str = "") -> list[str]:
    """Return the texts with a keyword, if one is given, that households posted in the step."""
    texts = (post.text for post in frame.new("posts") if post.kind == "Household")
    return [text for text in texts if not keyword or matches(text, keyword)]


def post_sentiment(frame: Frame) -> Floats:
    """Return number of the author and sentiment of each household post of a step, shape (2, n)."""
    scene = frame.scene
    scores = [
        (scene.number[post.author], scene.sentiment(post.text))
        for post in frame.new("posts")
        if post.kind == "Household"
    ]
    return np.array(scores, dtype=float).reshape(-1, 2).T


def recent_sentiment(frame: Frame) -> Floats:
    """Return the mean sentiment of each household's posts in the last ``RECENT`` steps.

    Shape (households,), -1 to 1; nan for a household that wrote none.
    """
    recent = frame.series(post_sentiment)[-RECENT:]
    authors, scores = np.concatenate((np.zeros((2, 0)), *recent), axis=1)
    author = authors.astype(np.int64)
    count = np.bincount(author, minlength=frame.scene.households)
    total = np.bincount(author, weights=scores, minlength=frame.scene.households)
    means: Floats = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return means


def stress_bands(frame: Frame) -> Floats:
    """Return the percentiles ``BAND`` of each stressor, shape (3, stressors)."""
    bands: Floats = np.percentile(frame.levels, BAND, axis=0)
    return bands


def cash_gini(frame: Frame) -> float:
    """Return the Gini coefficient of the households' cash, 0 (all equal) to 1."""
    return gini(frame.cash)


def gini(amounts: NDArray[Any]) -> float:
    """Return the Gini coefficient of amounts from 0 on; 0 where nobody has any.

    >>> gini(np.array([0.0, 0.0, 0.0, 4.0])), gini(np.array([2.0, 2.0]))
    (0.75, 0.0)
    """
    ordered = np.sort(np.asarray(amounts, dtype=float))
    n, total = len(ordered), ordered.sum()
    if not total:
        return 0.0
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * total))


class Offer(NamedTuple):
    """A posted price, and how much it is below the base price, in percent."""

    posted: int
    percent: float


def offers(frame: Frame) -> dict[tuple[str, str], Offer]:
    """Return the offer of each (store, item) at the end of the step."""
    return {
        (store.name, item): Offer(posted, 100 * (1 - posted / store.base[item]))
        for store in frame.stores
        for item, posted in store.posted.items()
        if posted >= 0 and store.base[item] > 0
    }
