"""The gateway: every call of a run, within its limits, never lost and never faked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from econsim_mesa.llm.breaker import Breaker
from econsim_mesa.llm.budget import Budget, Reservation, Usage, most_input_tokens
from econsim_mesa.llm.client import ChatClient, ClientFault, Raw, model_name
from econsim_mesa.llm.formats import FormatChoice
from econsim_mesa.llm.limits import RateLimits, backoff
from econsim_mesa.llm.messages import ChatReply, ChatRequest, Status, schema_text
from econsim_mesa.llm.progress import Progress

if TYPE_CHECKING:
    from econsim_mesa.scenario.llm import LlmSpec

_REFUSALS = ("content_filter", "content_policy", "ResponsibleAIPolicy")
_BUSY = 429  # a server that says so is there: no reason to give it up


@dataclass(slots=True)
class _Trail:
    """What happened to one call so far."""

    attempts: int = 0
    faults: list[str] = field(default_factory=list)
    began: float | None = None
    raw: Raw | None = None
    last_seconds: float = 0.0


class Gateway:
    """Asks a server through ``client``, within the limits of ``spec``.

    ``keep`` receives each call that was sent, as it ends, on the event loop: it must be quick.
    ``reuse`` maps keys of requests to replies recorded earlier: they are given back, not asked
    for and not kept again. ``spent`` is what earlier parts of the run used. All calls must come
    from one event loop. Raises ``BadInput``: no model, or a cap on cost without a price.
    """

    def __init__(
        self,
        spec: LlmSpec,
        client: ChatClient,
        keep: Callable[[ChatRequest, ChatReply], None],
        reuse: Mapping[str, ChatReply] | None = None,
        spent: Usage | None = None,
    ) -> None:
        self.spec, self.client = spec, client
        self.model = model_name(spec)
        self.budget = Budget(spec, spent or Usage())
        self.breaker = Breaker(spec.breaker)
        self.progress = Progress(self.budget)
        self._keep, self._reuse = keep, reuse or {}
        self._limits = RateLimits(spec)
        self._format = FormatChoice(spec.response_format, client.formats)
        self._slots = asyncio.Semaphore(spec.max_concurrency)
        self._asked: dict[tuple[Any, ...], asyncio.Future[ChatReply | None]] = {}

    async def ask(self, request: ChatRequest) -> ChatReply:
        """Answer a request. A fault of the server is a status, never an exception.

        Raises only what ``keep`` raises, and ``CancelledError``.
        """
        known = self._reuse.get(request.key)
        if known is not None:
            reply = replace(known, reused=True)
            self.progress.add(reply)
            return reply
        reply = await self._once(request) if self._same_answer(request) else None
        if reply is None:
            reply = await self._call(request)
        self.progress.add(reply)
        if reply.attempts or reply.reused:
            self._keep(request, reply)
        return reply

    def reset(self) -> None:
        """Let calls through again after the breaker opened."""
        self.breaker.reset()

    async def close(self) -> None:
        """Close the client's connections."""
        await self.client.close()

    def _same_answer(self, request: ChatRequest) -> bool:
        """Whether equal requests get equal replies, so that asking once is enough."""
        return self.spec.temperature == 0 or (self.spec.send_seed and request.seed is not None)

    async def _once(self, request: ChatRequest) -> ChatReply | None:
        """Join an identical request in flight, or send this one and let others join."""
        seed = None if self.spec.temperature == 0 else request.seed
        same = (request.messages, schema_text(request.schema), request.schema_name, seed)
        while (first := self._asked.get(same)) is not None:
            reply = await asyncio.shield(first)
            if reply is not None:
                return replace(
                    reply, attempts=0, faults=(), input_tokens=0, output_tokens=0,
                    cached_tokens=0, seconds=0.0, reused=True,
                )  # fmt: skip
        answer: asyncio.Future[ChatReply | None] = asyncio.get_running_loop().create_future()
        self._asked[same] = answer
        reply = None
        try:
            reply = await self._call(request)
        finally:
            del self._asked[same]
            answer.set_result(reply)  # None: cancelled; those who joined ask for themselves
        return reply

    async def _call(self, request: ChatRequest) -> ChatReply:
        """Send a request until it is answered or given up."""
        trail = _Trail()
        if self.breaker.open:
            return self._reply(request, trail, Status.stopped)
        self.progress.waiting += 1
        queued = True
        try:
            async with self.breaker.guard() as scope, self._slots:
                self.progress.waiting -= 1
                queued = False
                self.progress.in_flight += 1
                try:
                    status = await self._attempts(request, trail, scope)
                finally:
                    self.progress.in_flight -= 1
        except TimeoutError:
            status = Status.stopped if self.breaker.open else Status.timed_out
        finally:
            self.progress.waiting -= queued
        return self._reply(request, trail, status)

    async def _attempts(
        self, request: ChatRequest, trail: _Trail, scope: asyncio.Timeout
    ) -> Status:
        loop = asyncio.get_running_loop()
        while True:
            fault = await self._attempt(request, trail, scope)
            if fault is None:
                return _status(trail.raw) if trail.raw is not None else Status.over_budget
            if _refused(fault):
                return Status.refused
            late = Status.timed_out if fault.kind == "timeout" else Status.failed
            if not fault.retryable or len(trail.faults) >= self.spec.max_attempts:
                return late
            wait = backoff(len(trail.faults), request.key, fault.retry_after)
            deadline = scope.when()
            if deadline is not None and loop.time() + wait >= deadline:
                return late  # no attempt would be left: do not hold a slot for nothing
            await asyncio.sleep(wait)

    async def _attempt(
        self, request: ChatRequest, trail: _Trail, scope: asyncio.Timeout
    ) -> ClientFault | None:
        """Send a request once, in the strictest format; note what came of it in the trail.

        None without a reply in the trail: the budget leaves no room.
        """
        while True:
            format = self._format.now
            size = most_input_tokens(request, format)
            estimate = await self._limits.admit(size)
            reserved = await self.budget.reserve(request, format)
            if reserved is None:
                return None
            loop = asyncio.get_running_loop()
            now = loop.time()
            if trail.began is None:
                trail.began = now
                scope.reschedule(now + self.spec.deadline_seconds)
            deadline = scope.when()
            left = self.spec.deadline_seconds if deadline is None else deadline - now
            trail.attempts += 1
            outcome = await self._send(request, format, min(self.spec.timeout_seconds, left), reserved)
            ...
