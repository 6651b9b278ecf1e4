"""A small chat server on 127.0.0.1 that plays every fault, in the event loop of the test."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

from aiohttp import web

from econsim_mesa.llm import (
    Backoff,
    ChatReply,
    ChatRequest,
    Gateway,
    Message,
    Usage,
    connect,
)
from econsim_mesa.llm.keys import name_servers
from econsim_mesa.llm.messages import ReplySchema
from econsim_mesa.scenario.llm import LlmSpec

ANSWER = '{"thought":"I am hungry","actions":[]}'
SCHEMA = ReplySchema(
    {"type": "object", "properties": {"thought": {"type": "string"}}, "required": ["thought"]}
)

Script = Callable[[int, dict[str, Any]], str]
Keep = Callable[[ChatRequest, ChatReply], None]
QUICK = Backoff(first_seconds=0.005)
"""Waits after a fault of a few milliseconds."""


def completion(text: str | None = ANSWER, **changes: Any) -> dict[str, Any]:
    """A body as OpenAI sends it; ``changes`` go to message, choice or body by their name."""
    message = {"role": "assistant", "content": text, "refusal": changes.pop("refusal", None)}
    finish = changes.pop("finish_reason", "stop")
    choice = {"index": 0, "message": message, "finish_reason": finish}
    usage = {
        "prompt_tokens": 150,
        "completion_tokens": 20,
        "total_tokens": 170,
        "prompt_tokens_details": {"cached_tokens": 128},
    }
    head = {"id": "c", "object": "chat.completion", "created": 1, "model": "served-model"}
    return {**head, "choices": [choice], "usage": usage, **changes}


GOOD = json.dumps(completion())
BODIES = {
    "ok": GOOD.encode(),
    "empty": b"",
    "malformed": GOOD[:-20].encode(),
    "html": b"<html><body>502</body></html>",
    "wrong_schema": b'{"choices": [{"text": 3}]}',
    "big": json.dumps(completion("x" * 2_000_000)).encode(),
    "bad_utf8": GOOD.encode().replace(b"hungry", b"\xff\xfe\x80"),
    "nan": GOOD.replace("150", "NaN").replace("20,", "1e999,").encode(),
}
BREAKS = ("hang", "drip", "reset", "truncated", "wrong_length")
BEHAVIOURS = [*BODIES, *BREAKS, "429", "429_after", "500", "502", "503"]
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


class FaultServer:
    """Answers request number n as ``script(n, body)`` says: a behaviour, or JSON to send."""

    def __init__(self, script: Script, *, seconds: float = 0.0) -> None:
        self.script, self.seconds = script, seconds
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.now = self.most = 0

    async def __aenter__(self) -> FaultServer:
        app = web.Application(client_max_size=10**8)
        app.router.add_post("/v1/chat/completions", self._chat)
        self.runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True
        )
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        self.port = self.runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.runner.cleanup()

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.bodies.append(body)
        self.keys.append(request.headers.get("Authorization", ""))
        number = len(self.bodies) - 1
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            if self.seconds:
                await asyncio.sleep(self.seconds)
            return await self._behave(request, self.script(number, body))
        finally:
            self.now -= 1

    async def _behave(self, request: web.Request, what: str) -> web.StreamResponse:
        if what in BODIES:
            return web.Response(body=BODIES[what], content_type="application/json")
        if what.startswith("429_after"):
            seconds = what.partition(":")[2] or "0.05"
            return web.Response(status=429, headers={"Retry-After": seconds})
        if what.partition(":")[0].isdigit():
            status, _, said = what.partition(":")
            return web.Response(status=int(status), text=said or '{"error":{"message":"no"}}')
        if what in BREAKS:
            return await self._break(request, what)
        return web.Response(text=what, content_type="application/json")

    async def _break(self, request: web.Request, what: str) -> web.StreamResponse:
        """Hang, or leave in the midst of a reply; a client that goes away ends the handler."""
        transport = request.transport
        assert transport is not None
        response = web.StreamResponse()
        if what == "drip":
            await response.prepare(request)
            for letter in GOOD:
                await response.write(letter.encode())
                await asyncio.sleep(0.1)
        elif what == "reset":
            transport.abort()
        elif what == "truncated":
            transport.write(_HEAD % len(GOOD) + GOOD[:40].encode())
            transport.close()
        elif what == "wrong_length":
            transport.write(_HEAD % (len(GOOD) // 2) + GOOD.encode())
            transport.close()
        await asyncio.sleep(30)
        return response


def request_of(number: int, *, step: int = 3, call: int = 0, **changes: Any) -> ChatRequest:
    """A request by household ``number``, different from any other's."""
    messages = (Message("system", "You live in a town."), Message("user", f"You are H{number}."))
    given = {"messages": messages, "schema_name": "household", "schema": SCHEMA, "seed": None}
    return ChatRequest(step, f"H{number}", call, **(given | changes))


class Kept(list[tuple[ChatRequest, ChatReply]]):
    """What a gateway handed to its store."""

    def __call__(self, request: ChatRequest, reply: ChatReply) -> None:
        self.append((request, reply))


def gateway(
    server: FaultServer | str,
    keep: Keep | None = None,
    *,
    reuse: dict[str, ChatReply] | None = None,
    spent: Usage | None = None,
    **spec: Any,
) -> Gateway:
    """A gateway to a server, by the direct client unless said otherwise."""
    url = server if isinstance(server, str) else server.url
    given = {"model": "m", "base_url": url, "client": "direct", "timeout_seconds": 5.0}
    settings = LlmSpec(**(given | spec))
    name_servers([settings.base_url or ""])
    transport, keep = connect(settings), Kept() if keep is None else keep
    return Gateway(settings, transport, keep, reuse, spent, backoff=QUICK)


def threads() -> set[str]:
    """Names of the threads that run."""
    return {thread.name for thread in threading.enumerate()}


def ask(
    script: Script, count: int = 1, request: dict[str, Any] | None = None, **spec: Any
) -> tuple[list[ChatReply], FaultServer, Kept]:
    """Let so many households ask at once; ``request`` changes fields of their requests."""
    kept, requests = Kept(), [request_of(i, **(request or {})) for i in range(count)]

    async def main() -> tuple[list[ChatReply], FaultServer]:
        async with FaultServer(script) as server:
            asked = gateway(server, kept, **spec)
            try:
                return list(await asyncio.gather(*map(asked.ask, requests))), server
            finally:
                await asked.close()

    replies, server = asyncio.run(main())
    return replies, server, kept
