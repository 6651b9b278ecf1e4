"""Which of a server's counts of tokens can be true; what others say of a call's use is unknown."""

from __future__ import annotations

from typing import Protocol

CHARACTERS_A_TOKEN = 7
"""Of prose, more than a token has in any vocabulary: 4 to 5 in English, fewer in other languages
(in Chinese, Japanese and Korean about one), up to 6.5 where tokens join words."""
_BYTES_A_CHARACTER = 4
_OF_A_SERVER = 16_384
"""Tokens that a server may add to a prompt: a template, the schema, a preamble of its own."""
_LONGEST_REPLY = 1_000_000
"""Tokens; no model writes as much in a reply."""


class Counted(Protocol):
    """A call with the tokens that the server counted; None: not said, or no number."""

    @property
    def input_tokens(self) -> int | None:
        """Tokens of the prompt, cached ones among them."""

    @property
    def output_tokens(self) -> int | None:
        """Tokens of the reply, its reasoning among them."""

    @property
    def cached_tokens(self) -> int | None:
        """Tokens of the prompt that were cached."""


def fewest_tokens(characters: int) -> int:
    """Return a number of tokens below which no text of so many characters can be."""
    return -(-characters // CHARACTERS_A_TOKEN)


def is_plausible(counted: Counted, characters: int, reply: str | None) -> bool:
    """Whether the counts can be true of a prompt of so many characters, and of its reply."""
    prompt, output, cached = counted.input_tokens, counted.output_tokens, counted.cached_tokens
    if prompt is None or output is None:
        return False
    written = len("".join((reply or "").split()))  # a token may hold many blanks
    most = _BYTES_A_CHARACTER * characters + _OF_A_SERVER
    return (
        (cached or 0) <= prompt
        and fewest_tokens(characters) <= prompt <= most
        and fewest_tokens(written) <= output <= _LONGEST_REPLY
    )


def is_short(counted: Counted, characters: int) -> bool:
    """Whether far fewer tokens were counted than a prompt of so many characters has.

    The cached ones are added where they are not among them.
    """
    prompt, cached = counted.input_tokens or 0, counted.cached_tokens or 0
    seen = prompt + cached if cached > prompt else prompt
    return 0 < seen < fewest_tokens(characters)
