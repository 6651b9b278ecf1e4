"""Online heat: which posts match a keyword as a word, with case folded, and whose they are."""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(maxsize=256)
def pattern(keyword: str) -> re.Pattern[str]:
    """Return the pattern of a keyword, singular or plural.

    >>> matches("Two PIZZAS, please", "pizza"), matches("pizzazz", "pizza")
    (True, False)
    """
    return re.compile(rf"\b{re.escape(keyword.casefold())}s?\b")


def matches(text: str, keyword: str) -> bool:
    """Whether a post is about a keyword."""
    return pattern(keyword).search(text.casefold()) is not None


def author_group(kind: str) -> str:
    """Return the group whose posts are counted together, from the kind of an author.

    Any kind but these three is a kind of store.

    >>> author_group("Household"), author_group("Restaurant"), author_group("Account")
    ('households', 'stores', 'scripted')
    """
    groups = {"Household": "households", "Government": "government", "Account": "scripted"}
    return groups.get(kind, "stores")
