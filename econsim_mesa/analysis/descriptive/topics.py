"""Topic words: the words that distinguish a group of posts from all others.

Weighted log-odds with an informative Dirichlet prior (Monroe, Colaresi and Quinn
2008, Political Analysis 16(4), equations 15, 16, 19 and 22). Another method is any object with a
name and ``topics``.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol

from econsim_mesa.domains.social.keywords import matches
from econsim_mesa.runs.reader import Run
from econsim_mesa.text import folded

if TYPE_CHECKING:
    import pandas as pd

_WORD = re.compile(r"[^\W\d_]{2,}")
MOST = 10
"""Words that are shown of a group."""


class TopicWord(NamedTuple):
    """A word that marks a group, its weight by the method, and its number in the group."""

    group: str
    word: str
    weight: float
    times: int


class TopicModel(Protocol):
    """A method that finds the words that mark groups of texts."""

    @property
    def name(self) -> str:
        """Name of the method, printed with every result."""
        ...

    def topics(self, groups: Mapping[str, Sequence[str]]) -> list[TopicWord]:
        """Return the words of each group, strongest first."""
        ...


class LogOdds:
    """The z-score of a word's log-odds in a group against all other groups together.

    The prior is the words of all groups together, scaled to ``prior`` pseudo-words.
    """

    name: ClassVar[str] = "log-odds with informative Dirichlet prior"

    def __init__(self, prior: float = 500.0) -> None:
        self.prior = prior

    def topics(self, groups: Mapping[str, Sequence[str]]) -> list[TopicWord]:
        """Return up to ten words of each group whose z-score is above 0."""
        counts = {name: Counter(words_of(texts)) for name, texts in groups.items()}
        total: Counter[str] = sum(counts.values(), Counter())
        found = []
        for name, own in counts.items():
            scores = self._scores(own, total - own, total)
            best = sorted(scores, key=lambda word: (-scores[word], word))[:MOST]
            found += [TopicWord(name, w, scores[w], own[w]) for w in best if scores[w] > 0]
        return found

    def _scores(
        self, own: Counter[str], rest: Counter[str], total: Counter[str]
    ) -> dict[str, float]:
        n, others, everything = own.total(), rest.total(), total.total()
        scores: dict[str, float] = {}
        if not n or not others:
            return scores
        for word in own:
            a = self.prior * total[word] / everything
            y, z = own[word] + a, rest[word] + a
            apart = math.log(y / (n + self.prior - y)) - math.log(z / (others + self.prior - z))
            scores[word] = apart / math.sqrt(1 / y + 1 / z)
        return scores


def topic_words(run: Run, model: TopicModel) -> pd.DataFrame:
    """Return method, group, word, weight and times of the posts of households.

    Groups: posts with each keyword of the scenario, and posts with none; a post with several
    keywords is in the group of the first.
    """
    import pandas as pd

    groups: dict[str, list[str]] = {}
    for text in run.posts[run.posts["kind"] == "Household"]["text"]:
        word = next((word for word in run.scenario.keywords if matches(text, word)), None)
        groups.setdefault("other posts" if word is None else f"posts {word}", []).append(text)
    found = model.topics(dict(sorted(groups.items()))) if len(groups) > 1 else []
    table = pd.DataFrame(found, columns=list(TopicWord._fields))
    table.insert(0, "method", model.name)
    return table


def words_of(texts: Sequence[str]) -> list[str]:
    """Return the words of texts, case folded; digits and words of one letter are left out.

    >>> words_of(["A pizza, at 40 %!", "PIZZA"])
    ['pizza', 'at', 'pizza']
    """
    return [word for text in texts for word in _WORD.findall(folded(text))]
