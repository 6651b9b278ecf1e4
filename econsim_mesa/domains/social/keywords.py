"""Online heat: which posts match a keyword as a word, with case folded, and whose they are."""

from __future__ import annotations

import re
from functools import lru_cache

from econsim_mesa.text import folded, standing_alone


@lru_cache(maxsize=256)
def _looked_for(keyword: str) -> tuple[str, re.Pattern[str]]:
    word = " ".join(folded(keyword).split())
    return word, re.compile(standing_alone(word, plural="s"))


def mentions(text: str, keyword: str) -> int:
    """Return how often a keyword stands in a text as a word, singular or plural.

    >>> mentions("Two PIZZAS, a pizza, no pizzazz", "pizza")
    2
    """
    word, pattern = _looked_for(keyword)
    said = folded(text, dotless="\u0131" in keyword)  # the letter whose capital is an I
    return len(pattern.findall(said)) if word in said else 0


def matches(text: str, keyword: str) -> bool:
    """Whether a post is about a keyword."""
    return mentions(text, keyword) > 0


def author_group(kind: str) -> str:
    """Return the group whose posts are counted together, from the kind of an author.

    Any kind but these three is a kind of store.

    >>> author_group("Household"), author_group("Restaurant"), author_group("Account")
    ('households', 'stores', 'scripted')
    """
    groups = {"Household": "households", "Government": "government", "Account": "scripted"}
    return groups.get(kind, "stores")
