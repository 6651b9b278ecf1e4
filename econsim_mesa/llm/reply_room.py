"""How long replies may be: more for a model that reasons, less where a server has no more room."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from econsim_mesa.llm.messages import ChatReply

if TYPE_CHECKING:
    from econsim_mesa.scenario.llm import LlmSpec

_FULL = 0.9
"""Share of the most tokens from which on a reply that was cut has reached them: counts differ."""
_SAID_MOST = re.compile(
    r"max(imum)?_?(completion_|output_?|new_)?tokens|completion tokens|output tokens", re.IGNORECASE
)
_ROOM = re.compile(
    r"context length (?:is|of) (\d+).*?(?:(\d+) (?:in|of|from) the (?:input )?(?:messages|prompt)"
    r"|(?:request has|prompt contains(?: at least)?) (\d+) (?:input )?tokens)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<![\w.-])\d{2,9}(?![\w-]|\.\d)")


class ReplyRoom:
    """The most tokens of a reply that a server is asked for.

    ``tokens`` is that number now. It grows once a reply was cut while the model reasoned, and
    shrinks where the server says that it has less.
    """

    def __init__(self, spec: LlmSpec) -> None:
        self.tokens = self._least = spec.max_output_tokens
        self._most = spec.most_output_tokens

    def widen(self, used: int) -> bool:
        """Allow longer replies where one was cut at ``used`` tokens; whether there is more room."""
        if self.tokens <= used:
            self.tokens = max(self.tokens, self._most)
        return self.tokens > used

    def narrow(self, used: int, room: int) -> bool:
        """Allow no longer replies than a server has room for; whether it is less than ``used``."""
        if self.tokens >= used:
            self.tokens = self._most = max(room, self._least)
        return self.tokens < used

    def resume(self, tokens: int) -> None:
        """Allow replies as long as an earlier part of a run had them."""
        self.tokens = max(self.tokens, min(tokens, self._most))

    def may_grow(self, reply: ChatReply) -> bool:
        """Whether a recorded reply was cut while the model reasoned, and may be longer now."""
        written = reply.output_tokens or 0
        return reply.reasoned and is_full(written, self._least) and not is_full(written, self._most)


def is_full(written: int, most: int) -> bool:
    """Whether a reply of so many tokens has reached the most allowed."""
    return written >= _FULL * most


def room_for_reply(text: str, most: int) -> int | None:
    """Return how long replies may be by what a server says of one of ``most`` tokens.

    None: it does not speak of that.
    """
    match = _ROOM.search(text)
    if match is not None:
        context, prompt = int(match[1]), int(match[2] or match[3])
        return (context - prompt) * 9 // 10 if context - prompt >= 32 else None
    if not _SAID_MOST.search(text) or re.search(r"HTTP 40[123]|HTTP 5|at the same time", text):
        return None
    numbers = map(int, _NUMBER.findall(re.sub(r"HTTP \d+", "", text)))
    smaller = [number for number in numbers if 16 <= number < most]
    if not smaller:
        return None
    largest = max(smaller)
    below = re.search(rf"(less than\W+{largest}\b|{largest} \(exclusive)", text)
    return largest - 1 if below and "or equal" not in text else largest
