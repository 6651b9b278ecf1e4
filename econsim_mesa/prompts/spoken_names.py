"""Names as agents write them: which name of the town is meant, where only one can be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Self

from econsim_mesa.scenario.naming import Names, scripted_accounts
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.action import Thing
from econsim_mesa.society.wording import Wording
from econsim_mesa.text import folded, words

_CELL = re.compile(
    r"(?:cell\s*)?[(\[{]?\s*(?:x\s*=?\s*)?(\d{1,5})\s*[,;]\s*(?:y\s*=?\s*)?(\d{1,5})\s*[)\]}]?"
)
_BEHIND = re.compile(r"\s*(?:[:(\[]|\bat\s*\d{1,5}\s*,).*", re.DOTALL)
"""What a prompt shows behind a name, such as ``: 6 cells away``, ``(1,1)`` or ``at 1,1``."""
_BEFORE = frozenset(("the", "to", "at", "go", "my", "your", "our", "own"))
"""Words before a name that are no part of it."""
_HOMES = frozenset(("home", "house"))


class SpokenNames:
    """The names of a town, by what they are names of.

    A name is meant by a text that is it, or that differs from it, and from no other one, in
    case, spaces, quotes, dashes and a plural only; words such as *the* or *to* may stand before it,
    and behind it what a prompt shows there.
    """

    def __init__(self, names: Mapping[Thing, Iterable[str]], home: str = "home") -> None:
        """Take the names of everything, and what one's home is called in the town's language."""
        self._home = _words(home)
        self._names = {thing: frozenset(some) for thing, some in names.items()}
        self._by_words: dict[Thing, Mapping[tuple[str, ...], str]] = {}

    @classmethod
    def of(cls, scenario: Scenario) -> Self:
        """Return the names of a scenario's town."""
        names = Names.of(scenario)
        agents = scenario.domain_agents().values()
        places = [agent.name for some in agents for agent in some if agent.at is not None]
        accounts = (*names.accounts, *scripted_accounts(scenario, names), *names.households)
        return cls(
            {
                "item": names.items,
                "commodity": (scenario.currency.name, *names.items),
                "store": names.stores,
                "household": names.households,
                "account": accounts,
                "place": ("home", *names.stores, *places),
                "id": (),
            },
            Wording.of(scenario).say("home"),
        )

    def meant(self, thing: Thing, text: str) -> str:
        """Return the name of a thing that a text means; the text itself, if that is not clear.

        >>> names = SpokenNames({"place": ["home", "Pizza Place"], "item": ["Soda"]})
        >>> names.meant("place", "the pizza-place"), names.meant("place", "my house")
        ('Pizza Place', 'home')
        >>> names.meant("place", "(3, 4)"), names.meant("item", "Cola")
        ('3,4', 'Cola')
        >>> names.meant("place", "Pizza Place: 6 cells away"), names.meant("item", "Soda (50 left)")
        ('Pizza Place', 'Soda')
        """
        if text in self._names[thing]:
            return text
        name = self._name(thing, text)
        if name is None and thing == "place":
            name = self._place(text)
        if name is None:
            name = self._name(thing, _BEHIND.sub("", text))
        return text if name is None else name

    def _name(self, thing: Thing, text: str) -> str | None:
        if thing not in self._by_words:
            self._by_words[thing] = _by_words(self._names[thing])
        spelled, meant = _words(text), self._by_words[thing]
        while spelled:
            if tuple(spelled) in meant:
                return meant[tuple(spelled)]
            near = {meant[form] for form in _forms(spelled) if form in meant}
            if len(near) == 1:
                return near.pop()
            if spelled[0] not in _BEFORE:
                break
            del spelled[0]
        return None

    def _place(self, text: str) -> str | None:
        """Return a cell, or one's home in words."""
        cell = _CELL.fullmatch(folded(text).strip(" \t\n\"'."))
        if cell is not None:
            return f"{int(cell[1])},{int(cell[2])}"
        spelled = _words(text)
        is_home = _HOMES.intersection(spelled[-1:]) and _BEFORE.issuperset(spelled[:-1])
        return "home" if is_home or spelled == self._home else None


def _words(text: str) -> list[str]:
    return words(text.replace("_", " "))


def _forms(spelled: list[str]) -> set[tuple[str, ...]]:
    """Return the words of the plurals and singulars of a name."""
    *head, tail = spelled
    ends = (f"{tail}s", f"{tail}es", tail.removesuffix("s"), tail.removesuffix("es"))
    return {(*head, end) for end in ends if end}


def _by_words(names: Iterable[str]) -> dict[tuple[str, ...], str]:
    """Return names by their words; those that their words do not tell apart are left out."""
    by_words: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        by_words.setdefault(tuple(_words(name)), []).append(name)
    return {spelled: same[0] for spelled, same in by_words.items() if spelled and len(same) == 1}


NO_NAMES = SpokenNames({})
"""Where nothing has a name."""
