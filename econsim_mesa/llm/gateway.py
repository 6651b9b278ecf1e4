"""The gateway: every call of a run, within its limits, never lost and never faked."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from econsim_mesa.llm.advice import in_words
from econsim_mesa.llm.breaker import Breaker
from econsim_mesa.llm.budget import (
    Budget,
    Reservation,
    SharedAccount,
    Usage,
    WorstCase,
    most_input_tokens,
)
from econsim_mesa.llm.client import ChatClient, ClientFault, Raw, model_name
from econsim_mesa.llm.counts import believed
from econsim_mesa.llm.formats import FormatChoice
from econsim_mesa.llm.limits import RateLimiter, RateLimits, backoff
from econsim_mesa.llm.message_text import answer_at_end
from econsim_mesa.llm.messages import ANSWERED, ChatReply, ChatRequest, Status, schema_text
from econsim_mesa.llm.progress import Progress
from econsim_mesa.llm.refusals import BUSY
from econsim_mesa.llm.slots import LocalSlots, Slots
from econsim_mesa.llm.turns import reply_came

if TYPE_CHECKING:
    from econsim_mesa.scenario.llm import LlmSpec

_CUT = frozenset({"length", "max_tokens", "max_output_tokens", "model_length", "token_limit"})
"""Why a reply ended, as servers say that it reached the most tokens allowed."""


@dataclass(slots=True)
class _Trail:
    """What happened to one call so far."""

    attempts: int = 0
    faults: list[str] = field(default_factory=list)
    said: str = ""
    for_good: bool = False
    """Whether the last fault would be met again."""
    patience: int = 0
    """Attempts after which the server asked to wait: those it has for itself."""
    began: float | None = None
    reply: ChatReply | None = None
    """The reply that arrived, and was kept."""
    lost: BaseException | None = None
    """Why it could not be kept."""

    @property
    def out_of_time(self) -> Status:
        """How the call ends at its deadline: by what held it up."""
        held_up = not self.faults or "timeout" in self.faults
        return Status.timed_out if held_up else Status.failed


@dataclass(frozen=True, slots=True)
class Shared:
    """What gateways to one server may have in common; ``account`` has caps above their own."""

    breaker: Breaker
    limits: RateLimiter
    format: FormatChoice
    slots: Slots
    worst: WorstCase
    account: SharedAccount | None = None

    @classmethod
    def of(cls, spec: LlmSpec, client: ChatClient) -> Shared:
        """Return what one gateway needs, shared with nobody."""
        return cls(
            Breaker(spec.breaker, spec.breaker_seconds),
            RateLimits(spec),
            FormatChoice(spec.response_format, client.formats),
            LocalSlots(spec.max_concurrency),
            WorstCase(spec),
        )


class Gateway:
    """Asks a server through ``client``, within the limits of ``spec``.

    ``keep`` receives each call that was sent, as its reply arrives or it is given up, on the event
    loop: it must be quick.
    ``reuse`` maps keys of requests to replies recorded earlier: they are given back, not asked
    for and not kept again. ``spent`` is what earlier parts of the run used. ``shared`` is what
    the gateways of several runs have in common; None: nothing. All calls must come from one event
    loop. Raises ``BadInput``: no model, or a cap on cost without a price.
    """

    def __init__(
        self,
        spec: LlmSpec,
        client: ChatClient,
        keep: Callable[[ChatRequest, ChatReply], None],
        reuse: Mapping[str, ChatReply] | None = None,
        spent: Usage | None = None,
        shared: Shared | None = None,
    ) -> None:
        self._alone = shared is None
        shared = shared or Shared.of(spec, client)
        self.spec, self.client = spec, client
        self.model = model_name(spec)
        self.budget = Budget(spec, spent or Usage(), shared.account, shared.worst)
        self.breaker = shared.breaker
        self.progress = Progress(self.budget)
        self._log, self._reuse = keep, dict(reuse or {})
        self._step: int | None = None
        self._arrived: dict[str, ChatReply] = {}  #: in the present step
        self._limits, self._format, self._slots = shared.limits, shared.format, shared.slots
        self._asked: dict[tuple[Any, ...], asyncio.Future[ChatReply | None]] = {}

    async def ask(self, request: ChatRequest) -> ChatReply:
        """Answer a request. A fault of the server is a status, never an exception.

        Raises only what ``keep`` raises, and ``CancelledError``.
        """
        if request.step != self._step:
            self._step, self._arrived = request.step, {}
        known = self._reuse.get(request.key)
        if known is not None:
            reply = replace(known, reused=True)
            self.progress.add(reply)
            return reply
        send = self._once if self._same_answer(request) else self._call
        reply = await send(request)
        self.progress.add(reply)
        if reply.reused:
            self._keep(request, reply)
        return reply

    async def ask_anew(self, request: ChatRequest) -> ChatReply:
        """Answer a request whose recorded reply is of no use."""
        self._reuse.pop(request.key, None)
        return await self.ask(request)

    async def about(self) -> str | None:
        """Return what the server says of the model, as canonical JSON; None: nothing."""
        return await self.client.about()

    def reset(self) -> None:
        """Get ready to be asked the same again: use the replies that came, and let calls through.

        What other gateways share stays as it is.
        """
        self._reuse |= self._arrived
        if self._alone:
            self.breaker.reset()

    async def close(self) -> None:
        """Close the client's connections, unless other gateways may use them too."""
        if self._alone:
            await self.client.close()

    def _keep(self, request: ChatRequest, reply: ChatReply) -> None:
        if reply.status in ANSWERED:
            self._arrived[request.key] = reply
        self._log(request, reply)

    def _same_answer(self, request: ChatRequest) -> bool:
        """Whether equal requests get equal replies, so that asking once is enough."""
        return self.spec.temperature == 0 or (self.spec.send_seed and request.seed is not None)

    async def _once(self, request: ChatRequest) -> ChatReply:
        """Join an identical request in flight, or send this one and let others join."""
        seed = None if self.spec.temperature == 0 else request.seed
        same = (request.messages, schema_text(request.schema), request.schema_name, seed)
        while (first := self._asked.get(same)) is not None:
            answer = await asyncio.shield(first)
            if answer is not None:
                return _joined(answer)
        mine: asyncio.Future[ChatReply | None] = asyncio.get_running_loop().create_future()
        self._asked[same] = mine
        reply = None
        try:
            reply = await self._call(request)
            return reply
        finally:
            del self._asked[same]
            mine.set_result(reply)  # None: cancelled; those who joined ask for themselves

    async def _call(self, request: ChatRequest) -> ChatReply:
        """Send a request until it is answered or given up; either is kept."""
        trail = _Trail()
        if self.breaker.open:
            return self._reply(request, trail, Status.stopped)
        self.progress.waiting += 1
        queued = True
        try:
            async with self.breaker.guard() as scope, self._slots.taken(request.step):
                self.progress.waiting -= 1
                queued = False
                self.progress.in_flight += 1
                try:
                    status = await self._attempts(request, trail, scope)
                finally:
                    self.progress.in_flight -= 1
        except TimeoutError:
            status = Status.stopped if self.breaker.open else trail.out_of_time
        finally:
            self.progress.waiting -= queued
        if trail.reply is not None:
            return trail.reply
        reply = self._reply(request, trail, status)
        if trail.attempts:
            self._keep(request, reply)
        return reply

    async def _attempts(
        self, request: ChatRequest, trail: _Trail, scope: asyncio.Timeout
    ) -> Status:
        """Make attempts until one succeeds, none is worth making, or time is up."""
        while True:
            fault = await self._attempt(request, trail, scope)
            if fault is None:
                return Status.over_budget if trail.reply is None else trail.reply.status
            if fault.declined:
                return Status.refused
            given_up = Status.timed_out if fault.kind == "timeout" else Status.failed
            trail.patience += fault.status == BUSY or fault.retry_after is not None
            tried = len(trail.faults) - trail.patience
            if not fault.retryable or tried >= self.spec.max_attempts:
                return given_up
            wait = backoff(len(trail.faults), request.key, fault.retry_after)
            if _time_left(scope) <= wait:
                self._tell_when(trail, fault)
                return given_up  # no attempt would be left: do not hold a slot for nothing
            await asyncio.sleep(wait)

    def _tell_when(self, trail: _Trail, fault: ClientFault) -> None:
        """Say when a limit is over that lasts too long; nobody is asked before, if for all."""
        if fault.retry_after is None:
            return
        trail.said = (
            f"{trail.said.rstrip('.')}; it asks to come again at {_clock_time(fault.retry_after)}"
        )
        if fault.status == BUSY and fault.retry_after > self.spec.deadline_seconds:
            self.breaker.trip(f"takes no calls now: {trail.said}")

    async def _attempt(
        self, request: ChatRequest, trail: _Trail, scope: asyncio.Timeout
    ) -> ClientFault | None:
        """Send a request once; the trail has the reply, or none where the budget has no room."""
        format = self._format.after(trail.faults)
        size = most_input_tokens(request, format)
        estimate = await self._limits.admit(size)
        reserved = await self.budget.reserve(size)
        if reserved is None:
            return None
        if self.breaker.open:  # while this call waited
            self.budget.give_back(reserved, called=False)
            raise TimeoutError
        heard: list[Raw] = []

        def arrived(raw: Raw) -> None:
            reply_came()
            if not heard:
                raw = _with_answer(request, raw)
                heard.append(raw)
                self._keep_at_once(request, trail, raw)

        try:
            await self.client.send(request, format, self._begin(trail, scope), arrived)
        except ClientFault as fault:
            if not heard:
                lower = self._format.lower(format, fault)
                self._settle_fault(reserved, fault, called=fault.reached and not lower)
                if lower:
                    return await self._attempt(request, trail, scope)
                self._note(trail, fault)
                return fault
        except BaseException:
            self.budget.settle(reserved, _believed(request, heard[0]) if heard else None)
            trail.attempts += not heard
            raise
        self._settle_reply(reserved, _believed(request, heard[0]), size, estimate)
        if trail.reply is not None and trail.reply.status is Status.ok:
            self._format.heard(format, heard[0].text or "", request.schema.get("required", ()))
        if trail.lost is not None:
            raise trail.lost
        return None

    def _keep_at_once(self, request: ChatRequest, trail: _Trail, raw: Raw) -> None:
        """Keep a reply as it arrives; what goes wrong is raised when the call ends."""
        trail.attempts += 1
        trail.reply = self._reply(request, trail, _status(raw, self.spec.max_output_tokens), raw)
        try:
            self._keep(request, trail.reply)
        except Exception as error:
            trail.lost = error

    def _settle_reply(self, reserved: Reservation, raw: Raw, size: int, estimate: float) -> None:
        self.budget.settle(reserved, raw)
        self.breaker.success()
        if raw.input_tokens is not None and raw.output_tokens is not None:
            self._limits.learn(size, estimate, raw.input_tokens, raw.output_tokens)

    def _begin(self, trail: _Trail, scope: asyncio.Timeout) -> float:
        """Start the clock of a call at its first attempt; return the timeout of this one."""
        if trail.began is None:
            now = trail.began = asyncio.get_running_loop().time()
            scope.reschedule(now + self.spec.deadline_seconds)
        return min(self.spec.timeout_seconds, _time_left(scope))

    def _settle_fault(self, reserved: Reservation, fault: ClientFault, *, called: bool) -> None:
        if fault.billed:
            self.budget.settle(reserved, None)
        else:
            self.budget.give_back(reserved, called=called)

    def _note(self, trail: _Trail, fault: ClientFault) -> None:
        trail.attempts += 1
        trail.said = in_words(fault)
        if fault.declined:
            self.breaker.success()
            return
        trail.faults.append(fault.kind)
        trail.for_good = not fault.retryable
        if fault.hopeless:
            self.breaker.trip(f"refuses all calls: {trail.said}")
        elif fault.status != BUSY:
            self.breaker.failure(_as_server(fault, trail.said), for_good=trail.for_good)

    def _reply(
        self, request: ChatRequest, trail: _Trail, status: Status, raw: Raw | None = None
    ) -> ChatReply:
        began = trail.began
        return ChatReply(
            text=None if raw is None else raw.text or raw.refusal,
            status=status,
            seconds=0.0 if began is None else asyncio.get_running_loop().time() - began,
            attempts=trail.attempts,
            faults=tuple(trail.faults),
            input_tokens=None if raw is None else raw.input_tokens,
            output_tokens=None if raw is None else raw.output_tokens,
            cached_tokens=None if raw is None else raw.cached_tokens,
            model=(None if raw is None else raw.model) or self.model,
            host=self.client.host,
            revision=None if raw is None else raw.revision,
            server=None if raw is None else raw.server,
            cost=None if raw is None else raw.cost,
            said=self._said(trail, status),
            for_good=trail.for_good,
        )

    def _said(self, trail: _Trail, status: Status) -> str:
        if status is Status.stopped:
            return self.breaker.why
        return self.budget.surprise if status is Status.over_budget else trail.said


