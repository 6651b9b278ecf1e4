"""The order in which a prompt lists options: a model may favour what stands first, or last."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

from econsim_mesa.scenario.llm import Listing

_BULLETS = re.compile(r"(?:^- .*(?:\n|\Z))+", re.MULTILINE)
by_item: Callable[[Any], str] = attrgetter("item")
by_name: Callable[[Any], str] = attrgetter("name")


def listed(options: Iterable[Any], how: Listing, name: Callable[[Any], str] = str) -> list[Any]:
    """Return options in the order in which they are listed; ``name`` is what ABC looks at.

    >>> listed(["Soda", "Pizza", "Rice"], "reversed"), listed(["b", "C", "a"], "alphabetical")
    (['Rice', 'Pizza', 'Soda'], ['a', 'b', 'C'])
    """
    found = list(options)
    if how == "reversed":
        return found[::-1]
    return sorted(found, key=lambda one: name(one).casefold()) if how == "alphabetical" else found


def list_lines(text: str, how: Listing) -> str:
    r"""Return a text whose lists, lines that begin with "- ", are in that order.

    >>> list_lines("Stores:\n- B\n- A\nThat is all.\n- C", "alphabetical")
    'Stores:\n- A\n- B\nThat is all.\n- C'
    """

    def ordered(found: re.Match[str]) -> str:
        end = "\n" if found[0].endswith("\n") else ""
        return "\n".join(listed(found[0].removesuffix("\n").split("\n"), how)) + end

    return _BULLETS.sub(ordered, text)
