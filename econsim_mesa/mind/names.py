"""The names of a town's stores and items, found in a text as words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Literal, NamedTuple

from econsim_mesa.text import WORD, folded

_SIGNED = re.compile(rf"(?:{WORD})[+#]+")
"""A word to which a sign belongs, such as C++."""


class Named(NamedTuple):
    """A name in a folded text: of what, and where it stands there."""

    kind: Literal["store", "item"]
    number: int
    start: int
    end: int


class TownNames:
    """Finds stores and items by name, singular or plural, in any script.

    Words are compared; what stands between them is not. In scripts without spaces each
    character is a word.
    """

    def __init__(self, stores: Sequence[str], items: Sequence[str]) -> None:
        named = [*(("item", name) for name in items), *(("store", name) for name in stores)]
        signs = sorted({sign for _, name in named for sign in _signs(name)}, key=len, reverse=True)
        self._word = re.compile("|".join([*map(re.escape, signs), WORD]))
        names: dict[tuple[str, ...], tuple[Literal["store", "item"], int]] = {}
        forms: dict[tuple[str, ...], tuple[Literal["store", "item"], int]] = {}
        kinds: tuple[tuple[Literal["store", "item"], Sequence[str]], ...]
        kinds = (("item", items), ("store", stores))
        for kind, known in kinds:
            for index, name in enumerate(known):
                words = tuple(self._word.findall(folded(name)))
                if words:
                    names[words] = (kind, index)
                for form in _forms(words):
                    forms.setdefault(form, (kind, index))
        self._names = forms | names
        self._longest = max(map(len, self._names), default=0)

    def found(self, text: str) -> list[Named]:
        """Return the names in a folded text in its order, the longest first at each word."""
        words = list(self._word.finditer(text))
        spelled = [word.group() for word in words]
        found, i = [], 0
        while i < len(words):
            length = min(self._longest, len(words) - i)
            while length and tuple(spelled[i : i + length]) not in self._names:
                length -= 1
            if length:
                kind, index = self._names[tuple(spelled[i : i + length])]
                span = words[i].start(), words[i + length - 1].end()
                found.append(Named(kind, index, *span))
            i += max(length, 1)
        return found


def _signs(name: str) -> list[str]:
    """Return what is read as one word in a name though it holds symbols: C++, an emoji."""
    low = folded(name)
    if re.search(WORD, low) is None:
        return [low] if any(unicodedata.category(c)[0] == "S" for c in low) else []
    return [part for part in low.split() if _SIGNED.fullmatch(part)]


def _forms(words: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return a name's plurals, for a plural its singulars, and its capitals without a dot."""
    if not words:
        return []
    *head, tail = words
    ends = (f"{tail}s", f"{tail}es", tail.removesuffix("s"), tail.removesuffix("es"))
    forms = [(*head, end) for end in ends if len(end) > 1 and end != tail]
    dotted = tuple(word.replace("\u0131", "i") for word in words)
    return [*forms, dotted] if dotted != words else forms
