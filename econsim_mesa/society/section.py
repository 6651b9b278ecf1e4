"""A section: what a domain shows an agent, and what it needs to say that in lines of a prompt."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from econsim_mesa.scenario.llm import Listing
from econsim_mesa.society.wording import Wording

T = TypeVar("T")


@dataclass(frozen=True)
class Section:
    """What a domain shows an agent; a subclass has the facts as fields."""

    def lines(self, listing: Listing, wording: Wording) -> Iterable[str]:
        """Return it as lines of a prompt, each with a label such as ``[library]``.

        Args:
            listing: The order in which a line names options; ``listed`` brings them into it.
            wording: How the town counts goods, money and time.
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
