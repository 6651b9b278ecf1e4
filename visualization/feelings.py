"""The sentiment of posts, scored once each: -1 (bad) to 1 (good)."""

from __future__ import annotations

from functools import cache, lru_cache

from econsim_mesa.analysis.sentiment import Vader

from .view import Frame

RECENT = 24
"""Steps that a post counts for what its author feels."""


@cache
def scorer() -> Vader:
    """Return the scorer; its lexicon is read once."""
    return Vader()


@lru_cache(maxsize=50_000)
def sentiment(text: str) -> float:
    """Return the sentiment of a text, -1 to 1."""
    return scorer().score(text)


def lately(frame: Frame) -> dict[str, float]:
    """Return the mean sentiment of each author's posts of the last ``RECENT`` steps."""
    said: dict[str, list[float]] = {}
    for post in frame.so_far("posts", frame.step - RECENT + 1):
        said.setdefault(post.author, []).append(sentiment(post.text))
    return {author: sum(scores) / len(scores) for author, scores in said.items()}
