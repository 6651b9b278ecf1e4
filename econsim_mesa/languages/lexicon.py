"""A lexicon of sentiment: words and how good or bad they are, in a text file of a user.

Each line holds a word, a tab, and its value from -4 (worst) to 4 (best), as in the lexicon of
VADER; what follows another tab is not read, nor is a line that begins with ``#``. An entry
without a letter or digit, such as ``:-)``, is found in no text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import cache, cached_property

from econsim_mesa.text import WORD, folded

LEXICON = "lexicon.txt"
"""Name of the file in a folder of prompts."""
_HIGHEST = 4.0
_NORMAL = 15.0
"""Brings a sum of values between -1 and 1, as VADER does (Hutto and Gilbert 2014)."""
_WORD = re.compile(WORD)
_MOST_PROBLEMS = 3


class Lexicon:
    r"""Scores texts by the words that they hold, in any script.

    >>> lexicon = Lexicon("good\t1.9\nnot good\t-1.5\n\u7f8e\u5473\u3057\u3044\t2.5")
    >>> round(lexicon.score("Good!"), 3), round(lexicon.score("It is not good."), 3)
    (0.44, -0.361)
    >>> lexicon.score("\u30d4\u30b6\u304c\u7f8e\u5473\u3057\u3044") > 0
    True
    """

    def __init__(self, text: str) -> None:
        """Take the text of a lexicon, which ``lexicon_problems`` has passed."""
        self._text = text

    @cached_property
    def _values(self) -> dict[tuple[str, ...], float]:
        values = {tuple(_words(word)): float(value) for _, word, value in _lines(self._text)}
        values.pop((), None)
        return values

    @cached_property
    def _longest(self) -> int:
        return max(map(len, self._values), default=0)

    def score(self, text: str) -> float:
        """Return the sentiment of a text, -1 to 1: s / sqrt(s^2 + 15), s the sum of its values.

        The longest entry counts where several begin at one word. In scripts without spaces each
        character is a word. What turns a meaning round, such as *not*, is known only where an
        entry says it.
        """
        words, total, i = _words(text), 0.0, 0
        while i < len(words):
            length = min(self._longest, len(words) - i)
            while length and tuple(words[i : i + length]) not in self._values:
                length -= 1
            total += self._values[tuple(words[i : i + length])] if length else 0.0
            i += max(length, 1)
        return total / math.sqrt(total * total + _NORMAL)


@cache
def load_lexicon(text: str) -> Lexicon:
    """Return the lexicon of a text; it is read once a process."""
    return Lexicon(text)


def lexicon_problems(text: str) -> Iterator[str]:
    """Yield what is wrong with the text of a lexicon: the first few lines."""
    wrong = [found for line in _lines(text) if (found := _fault(*line))]
    yield from wrong[:_MOST_PROBLEMS]
    if len(wrong) > _MOST_PROBLEMS:
        yield f"and {len(wrong) - _MOST_PROBLEMS:,} more lines"


def _lines(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield the number of each line that says something, its word and its value."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            word, _, rest = line.partition("\t")
            yield number, word, rest.partition("\t")[0].strip()


def _fault(number: int, word: str, value: str) -> str:
    if not word.strip():
        return f"line {number}: there is no word before the tab"
    try:
        is_value = abs(float(value)) <= _HIGHEST
    except ValueError:
        is_value = False
    wanted = "a word, a tab and a value from -4 to 4"
    return "" if is_value else f"line {number}: must be {wanted}; found {value!r} after {word!r}"


def _words(text: str) -> list[str]:
    return _WORD.findall(folded(text))
