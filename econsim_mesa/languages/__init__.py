"""Languages: what prompts and posts say, in folders of templates and labels.

A language is a folder here. ``labels.json`` holds, for each text of the program, how the language
says it; each folder beside it is a style, with a template for each kind of prompt. English has no
labels: it is what stands in the code, in calls of ``say``.

Notation is the same in all languages: the tags of lines (``[place]``), the keys of replies, the
names of the town, numbers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any

from econsim_mesa.errors import BadInput, UnknownName, hint

LABELS = "labels.json"
"""Name of the file with the labels of a language, or those of a user in their place."""
PARTS = ("household", "store", "summary", "ask", "words")
"""What a style has a template for; the files are called ``household.md`` and so on."""


@dataclass(frozen=True, eq=False)
class Language:
    """How a language says the texts of the program."""

    name: str
    """Its name, that of its folder."""
    _labels: Mapping[str, str]
    """English texts, with ``{names}`` to fill in -> what stands in their place."""

    def say(self, text: str, /, **values: object) -> str:
        """Return a text of the program in this language, with values in place of its ``{names}``.

        A text that the language has no label for stands as it is.

        >>> Language("de", {"at {store}": "bei {store}"}).say("at {store}", store="Cafe")
        'bei Cafe'
        """
        said = self._labels.get(text, text)
        return said.format_map(values) if values else said

    def counted(self, number: float, thing: str, things: str | None = None) -> str:
        """Return a number of things in words; ``things`` is the plural, if it is no ``thing`` + s.

        >>> Language("ja", {"{number} steps": "{number}ステップ"}).counted(1200, "step")
        '1,200ステップ'
        """
        shown = f"{number:,}" if isinstance(number, int) else f"{number:g}"
        many = thing if number == 1 else things or f"{thing}s"
        return self.say(f"{{number}} {many}", number=shown)

    def listed(self, parts: Iterable[str]) -> str:
        """Return texts as a list, with commas between."""
        return self.say(", ").join(parts)

    def enumerated(self, parts: Sequence[str]) -> str:
        """Return texts as a list in a sentence, with *and* before the last.

        >>> ENGLISH.enumerated(["Monday", "Friday", "Sunday"]), ENGLISH.enumerated(["Monday"])
        ('Monday, Friday and Sunday', 'Monday')
        """
        *first, last = parts
        return self.say(" and ").join([self.listed(first), last] if first else [last])

    def joined(self, parts: Iterable[str]) -> str:
        """Return clauses one after the other, with semicolons between."""
        return self.say("; ").join(parts)


ENGLISH = Language("en", {})


def language_names() -> list[str]:
    """Return the names of the languages that ship with the package."""
    folders = files(__name__).iterdir()
    return sorted(folder.name for folder in folders if folder.joinpath("default").is_dir())


def styles(language: str) -> list[str]:
    """Return the names of the styles in which a language has templates."""
    folders = files(__name__).joinpath(language).iterdir()
    return sorted(folder.name for folder in folders if folder.is_dir())


@cache
def template_text(language: str, style: str, part: str) -> str:
    """Return the template of a part in a language and style. Raises ``UnknownName``."""
    if style not in styles(language):
        raise UnknownName(f"prompt template in the language {language!r}:", style, styles(language))
    path = files(__name__).joinpath(language, style, f"{part}.md")
    return path.read_text(encoding="utf-8")


@cache
def load_language(name: str, own_labels: str = "") -> Language:
    """Return a language, with labels of a user in place of some of its own.

    Args:
        name: Name of a language that ships with the package.
        own_labels: The text of the user's ``labels.json``, which ``label_problems`` has passed.

    Raises:
        UnknownName: There is no such language.
    """
    if name not in language_names():
        raise UnknownName("language", name, language_names())
    if name == ENGLISH.name and not own_labels:
        return ENGLISH
    own = dict(_labels(json.loads(own_labels))) if own_labels else {}
    return Language(name, {**_shipped_labels(name), **own})


@cache
def _shipped_labels(name: str) -> dict[str, str]:
    path = files(__name__).joinpath(name, LABELS)
    return dict(_labels(json.loads(path.read_text(encoding="utf-8")))) if path.is_file() else {}


def _labels(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield labels, out of the groups in which they stand."""
    for text, said in data.items():
        if isinstance(said, Mapping):
            yield from _labels(said)
        else:
            yield text, said


def known_texts() -> list[str]:
    """Return the texts of the program that have labels: those that another language has."""
    return list(_shipped_labels("ja"))


def labels_of(language: Language) -> dict[str, str]:
    """Return all texts of the program that have labels, and what stands in their place."""
    return {text: language.say(text) for text in known_texts()}


def label_problems(data: object, *, recorded: bool = False) -> Iterator[str]:
    """Yield what is wrong with the labels of a user, read from JSON.

    ``recorded``: a run has used them. Then it is no problem that the program has other texts now.
    """
    if not isinstance(data, Mapping):
        yield 'must be an object {"text of the program": "text of your own"}'
        return
    known = set(known_texts())
    for text, said in _labels(data):
        if not isinstance(said, str):
            yield f"{text!r}: must be a text; found {said!r}"
        elif not (said or recorded):
            yield f"{text!r}: is empty, and something must stand there"
        elif text not in known and not recorded:
            yield f"the program says nothing like {text!r}; {hint(text, sorted(known))}"
        else:
            try:
                unknown = sorted(_names_in(said) - _names_in(text))
            except BadInput as error:
                yield str(error)
                continue
            names = ", ".join(f"{{{name}}}" for name in sorted(_names_in(text))) or "nothing"
            for name in unknown:
                yield f"{text!r}: nothing fills in {{{name}}}; it may hold {names}"


def _names_in(text: str) -> set[str]:
    """Return what a label has filled in, with anything but plain names as it is written."""
    try:
        fields = list(Formatter().parse(text))
    except ValueError as error:
        raise BadInput(f"{text!r}: {error}") from None
    return {
        f"{name}{'!' if conversion else ''}{conversion or ''}{':' if spec else ''}{spec or ''}"
        for _, name, spec, conversion in fields
        if name is not None
    }