def _joined(answer: ChatReply) -> ChatReply:
    """Return the answer to an identical request as one that cost nothing."""
    return replace(
        answer,
        seconds=0.0,
        attempts=0,
        faults=(),
        input_tokens=0,
        output_tokens=0,
        cached_tokens=0,
        cost=None,
        reused=True,
    )


def _time_left(scope: asyncio.Timeout) -> float:
    deadline = scope.when()
    return math.inf if deadline is None else deadline - asyncio.get_running_loop().time()


def _as_server(fault: ClientFault, said: str) -> str:
    """Return what the server does by a fault, with the server as subject."""
    if not fault.reached:
        return f"cannot be reached: {fault.body or said}"
    if fault.kind == "timeout":
        return f"does not answer: {said}"
    refuses = fault.status is not None and not fault.retryable
    return f"{'refuses' if refuses else 'fails'} all calls: {said}"


def _clock_time(seconds: float) -> str:
    """Return the day and the time that it is in so many seconds, where this machine is."""
    return f"{datetime.now().astimezone() + timedelta(seconds=seconds):%Y-%m-%d %H:%M %Z}"


def _believed(request: ChatRequest, raw: Raw) -> Raw:
    """Return a reply without its counts if they cannot be true."""
    if believed(raw, request.characters, raw.text or raw.refusal):
        return raw
    return raw._replace(input_tokens=None, output_tokens=None, cached_tokens=None)


def _with_answer(request: ChatRequest, raw: Raw) -> Raw:
    """Return a reply with the answer that stands at the end of its reasoning, if nowhere else.

    A reasoning that was cut has drafts at the most.
    """
    if _says_something(raw) or raw.refusal or _is_cut(raw):
        return raw
    answer = answer_at_end(raw.reasoning, request.schema.get("required", ()))
    return raw if answer is None else raw._replace(text=answer)


def _status(raw: Raw, most_output: int) -> Status:
    """Return what a sound reply amounts to.

    One without text that took all tokens allowed was cut, whether the server says so or not.
    """
    if raw.refusal or raw.finish_reason == "content_filter":
        return Status.refused
    if _is_cut(raw) or (not _says_something(raw) and (raw.output_tokens or 0) >= most_output):
        return Status.truncated
    return Status.ok if _says_something(raw) else Status.empty


def _is_cut(raw: Raw) -> bool:
    return (raw.finish_reason or "").lower() in _CUT


def _says_something(raw: Raw) -> bool:
    return bool(raw.text and raw.text.strip())
