"""Prefix-cache accounting: how much of a prompt a real server would not compute again.

Tokens are counted as a quarter of the characters. A prompt's whole blocks from its beginning
are cached, each together with all before it; the least recently used are forgotten first.
"""

from __future__ import annotations

from collections import OrderedDict

CHARACTERS = 4
"""Characters of a token."""


def tokens_of(text: str) -> int:
    """Return how many tokens a text counts.

    >>> tokens_of(""), tokens_of("abcd"), tokens_of("abcde")
    (0, 1, 2)
    """
    return -(-len(text) // CHARACTERS)


class PrefixCache:
    """Remembers the blocks of prompts: ``block`` tokens each (0: no cache), ``size`` tokens.

    Prompts with fewer than ``least`` tokens are not cached.
    """

    def __init__(self, block: int, size: int, least: int = 0) -> None:
        self._width, self._block, self._least = block * CHARACTERS, block, least
        self._blocks = size // block if block else 0
        self._known: OrderedDict[int, None] = OrderedDict()

    def account(self, prompt: str) -> int:
        """Return the tokens of a prompt that are cached, and remember it.

        At least the last token is always computed.
        """
        tokens = tokens_of(prompt)
        if not self._blocks or tokens < self._least:
            return 0
        known, width, chain, found, hit = self._known, self._width, 0, 0, True
        for start in range(0, len(prompt) - width + 1, width):
            chain = hash((chain, prompt[start : start + width]))
            if chain in known:
                known.move_to_end(chain)
                found += hit
            else:
                known[chain] = None
                hit = False
        while len(known) > self._blocks:
            known.popitem(last=False)
        cached = found * self._block
        return cached - self._block if cached >= tokens else cached
