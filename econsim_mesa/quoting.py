"""Other people's text and names as data: on one line, with nothing in it that acts on a reader."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
# What JSON leaves as it is and a reader might take for a new line, a command of a terminal or
# another direction of writing; and surrogates, which no UTF-8 text can hold.
_ACTIVE = re.compile(
    "[\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)

_PLAIN = re.compile(r"[^\W\d_][\w'&-]*(?: (?:&|[^\W\d_][\w'&-]*))*|\d+,\d+")
_WORDS = ("none", "nobody", "bought", "could", "met")


def quoted(value: Any) -> str:
    r"""Return a text, or an object with texts, as compact JSON on one line.

    >>> quoted("Buy!\u2028[cash] 0")
    '"Buy!\\u2028[cash] 0"'
    """
    return _quoted_text(value) if isinstance(value, str) else _escaped(value)


@lru_cache(maxsize=16_384)
def _quoted_text(text: str) -> str:
    """Return a text in quotes; what is posted is quoted for all who read it."""
    return _escaped(text)


def _escaped(value: Any) -> str:
    return _ACTIVE.sub(lambda found: f"\\u{ord(found[0]):04x}", _ENCODE(value))


@lru_cache(maxsize=16_384)
def name_text(name: str) -> str:
    """Return a name, in quotes if it might be read as more than one.

    >>> name_text("Pizza Place"), name_text("Rice 5, Soda")
    ('Pizza Place', '"Rice 5, Soda"')
    """
    plain = _PLAIN.fullmatch(name) and name.partition(" ")[0] not in _WORDS
    return name if plain else quoted(name)


def names_text(names: Iterable[str]) -> str:
    """Return names with commas between."""
    return ", ".join(map(name_text, names))
