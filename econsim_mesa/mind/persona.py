"""Personas: traits with integer levels, written into a prompt as short words.

Levels are drawn when the town is built, or come from a table with one row a household. Names
and texts are other people's text: a prompt treats them as data. The scenario has checked the
table, and refuses one without its source, consent and licence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from econsim_mesa.errors import BadInput
from econsim_mesa.languages import ENGLISH, Language
from econsim_mesa.read_only import read_only
from econsim_mesa.society.rng import Floats, Integers, index_below

if TYPE_CHECKING:
    from econsim_mesa.scenario.actors import PersonaSpec
    from econsim_mesa.scenario.llm import TraitWords

_WORDS = {
    2: ("low", "high"),
    3: ("low", "medium", "high"),
    4: ("very low", "low", "high", "very high"),
    5: ("very low", "low", "medium", "high", "very high"),
}
_AMOUNTS = {
    2: ("little", "much"),
    3: ("little", "some", "much"),
    4: ("very little", "little", "much", "very much"),
    5: ("very little", "little", "some", "much", "very much"),
}


@dataclass(frozen=True, slots=True)
class Personas:
    """The personas of all households, in the order of the dense index.

    ``levels`` has shape (n, traits) with values 0 .. level_count - 1, read-only; ``names`` are
    displayed names and ``texts`` free descriptions, "" where there is none.
    """

    traits: tuple[str, ...]
    level_count: int
    levels: Integers
    names: tuple[str, ...]
    texts: tuple[str, ...]

    @classmethod
    def of(cls, spec: PersonaSpec | None, n: int, uniforms: Floats) -> Personas:
        """Make the personas of ``n`` households from uniforms of shape (n, traits).

        A cell of the table stands before a name or text of the list and before what was drawn;
        an empty cell says nothing. Without ``spec`` nobody has a persona. Raises ``BadInput``
        for uniforms of another shape.
        """
        traits = () if spec is None else spec.traits
        if uniforms.shape != (n, len(traits)):
            raise BadInput(
                f"personas of {n} households with {len(traits)} traits need uniforms of shape "
                f"{(n, len(traits))}, got {uniforms.shape}"
            )
        if spec is None:
            levels = read_only(np.zeros((n, 0), dtype=np.int64))
            return cls((), 0, levels, ("",) * n, ("",) * n)
        levels = index_below(uniforms, spec.levels)
        rows = () if spec.table is None else spec.table.rows
        for i, row in enumerate(rows[:n]):
            for k, trait in enumerate(traits):
                if cell := _cell(row, trait):
                    levels[i, k] = int(cell)
        names, texts = (
            tuple(_told(rows, column, listed, i) for i in range(n))
            for column, listed in (("name", spec.names), ("text", spec.texts))
        )
        return cls(traits, spec.levels, read_only(levels), names, texts)

    def facts(self, i: int) -> dict[str, str | dict[str, int]]:
        """Return the name, text and traits of household ``i``, without those that it has not."""
        traits = dict(zip(self.traits, self.levels[i].tolist(), strict=True))
        facts: dict[str, str | dict[str, int]] = {"name": self.names[i], "text": self.texts[i]}
        return {key: fact for key, fact in (facts | {"traits": traits}).items() if fact}

    def words(self, i: int, wording: TraitWords = "words", language: Language = ENGLISH) -> str:
        """Return household ``i`` in words: displayed name, traits, free text; "" if none.

        Such as ``Aiko; low openness, high extraversion; Likes tea.``
        """
        traits = self.trait_words(i, wording, language)
        return language.joined(filter(None, (self.names[i], traits, self.texts[i])))

    def trait_words(
        self, i: int, wording: TraitWords = "words", language: Language = ENGLISH
    ) -> str:
        """Return the traits of household ``i``, such as ``low openness, high extraversion``.

        With ``numbers`` such as ``openness 1 of 3``, with ``sentences`` such as ``you have little
        openness``.
        """
        count = self.level_count
        traits = [
            _trait(language.say(trait), level, count, wording, language)
            for trait, level in zip(self.traits, self.levels[i].tolist(), strict=True)
        ]
        if wording != "sentences" or not traits:
            return language.listed(traits)
        most, last = language.listed(traits[:-1]), traits[-1]
        return language.say(
            "you have {traits}", traits=language.say(" and ").join([most, last] if most else [last])
        )


def level_words(level: int, level_count: int, language: Language = ENGLISH) -> str:
    """Return a level in short words that stand before the name of a trait.

    >>> [level_words(level, 4) for level in range(4)]
    ['very low', 'low', 'high', 'very high']
    >>> level_words(5, 7)
    '5 of 6 in'
    """
    words = _WORDS.get(level_count)
    if words:
        return language.say(words[level])
    return language.say("{level} of {highest} in", level=level, highest=level_count - 1)


def _trait(trait: str, level: int, count: int, wording: TraitWords, language: Language) -> str:
    if wording == "numbers":
        text = "{trait} {level} of {highest}"
        return language.say(text, trait=trait, level=level, highest=count - 1)
    amounts = _AMOUNTS.get(count) if wording == "sentences" else None
    words = language.say(amounts[level]) if amounts else level_words(level, count, language)
    return language.say("{level} {trait}", level=words, trait=trait)


def _cell(row: Mapping[str, str], column: str) -> str:
    return (row.get(column) or "").strip()


def _told(rows: tuple[dict[str, str], ...], column: str, listed: tuple[str, ...], i: int) -> str:
    """Return the name or text of household ``i``: from the table, else from the list, else ""."""
    cell = _cell(rows[i], column) if i < len(rows) else ""
    return cell or (listed[i].strip() if i < len(listed) else "")
