"""A section: what a domain shows an agent, and what it needs to say that in lines of a prompt."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from econsim_mesa.quoting import quoted
from econsim_mesa.scenario.llm import Listing

_PLAIN = re.compile(r"[^\W\d_][\w'&-]*(?: (?:&|[^\W\d_][\w'&-]*))*|\d+,\d+")
_WORDS = ("none", "nobody", "bought", "could", "met")
T = TypeVar("T")


@dataclass(frozen=True)
class Section:
    """What a domain shows an agent; a subclass has the facts as fields."""

    def lines(self, listing: Listing) -> Iterable[str]:
        """Return it as lines of a prompt, each with a label such as ``[library]``.

        Args:
            listing: The order in which a line names options; ``listed`` brings them into it.
        """
        return ()


def listed(options: Iterable[T], listing: Listing, name: Callable[[T], str] = str) -> list[T]:
    """Return options in the order in which they are listed; ``name`` is what ABC looks at.

    A model may favour what stands first, or last.

    >>> listed(["Soda", "Pizza", "Rice"], "reversed"), listed(["b", "C", "a"], "alphabetical")
    (['Rice', 'Pizza', 'Soda'], ['a', 'b', 'C'])
    """
    if listing == "alphabetical":
        return sorted(options, key=lambda option: name(option).casefold())
    return list(options)[::-1] if listing == "reversed" else list(options)


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
