"""A stand-in for a language model: a function of one's own says what each agent does."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from econsim_mesa.llm.messages import ChatRequest
from econsim_mesa.llm.transport import FORMATS, Completion, Format, OnReply


class Scripted:
    """What ``LlmAgents(..., transport=Scripted(function))`` asks in place of a server.

    For tests of a model, and for what a rule would do in the same place.

    Args:
        reply: Returns for the name of an agent and its prompt what it does, as entries such as
            ``[{"give": "Ann", "amount": 2}]``, or a whole reply as text.
    """

    host = "scripted"
    formats: tuple[Format, ...] = FORMATS
    refused_parameters: tuple[str, ...] = ()

    def __init__(self, reply: Callable[[str, str], Sequence[Mapping[str, Any]] | str]) -> None:
        self._reply = reply

    async def send(
        self, request: ChatRequest, format: Format, timeout: float, on_reply: OnReply
    ) -> None:
        """Answer at once."""
        said = self._reply(request.agent, request.messages[-1].content)
        text = said if isinstance(said, str) else json.dumps({"thought": "", "do": list(said)})
        on_reply(Completion(text, "stop", None, None, None, None, "scripted", None, None))

    async def model_entry(self) -> str | None:
        """Return nothing: there is no server."""
        return None

    async def close(self) -> None:
        """Do nothing: there are no connections."""
