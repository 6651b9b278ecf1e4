"""The server's pages: chat completions, the list of models, and statistics."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from econsim_mesa.mock.answer import answer, called_tool
from econsim_mesa.mock.cache import PrefixCache
from econsim_mesa.mock.capacity import Capacity
from econsim_mesa.mock.faults import FaultPlan
from econsim_mesa.mock.keyed_random import KeyedRandom
from econsim_mesa.mock.misbehave import json_response, misbehave
from econsim_mesa.mock.request import ChatCall, Refused, read_call
from econsim_mesa.mock.response import (
    Completion,
    Reasoning,
    complete,
    error,
    models,
    refusal,
)
from econsim_mesa.mock.settings import CACHES, Settings
from econsim_mesa.mock.stats import Stats

MOST_BYTES = 16 * 2**20
_REMEMBERED = 200_000


class MockApp:
    """An OpenAI-compatible server without a model.

    Headers are not read, so a key that a client sends is neither needed nor kept.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.stats = Stats()
        self._random = KeyedRandom(settings.seed)
        self._faults = FaultPlan(settings.faults, settings.script, self._random)
        self._cache = PrefixCache(
            settings.cache_block, settings.cache_tokens, CACHES[settings.cache_block]
        )
        self._capacity = Capacity(settings, self.stats)
        self._under_way: Counter[bytes] = Counter()
        self._batch: asyncio.Future[None] | None = None
        self._times: OrderedDict[bytes, int] = OrderedDict()

    def application(self) -> web.Application:
        """Return the application of aiohttp."""
        app = web.Application(client_max_size=MOST_BYTES)
        for prefix in ("/v1", ""):
            app.router.add_post(f"{prefix}/chat/completions", self._chat)
            app.router.add_get(f"{prefix}/models", self._models)
        app.router.add_get("/mock/stats", self._stats)
        app.router.add_route("*", "/{path:.*}", self._unknown)
        return app

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        self.stats.enter()
        try:
            arrived = asyncio.get_running_loop().time()
            body = await request.read()
            call = read_call(body, self.settings.refuse_formats, self.settings.refuse)
            if wait := self._capacity.wait():
                self.stats.limited += 1
                return _limited(wait)
            with self._at_work(call):
                return await self._answer(request, call, body, arrived)
        except Refused as refused:
            self.stats.refused += 1
            return json_response(refusal(refused), refused.status)
        except web.HTTPRequestEntityTooLarge:
            self.stats.refused += 1
            return json_response(error("the body is too large", 413), 413)
        finally:
            self.stats.leave()

    @contextmanager
    def _at_work(self, call: ChatCall) -> Iterator[None]:
        """Note whether the same is asked by two requests at once."""
        self.stats.repeated += call.content in self._under_way
        self._under_way[call.content] += 1
        try:
            yield
        finally:
            self._under_way[call.content] -= 1
            if not self._under_way[call.content]:
                del self._under_way[call.content]

    async def _answer(
        self, request: web.Request, call: ChatCall, body: bytes, arrived: float
    ) -> web.StreamResponse:
        attempt = self._attempt(body)
        fault = self._faults.next(attempt)
        seconds = self.settings.latency.draw(self._random.uniform("latency", attempt))
        self.stats.faults[fault] += 1
        self.stats.latency_drawn += seconds
        self.stats.repairs += call.repair
        completion = await self._completion(call, attempt)
        left = arrived + seconds - asyncio.get_running_loop().time()
        await self._capacity.work(completion.usage, max(left, 0.0))
        if fault != "ok":
            return await misbehave(fault, request, completion, self.settings)
        self.stats.answered += 1
        if self.settings.note_times:
            self.stats.note(call.user)
        self.stats.spend(completion.usage)
        return json_response(completion.encode())

    def _attempt(self, body: bytes) -> bytes:
        """Return what is unique to this request: its content and how often it has come."""
        digest = hashlib.blake2b(body, digest_size=16).digest()
        times = self._times.pop(digest, 0) + 1
        self._times[digest] = times
        if len(self._times) > _REMEMBERED:
            self._times.popitem(last=False)
        return digest + times.to_bytes(8, "little")

    async def _completion(self, call: ChatCall, attempt: bytes) -> Completion:
        key = call.content if self.settings.repeatable else attempt
        cached = self._cache.account(call.prompt)
        await self._window()
        tool = called_tool(call, self._random, key)
        text = answer(call, self._random, key, tool=tool, gullible=self.settings.gullible)
        if self.settings.prose and call.format == "text" and tool is None:
            text = f"Sure! Here is what I would do:\n```json\n{text}\n```\n"
        reasoned = Reasoning(self.settings.reasoning, self.settings.reasoning_in)
        completion = complete(call, text, cached, reasoned, tool.name if tool else "")
        return completion._replace(revision=self._revision())

    async def _window(self) -> None:
        """Wait for the end of the batch, which the first of its requests begins."""
        if self._batch is None:
            loop = asyncio.get_running_loop()
            self._batch = loop.create_future()
            self.stats.batches += 1
            loop.call_later(self.settings.window, self._end_batch)
        await asyncio.shield(self._batch)

    def _end_batch(self) -> None:
        if self._batch is not None:
            self._batch.set_result(None)
        self._batch = None

    def _revision(self) -> str:
        """Return the fingerprint that a reply has now."""
        settings = self.settings
        revised = settings.revise_after and self.stats.answered >= settings.revise_after
        return f"{settings.revision}-revised" if revised else settings.revision

    async def _models(self, request: web.Request) -> web.Response:
        return json_response(models(self.settings.owner))

    async def _stats(self, request: web.Request) -> web.Response:
        return json_response(json.dumps(self.stats.to_json()).encode())

    async def _unknown(self, request: web.Request) -> web.Response:
        known = "POST /v1/chat/completions, GET /v1/models, GET /mock/stats"
        return json_response(error(f"no such page here; there are {known}", 404), 404)


def _limited(seconds: int) -> web.Response:
    """Return the answer to a request beyond the limit by the minute."""
    reply = json_response(error("Rate limit reached for requests per minute.", 429), 429)
    reply.headers["Retry-After"] = str(seconds)
    return reply
