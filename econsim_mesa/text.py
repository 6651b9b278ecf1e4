"""Text in any script: which spellings are the same, and where a word begins and ends."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby

# Scripts that set no space between words or, in Korean, none before a particle: Thai, Lao,
# Tibetan, Burmese, Khmer, Tai, Javanese, Balinese, Han, kana, bopomofo, Yi, hangul, Tangut.
_UNSPACED = (
    "\u0e00-\u109f\u1100-\u11ff\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aaf\u1b00-\u1b7f"
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u302f\u3031-\u303c\u3040-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua9ff\uaa60-\uaadf\uac00-\ud7ff\uf900-\ufaff"
    "\U00016fe0-\U0001b2ff\U00020000-\U0003ffff"
)
_COMPATIBLE = ("<wide>", "<narrow>", "<font>", "<initial>", "<medial>", "<final>", "<isolated>")
"""Characters that are another one, only full-width, half-width, bold or in a joined form."""
_SAME = {
    **dict.fromkeys(map(ord, "\u2018\u2019\u02bc"), "'"),
    **dict.fromkeys(map(ord, "\u2010\u2011"), "-"),
    **dict.fromkeys((0xAD, 0x2060, 0xFEFF, *range(0xFE00, 0xFE10)), None),
}
"""Apostrophes; hyphens; what only says how or where not to break: soft hyphens, variants."""
_SHOWS_NOTHING = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and a symbol that are blank."""


def _class(characters: Iterable[str]) -> str:
    """Return the class of a regular expression that holds characters, given in order."""
    runs = groupby(enumerate(map(ord, characters)), lambda pair: pair[1] - pair[0])
    spans = ([code for _, code in run] for _, run in runs)
    return "[" + "".join(f"{chr(span[0])}-{chr(span[-1])}" for span in spans) + "]"


_MARKS = [c for c in map(chr, range(0x300, 0x1F000)) if unicodedata.category(c)[0] == "M"]
_MARK = _class(_MARKS)
_SPACED_MARK = _class(c for c in _MARKS if not re.match(f"[{_UNSPACED}]", c))
_LETTER = rf"[^\W{_UNSPACED}]"
"""A letter, digit or underscore of a script with spaces between words."""
_JOINER = "\u200d"
WORD = rf"(?:{_LETTER}|{_SPACED_MARK})+|[{_UNSPACED}]{_MARK}*"
"""A regular expression of a word; in scripts without spaces, of one character."""
_WORD = re.compile(WORD)


def folded(text: str, *, dotless: bool = False) -> str:
    """Return a text in the spelling in which texts are compared: case folded, letters composed.

    Full-width, half-width and mathematical letters are the plain ones, all apostrophes one. A
    Turkish capital I with a dot is an i; ``dotless``: one without is the letter without a dot.

    >>> folded("PIZZA"), folded("\uff30\uff49\uff5a\uff5a\uff41"), folded("Stra\u00dfe")
    ('pizza', 'pizza', 'strasse')
    """
    if text.isascii() and not dotless:
        return text.lower()
    plain = "".join(map(_plain, text)).translate(_SAME)
    plain = plain.replace("I", "\u0131") if dotless else plain
    low = unicodedata.normalize("NFD", plain).casefold().replace("i\u0307", "i")
    return unicodedata.normalize("NFC", low)


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    if unicodedata.decomposition(character).startswith(_COMPATIBLE):
        return unicodedata.normalize("NFKC", character)
    return character


def words(text: str) -> list[str]:
    """Return the words of a text, folded; in scripts without spaces, each character.

    >>> words("Pizza, please!"), words("pizza\u3092")
    (['pizza', 'please'], ['pizza', '\u3092'])
    """
    return _WORD.findall(folded(text))


def standing_alone(word: str, *, plural: str = "") -> str:
    """Return a regular expression that finds a folded word in folded text, not within another.

    Where the word begins or ends with a letter of a script with spaces, no such letter stands
    beside it. In scripts without them, and at symbols, it may stand beside anything but what
    would make its last character another one. ``plural`` may follow a letter.
    """
    letter = re.compile(f"{_LETTER}|{_SPACED_MARK}")
    before = rf"(?<!{_LETTER})(?<!{_SPACED_MARK})" if letter.match(word[:1]) else ""
    after = f"(?:{plural})?(?!{_LETTER})" if letter.match(word[-1:]) else ""
    return rf"(?<!{_JOINER}){before}{re.escape(word)}{after}(?!{_MARK})(?!{_JOINER})"


def appearance(name: str) -> str:
    """Return what a name looks like: two names with the same cannot be told apart.

    >>> appearance("Pizza  Place") == appearance("\uff30izza\u200b place ")
    True
    """
    if name.isascii():
        return " ".join(name.lower().split())
    shown = (c for c in unicodedata.normalize("NFKC", name) if _shows(c) or c.isspace())
    return " ".join(folded("".join(shown)).split())


def is_visible(name: str) -> bool:
    """Whether a name shows anything: a letter, digit, punctuation mark or symbol.

    >>> is_visible("A"), is_visible(" "), is_visible("\u200b\u3164")
    (True, False, False)
    """
    return any(_shows(c) and unicodedata.category(c)[0] != "M" for c in name)


def _shows(character: str) -> bool:
    return unicodedata.category(character)[0] in "LMNPS" and character not in _SHOWS_NOTHING


def replace_surrogates(text: str) -> str:
    """Return text with a question mark for each half of a character, as UTF-8 can hold it."""
    return text.encode("utf-8", "replace").decode("utf-8")
