"""JSON as language models write it: read where it can mean one thing only, else refused.

Beyond JSON it takes what leaves no doubt: control characters in texts, a comma after the last
entry, comments, single and typographic quotation marks, keys without any, full-width punctuation,
the words of Python and JavaScript (``True``, ``None``, ``undefined``), zeros before a number.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from typing import Any, NoReturn

from pydantic import JsonValue

_DEEPEST = 100
_BLANK = re.compile(r"(?:[\s\ufeff\u200b]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_WORD = re.compile(r"[^\W\d][\w-]*")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?")
_WORDS = {"true": True, "false": False, "null": None, "none": None, "undefined": None}
_END_OF_TEXT = {
    opening: re.compile(f"[{closing}\\\\]")
    for opening, closing in {'"': '"', "'": "'", "\u201c": "\u201d", "\u2018": "\u2019"}.items()
}
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_HEX = re.compile(r"[0-9a-fA-F]{4}")


class NotJson(ValueError):
    """A text is not JSON, or can be read in two ways; the message says why."""


def read_exactly(text: str) -> Any:
    """Return what a text says that is JSON and nothing else.

    Raises ``NotJson``; also where a key stands twice in one object, for half a character, and for
    what is nested too deeply.
    """
    try:
        value = json.loads(text, object_pairs_hook=_each_once, parse_constant=_no_constant)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)[:120]) from None
    _refuse_depth(value)
    return value


def read_loosely(text: str, start: int) -> tuple[JsonValue, int]:
    """Return the value that begins at a place of a text, and where it ends. Raises ``NotJson``."""
    reader = _Reader(text, start)
    return reader.value(0), reader.at


def same(one: JsonValue, other: JsonValue) -> bool:
    """Whether two values are equal as JSON: 1 is neither 1.0 nor true."""
    return one is other or json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _each_once(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key stands twice")
    return made


def _refuse_depth(value: Any) -> None:
    """Raise ``NotJson`` for a value within too many others: Pythons bear more or fewer."""
    level, depth = [value], 0
    while level:
        if depth > _DEEPEST:
            raise NotJson("it is nested too deeply")
        inside: list[Any] = []
        for each in level:
            if isinstance(each, dict | list):
                inside += each.values() if isinstance(each, dict) else each
        level, depth = inside, depth + 1


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no value")


class _Reader:
    """Reads one value after the other from a place in a text on."""

    def __init__(self, text: str, at: int) -> None:
        self.text, self.at = text, at

    def value(self, depth: int) -> JsonValue:
        """Read a value of any type."""
        if depth > _DEEPEST:
            raise NotJson("it is nested too deeply")
        match self._next():
            case "{":
                return self._object(depth)
            case "[":
                return self._list(depth)
            case mark if mark in _END_OF_TEXT:
                return self._quoted()
            case _:
                return self._bare()

    def _object(self, depth: int) -> dict[str, JsonValue]:
        self.at += 1
        made: dict[str, JsonValue] = {}
        while self._next() != "}":
            key = self._key()
            self._take(":", f"a colon after the key {key[:40]!r}")
            value = self.value(depth + 1)
            if not same(made.setdefault(key, value), value):
                raise NotJson(f"the key {key[:40]!r} stands twice, with different values")
            self._separate("}")
        self.at += 1
        return made

    def _list(self, depth: int) -> list[JsonValue]:
        self.at += 1
        made: list[JsonValue] = []
        while self._next() != "]":
            made.append(self.value(depth + 1))
            self._separate("]")
        self.at += 1
        return made

    def _key(self) -> str:
        if self._next() in _END_OF_TEXT:
            return self._quoted()
        word = _WORD.match(self.text, self.at)
        if word is None:
            self._fail("a key")
        self.at = word.end()
        return word[0]

    def _bare(self) -> JsonValue:
        """Read a number, or a word that stands for a value."""
        if number := _NUMBER.match(self.text, self.at):
            self.at = number.end()
            return self._number(number[0])
        word = _WORD.match(self.text, self.at)
        if word is None or word[0].casefold() not in _WORDS:
            self._fail("a value")
        self.at = word.end()
        return _WORDS[word[0].casefold()]

    def _number(self, digits: str) -> int | float:
        try:
            number = float(digits) if re.search("[.eE]", digits) else int(digits)
        except ValueError:
            raise NotJson("a number has too many digits") from None
        if not math.isfinite(number):
            raise NotJson("a number is too large")
        return number

    def _quoted(self) -> str:
        end, made = _END_OF_TEXT[self._here()], list[str]()
        self.at += 1
        while stop := end.search(self.text, self.at):
            made.append(self.text[self.at : stop.start()])
            self.at = stop.end()
            if stop[0] != "\\":
                return _whole_characters("".join(made))
            made.append(self._escaped())
        raise NotJson("a text in it does not end")

    def _escaped(self) -> str:
        """Read what follows a backslash; before a mark that needs none it says nothing."""
        mark = self._here()
        self.at += 1
        if mark in _ESCAPED:
            return _ESCAPED[mark]
        if mark == "u" and (code := _HEX.match(self.text, self.at)):
            self.at = code.end()
            return chr(int(code[0], 16))
        if mark.isalnum() or not mark:
            raise NotJson(f"\\{mark} stands for nothing")
        return mark

    def _separate(self, end: str) -> None:
        """Go behind a comma, unless the end has come."""
        if self._next() != end:
            self._take(",", f"a comma or {end}")

    def _take(self, mark: str, wanted: str) -> None:
        if self._next() != mark:
            self._fail(wanted)
        self.at += 1

    def _next(self) -> str:
        """Go to what comes next; return it, punctuation in its usual width."""
        blank = _BLANK.match(self.text, self.at)
        self.at = blank.end() if blank else self.at
        return unicodedata.normalize("NFKC", self._here())

    def _here(self) -> str:
        return self.text[self.at : self.at + 1]

    def _fail(self, wanted: str) -> NoReturn:
        rest = self.text[self.at : self.at + 20]
        where = f"before {rest!r}" if rest else "at the end"
        raise NotJson(f"{wanted} is missing {where}")


def _whole_characters(text: str) -> str:
    """Put pairs of halves of a character together; alone, one becomes a question mark."""
    if not any("\ud800" <= char <= "\udfff" for char in text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\ufffd", "?")
