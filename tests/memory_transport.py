"""A transport without a network: it answers request number n as a script says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from econsim_mesa.llm import ChatRequest, Completion, OnReply, TransportFault
from econsim_mesa.llm.transport import Format

HANG = TransportFault("timeout", retryable=True)
"""In a script: no answer comes before the timeout."""
Script = Callable[[int, ChatRequest], Completion | TransportFault]


class MemoryTransport:
    """Answers after so many seconds; remembers what it was sent."""

    host = "memory:0"
    formats: tuple[Format, ...] = ("json_schema", "json_object", "text")
    refused_parameters: tuple[str, ...] = ()

    def __init__(self, script: Script, *, seconds: float = 0.0) -> None:
        self.script, self.seconds = script, seconds
        self.requests: list[ChatRequest] = []
        self.sent_formats: list[Format] = []
        self.now = self.most = self.closed = 0

    async def send(
        self, request: ChatRequest, format: Format, timeout: float, on_reply: OnReply
    ) -> None:
        self.requests.append(request)
        self.sent_formats.append(format)
        answer = self.script(len(self.requests) - 1, request)
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.sleep(timeout if answer is HANG else self.seconds)
        finally:
            self.now -= 1
        if isinstance(answer, TransportFault):
            raise answer
        on_reply(answer)

    async def model_entry(self) -> str | None:
        return None

    async def close(self) -> None:
        self.closed += 1
