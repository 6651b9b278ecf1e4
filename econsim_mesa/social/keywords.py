"""Online heat of a keyword: which posts match it as a word, with case folded."""

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
