"""Sentiment of posts: a scorer behind a small interface, and one pinned to its lexicon.

VADER: Hutto and Gilbert (2014), ICWSM. It knows English only, so that it scores posts that come
from the program's own English. Others are scored by the lexicon in the scenario's folder of
prompts, and not at all without one. Another scorer is any object with a name and ``score``; models
of sentiment that need a download are not for the core.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, ClassVar, Protocol

from econsim_mesa.analysis.daily import day_of_step
from econsim_mesa.domains.social.keywords import matches
from econsim_mesa.errors import BadInput
from econsim_mesa.languages.lexicon import LEXICON, load_lexicon

if TYPE_CHECKING:
    import pandas as pd

    from econsim_mesa.runs.reader import Run
    from econsim_mesa.scenario import Scenario

LEXICON_SHA256 = "1ec9c6e9ee19aade328f8beb393a6afa71a5bb3acf7d3cc22d4ef568df374bf5"
"""SHA-256 of the word lexicon in the wheel of vaderSentiment 3.3.2."""
EMOJI_SHA256 = "b8d54223ae1ce22a3e12c1f745316b71678c328eb5f5d3063a842f37cfbe2823"


WITH_A_POST = """kind = 'Household' AND instr(actions, '"do":"post"')"""
"""The decisions of households, as SQL finds them, that hold a post."""


class Scorer(Protocol):
    """A method that scores the sentiment of a text from -1 (bad) to 1 (good)."""

    @property
    def name(self) -> str:
        """Name and version, printed with every result."""
        ...

    def score(self, text: str) -> float:
        """Return the sentiment of a text, -1 to 1."""
        ...


class Vader:
    """VADER's compound score, from the lexicon of version 3.3.2 and no other.

    Raises ``BadInput`` if the installed lexicon is another one: scores would not compare.
    """

    name: ClassVar[str] = "VADER 3.3.2"

    def __init__(self) -> None:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

        self._analyzer = SentimentIntensityAnalyzer()
        for kind, text, wanted in (
            ("lexicon", self._analyzer.lexicon_full_filepath, LEXICON_SHA256),
            ("emoji lexicon", self._analyzer.emoji_full_filepath, EMOJI_SHA256),
        ):
            found = hashlib.sha256(text.encode()).hexdigest()
            if found != wanted:
                raise BadInput(
                    f"the {kind} of vaderSentiment has SHA-256 {found[:12]}..., not that of 3.3.2 "
                    f"({wanted[:12]}...); install vaderSentiment==3.3.2"
                )

    def score(self, text: str) -> float:
        """Return the compound score of a text, -1 to 1; 0 for a text without known words."""
        return float(self._analyzer.polarity_scores(text)["compound"])


@cache
def vader() -> Vader:
    """Return the pinned scorer; its lexicon is read once a process."""
    return Vader()


class OwnLexicon:
    """The lexicon of a user, from the folder of prompts of a scenario."""

    def __init__(self, text: str) -> None:
        self._lexicon = load_lexicon(text)
        self.name = f"{LEXICON} {hashlib.sha256(text.encode()).hexdigest()[:12]}"
        """Name of its file, with the beginning of its SHA-256."""

    def score(self, text: str) -> float:
        """Return the sentiment of a text, -1 to 1; 0 for a text without known words."""
        return self._lexicon.score(text)


def scorer_of(scenario: Scenario) -> Scorer | None:
    """Return what scores the posts of a scenario; None: nothing knows their language."""
    own = scenario.prompts.files.get(LEXICON)
    if own is not None:
        return OwnLexicon(own)
    return vader() if scenario.speaks_own_english else None


def void_of_language(scenario: Scenario) -> str | None:
    """Return why the sentiment of posts is not known, if nothing knows their language."""
    if scorer_of(scenario) is not None:
        return None
    texts = f"the language {scenario.language!r}"
    if scenario.prompts.files:
        texts = "prompts of your own, which may be in any language"
    return (
        f"there is no lexicon of sentiment for {texts}; put one into the folder of prompts, as "
        f"{LEXICON}"
    )


def scored_posts(
    runs: Mapping[str, Run],
    keyword: str | None,
    scorer: Scorer | None = None,
    *,
    warm_up_days: int = 0,
) -> pd.DataFrame:
    """Return run, day, author, text, score and decider of every household post with the keyword.

    In the order of posting. ``keyword`` None: every post. ``decider`` is whose words they are.
    Without ``scorer`` each run has that of its language; where there is none, the scores are NaN.

    ``runs`` maps labels to runs; the first ``warm_up_days`` days of each are left out.
    """
    import pandas as pd

    rows = []
    for label, run in runs.items():
        judge = scorer or scorer_of(run.scenario)
        known: dict[str, float] = {}
        days = day_of_step(run, warm_up_days)
        posts = run.posts[(run.posts["kind"] == "Household") & run.posts["step"].isin(days.index)]
        deciders = _deciders_of_posts(run)
        for step, author, text in zip(posts["step"], posts["author"], posts["text"], strict=True):
            if keyword is None or matches(text, keyword):
                if text not in known:
                    known[text] = math.nan if judge is None else judge.score(text)
                decider = deciders.get((step, author))
                rows.append((label, days[step], author, text, known[text], decider))
    return pd.DataFrame(rows, columns=["run", "day", "author", "text", "score", "decider"])


def _deciders_of_posts(run: Run) -> dict[tuple[int, str], str]:
    """Return step and household -> decider of the decisions that hold a post."""
    made = run.select(f"SELECT step, agent, decider FROM decisions WHERE {WITH_A_POST}")
    return {(step, agent): decider for step, agent, decider in made}
