"""The gateway: every call of a run, within its limits, never lost and never faked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from econsim_mesa.llm.advice import describe_fault, room_for_reply
from econsim_mesa.llm.breaker import Breaker
from econsim_mesa.llm.budget import (
    Budget,
    Reservation,
    SharedAccount,
    Usage,
    WorstCase,
    most_input_tokens,
)
from econsim_mesa.llm.concurrency import ConcurrencyLimit
from econsim_mesa.llm.counts import is_plausible
from econsim_mesa.llm.fairness import note_reply
from econsim_mesa.llm.formats import FormatChoice
from econsim_mesa.llm.limits import RateLimiter, RateLimits
from econsim_mesa.llm.message_text import answer_at_end, begins_with_answer
from econsim_mesa.llm.messages import ANSWERED, ChatReply, ChatRequest, Status
from econsim_mesa.llm.patience import LONGEST, Patience
from econsim_mesa.llm.progress import Progress
from econsim_mesa.llm.refusals import BUSY
from econsim_mesa.llm.retry import (
    Backoff,
    GiveUp,
    Retry,
    after_fault,
    asks_for_patience,
    is_busy,
    is_overload,
)
from econsim_mesa.llm.slots import LocalSlots, Slots
from econsim_mesa.llm.speed import Speed
from econsim_mesa.llm.transport import (
    Completion,
    Format,
    Transport,
    TransportFault,
    model_name,
)

if TYPE_CHECKING:
    from econsim_mesa.scenario.llm import LlmSpec

DEFAULT_BACKOFF = Backoff()
_SILENCE_SECONDS = 3600.0
"""Without a deadline: so long after the last reply of a server a call is given up, and so long a
wait that it asks for is waited out."""
_FULL = 0.9
"""Share of the most tokens from which on a reply that was cut has reached them: counts differ."""
_NOTHING = Completion(None, None, None, None, None, None, None)
"""What is known of a reply that did not come."""
_CUT = frozenset({"length", "max_tokens", "max_output_tokens", "model_length", "token_limit"})
"""Why a reply ended, as servers say that it reached the most tokens allowed."""


class Received(NamedTuple):
    """The reply to a call: as the server sent it, and as it was kept."""

    completion: Completion
    reply: ChatReply


@dataclass(slots=True)
class CallState:
    """What happened to one call so far."""

    request: ChatRequest
    attempts: int = 0
    faults: list[str] = field(default_factory=list)
    """Kinds of the attempts that failed, in order."""
    patient_attempts: int = 0
    """Those of them after which the server asked to wait."""
    fault_text: str = ""
    """The last fault in words."""
    permanent: bool = False
    """Whether another attempt would meet the last fault again."""
    started_at: float | None = None
    sent_at: float = 0.0
    """When the last attempt began, by the event loop."""
    most_output: int = 0
    """The most tokens that it allowed."""
    received: Received | None = None
    keep_error: Exception | None = None
    """Why the reply could not be kept."""

    def begin_anew(self) -> None:
        """Forget what was recorded: the call is asked a second time, on other terms."""
        self.attempts = self.patient_attempts = 0
        self.faults, self.started_at, self.received = [], None, None

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
    concurrency: ConcurrencyLimit = field(default_factory=ConcurrencyLimit)
    patience: Patience = field(default_factory=Patience)
    speed: Speed = field(default_factory=Speed)

    @classmethod
    def of(cls, spec: LlmSpec, transport: Transport) -> Shared:
        """Return what one gateway needs, shared with nobody."""
        return cls(
            Breaker(spec.breaker, spec.breaker_seconds),
            RateLimits(spec),
            FormatChoice(spec.response_format, transport.formats),
            LocalSlots(spec.max_concurrency),
            WorstCase(spec),
        )


class Gateway:
    """Asks a server within the limits of a scenario. All calls must come from one event loop.

    Args:
        spec: the limits and the model.
        transport: what sends a request once.
        keep: receives each call that was sent, as its reply arrives or it is given up. It runs
            on the event loop and must be quick.
        reuse: replies recorded earlier, by the key of their request. They are given back, neither
            asked for nor kept again.
        spent: what earlier parts of the run used.
        shared: what the gateways of several runs have in common; None: nothing.
        backoff: the waits between the attempts of a call.

    Raises:
        BadInput: no model is chosen, or there is a cap on cost without a price.
    """

    def __init__(
        self,
        spec: LlmSpec,
        transport: Transport,
        keep: Callable[[ChatRequest, ChatReply], None],
        reuse: Mapping[str, ChatReply] | None = None,
        spent: Usage | None = None,
        shared: Shared | None = None,
        backoff: Backoff = DEFAULT_BACKOFF,
    ) -> None:
        self._alone = shared is None
        shared = shared or Shared.of(spec, transport)
        self.spec, self.transport = spec, transport
        self.model = model_name(spec)
        self.budget = Budget(spec, spent or Usage(), shared.account, shared.worst)
        self.breaker = shared.breaker
        self.progress = Progress(self.budget, shared.speed)
        self._keep, self._reuse, self._backoff = keep, dict(reuse or {}), backoff
        self._worst = shared.worst
        self._limits, self._format, self._slots = shared.limits, shared.format, shared.slots
        self._concurrency, self._patience = shared.concurrency, shared.patience
        self._step: int | None = None
        self._replies_of_step: dict[str, ChatReply] = {}
        self._in_flight: dict[tuple[Any, ...], asyncio.Future[ChatReply | None]] = {}

    async def ask(self, request: ChatRequest) -> ChatReply:
        """Answer a request. A fault of the server is a status, never an exception.

        Raises only what ``keep`` raises, and ``CancelledError``.
        """
        if request.step != self._step:
            self._step, self._replies_of_step = request.step, {}
        recorded = self._reuse.get(request.key)
        if recorded is not None:
            reply = replace(recorded, reused=True)
            self.progress.add(request, reply)
            return reply
        send = self._join_equal if self._equal_replies(request) else self._call
        reply = await send(request)
        self.progress.add(request, reply)
        if reply.reused:
            self._record(request, reply)
        return reply

    async def ask_anew(self, request: ChatRequest) -> ChatReply:
        """Answer a request whose recorded reply is of no use."""
        self._reuse.pop(request.key, None)
        return await self.ask(request)

    @property
    def left_out(self) -> tuple[str, ...]:
        """What of the requests the server refuses, so that it gets it no more."""
        return getattr(self.transport, "left_out", ())

    async def model_entry(self) -> str | None:
        """Return what the server's list says of the model, as canonical JSON; None: nothing."""
        return await self.transport.model_entry()

    def reset(self) -> None:
        """Get ready to be asked the same again: use the replies that came, and let calls through.

        What other gateways share stays as it is.
        """
        self._reuse |= self._replies_of_step
        if self._alone:
            self.breaker.reset()

    async def close(self) -> None:
        """Close the transport's connections, unless other gateways may use them too."""
        if self._alone:
            await self.transport.close()

    def _record(self, request: ChatRequest, reply: ChatReply) -> None:
        if reply.status in ANSWERED:
            self._replies_of_step[request.key] = reply
        self._keep(request, reply)

    def _equal_replies(self, request: ChatRequest) -> bool:
        """Whether equal requests get equal replies, so that asking once is enough."""
        return self.spec.temperature == 0 or (self.spec.send_seed and request.seed is not None)

    async def _join_equal(self, request: ChatRequest) -> ChatReply:
        """Join an identical request in flight, or send this one and let others join."""
        seed = None if self.spec.temperature == 0 else request.seed
        content = (request.messages, request.schema.text, request.schema_name, seed)
        while (first := self._in_flight.get(content)) is not None:
            answer = await asyncio.shield(first)
            if answer is not None:
                return _joined(answer)
        mine: asyncio.Future[ChatReply | None] = asyncio.get_running_loop().create_future()
        self._in_flight[content] = mine
        reply = None
        try:
            reply = await self._call(request)
            return reply
        finally:
            del self._in_flight[content]
            mine.set_result(reply)  # None: cancelled; those who joined ask for themselves

    async def _call(self, request: ChatRequest) -> ChatReply:
        """Send a request until it is answered or given up; either is kept."""
        state = CallState(request)
        if self.breaker.open:
            return self._given_up(state, Status.stopped)
        try:
            async with self.breaker.guard() as scope, self._slot(request.step):
                return await self._attempts(state, scope)
        except TimeoutError:  # of the guard
            if state.received is not None:
                return state.received.reply
            limit = f"llm.deadline_seconds={self.spec.deadline_seconds}"
            state.fault_text = state.fault_text or f"no answer came within {limit}"
            status = Status.stopped if self.breaker.open else state.out_of_time
            return self._given_up(state, status)

    @asynccontextmanager
    async def _slot(self, step: int) -> AsyncIterator[None]:
        """Wait for a slot and hold it; the progress shows both."""
        self.progress.begin()
        try:
            async with self._slots.taken(step):
                self.progress.in_flight += 1
                try:
                    yield
                finally:
                    self.progress.in_flight -= 1
        finally:
            self.progress.end()

    async def _attempts(self, state: CallState, scope: asyncio.Timeout) -> ChatReply:
        """Make attempts until one succeeds or none is worth making."""
        while True:
            outcome = await self._attempt(state, scope)
            if isinstance(outcome, ChatReply):
                if not self._gets_more_room(state):
                    return outcome
                state.begin_anew()
                continue
            if isinstance(outcome, GiveUp):
                return self._given_up(state, outcome.status)
            await asyncio.sleep(outcome.seconds)

    def _gets_more_room(self, state: CallState) -> bool:
        """Whether a reply was cut while the model reasoned, and may be longer the next time."""
        if state.received is None or state.received.reply.status is not Status.truncated:
            return False
        completion, limit = state.received.completion, state.most_output
        written = completion.output_tokens or limit
        return _reasons(completion) and written >= _FULL * limit and self._worst.widen(limit)

    def _given_up(self, state: CallState, status: Status) -> ChatReply:
        """Return the end of a call without a reply; it is kept if the server was asked at all."""
        reply = self._reply(state, status)
        if state.attempts:
            self._record(state.request, reply)
        return reply

    async def _attempt(
        self, state: CallState, scope: asyncio.Timeout
    ) -> ChatReply | Retry | GiveUp:
        """Send a request once, as soon as the server, limits and budget let it through.

        Returns the reply if one came, else what is to follow. Raises what ``keep`` raised.
        """
        async with self._concurrency.taken(again=state.attempts > 0):
            return await self._attempt_now(state, scope)

    async def _attempt_now(
        self, state: CallState, scope: asyncio.Timeout
    ) -> ChatReply | Retry | GiveUp:
        """Send a request once in a turn of its own; see ``_attempt``."""
        state.most_output = self._worst.allowed
        if state.most_output != self.spec.max_output_tokens:
            state.request = replace(state.request, max_output_tokens=state.most_output)
        format = self._format.after(state.faults)
        size = most_input_tokens(state.request, format)
        estimate = await self._limits.admit(size)
        reserved = await self.budget.reserve(size)
        if reserved is None:
            return GiveUp(Status.over_budget, "budget")
        if self.breaker.open:  # it opened while this call waited
            self.budget.give_back(reserved, called=False)
            return GiveUp(Status.stopped, "breaker")
        outcome = await self._send(state, format, reserved, scope)
        if isinstance(outcome, TransportFault):
            return self._after_fault(state, outcome, format, reserved, scope)
        self._settle_reply(state, outcome, format, reserved, estimate)
        if state.keep_error is not None:
            raise state.keep_error
        return outcome.reply

    async def _send(
        self, state: CallState, format: Format, reserved: Reservation, scope: asyncio.Timeout
    ) -> Received | TransportFault:
        """Hand a request to the transport. A fault after the reply has come does not count."""
        try:
            timeout = self._timeout(state, scope)
            receive = partial(self._receive, state)
            async with self._limit(state):
                await self.transport.send(state.request, format, timeout, receive)
            fault = TransportFault("empty_body", retryable=True)
        except TransportFault as error:
            fault = error
        except TimeoutError:  # of the limit
            fault = TransportFault("timeout", retryable=True)
        except BaseException:  # cancelled, or out of time
            received, used = state.received, None
            if received is None:
                state.attempts += 1
            else:
                used = _believed(state.request, received.completion)
            self.budget.settle(reserved, used)
            raise
        return state.received or fault

    def _receive(self, state: CallState, completion: Completion) -> None:
        """Keep a reply as it arrives. What keeping raises is raised when the attempt ends."""
        note_reply()
        if state.received is not None:
            return
        completion = _with_answer(state.request, completion)
        state.attempts += 1
        status = _status(completion, state.most_output)
        reply = self._reply(state, status, completion)
        state.received = Received(completion, reply)
        try:
            self._record(state.request, reply)
        except Exception as error:
            state.keep_error = error

    def _timeout(self, state: CallState, scope: asyncio.Timeout) -> float:
        """Return the seconds that an attempt has; the deadline of a call begins with its first."""
        now = state.sent_at = asyncio.get_running_loop().time()
        if state.started_at is None:
            state.started_at = now
            if self.spec.deadline_seconds is not None:
                scope.reschedule(now + self.spec.deadline_seconds)
        deadline = scope.when()
        left = LONGEST if deadline is None else deadline - now
        return min(self.spec.timeout_seconds or LONGEST, left)

    def _limit(self, state: CallState) -> AbstractAsyncContextManager[object]:
        """Return what ends an attempt that takes longer than the server may need."""
        if self.spec.timeout_seconds is not None:
            return nullcontext()  # the transport does
        return self._patience.limit(state.most_output)

    def _settle_reply(
        self,
        state: CallState,
        received: Received,
        format: Format,
        reserved: Reservation,
        estimate: float,
    ) -> None:
        """Let all that limits the calls, and the choice of format, learn from a reply."""
        request = state.request
        counted = _believed(request, received.completion)
        self.budget.settle(reserved, counted)
        self.breaker.success()
        seconds = asyncio.get_running_loop().time() - state.sent_at
        self._patience.learn(seconds, counted.output_tokens)
        self._concurrency.grow()
        if counted.input_tokens is not None and counted.output_tokens is not None:
            self._limits.learn(
                reserved.prompt, estimate, counted.input_tokens, counted.output_tokens
            )
        if received.reply.status is Status.ok:
            keys = request.schema.get("required", ())
            self._format.learn(format, counted.text or "", keys)

    def _after_fault(
        self,
        state: CallState,
        fault: TransportFault,
        format: Format,
        reserved: Reservation,
        scope: asyncio.Timeout,
    ) -> Retry | GiveUp:
        """Settle an attempt that failed, and decide what follows it."""
        other_format = self._format.lower(format, fault)
        if fault.billed:
            self.budget.settle(reserved, None)
        else:
            self.budget.give_back(reserved, called=fault.reached and not other_format)
        if other_format or self._has_less_room(state, fault):
            return Retry(0.0)  # the format or the length was refused, not the call
        self._note(state, fault)
        wait = self._backoff.seconds(len(state.faults), state.request.key, fault.retry_after)
        if fault.kind == "timeout" and self._is_silent:
            return GiveUp(Status.timed_out, "silence")
        if is_overload(fault):
            wait = max(wait, self._slow_down(state, fault))
        tried = len(state.faults) - state.patient_attempts
        left = self._time_left(state, scope)
        decision = after_fault(fault, tried, self.spec.max_attempts, wait, left)
        if isinstance(decision, GiveUp) and decision.reason == "deadline":
            self._announce_wait(state, fault)
        return decision

    @property
    def _is_silent(self) -> bool:
        """Whether a server has answered nothing at all in the time that a slow one needs."""
        return self.spec.timeout_seconds is None and self._patience.last_reply is None

    def _has_less_room(self, state: CallState, fault: TransportFault) -> bool:
        """Whether a server refused the room to reason, and says how much it has."""
        if state.most_output == self.spec.max_output_tokens or fault.retryable:
            return False
        room = room_for_reply(describe_fault(fault), state.most_output)
        return room is not None and self._worst.narrow(state.most_output, room)

    def _slow_down(self, state: CallState, fault: TransportFault) -> float:
        """Ask a server that has too much for less at once; return the seconds to leave it alone.

        One that has answered nobody since an attempt that timed out may still be at it, though its
        connection is closed.
        """
        self._concurrency.reduce(state.sent_at)
        if fault.retry_after is not None and fault.retry_after <= self._longest_wait:
            self._concurrency.pause(fault.retry_after)
        if fault.kind != "timeout" or self._patience.answered_since(state.sent_at):
            return 0.0
        return asyncio.get_running_loop().time() - state.sent_at

    @property
    def _longest_wait(self) -> float:
        """The seconds up to which a server is waited for as it asks."""
        return self.spec.deadline_seconds or _SILENCE_SECONDS

    def _time_left(self, state: CallState, scope: asyncio.Timeout) -> float:
        """Return the seconds in which another attempt of a call may begin."""
        now, deadline = asyncio.get_running_loop().time(), scope.when()
        if deadline is not None:
            return deadline - now
        alive = max(state.started_at or now, self._patience.last_reply or 0.0)
        return alive + _SILENCE_SECONDS - now

    def _note(self, state: CallState, fault: TransportFault) -> None:
        """Count a failed attempt, and tell the breaker."""
        state.attempts += 1
        state.fault_text = describe_fault(fault)
        if fault.declined:
            self.breaker.success()
            return
        state.faults.append(fault.kind)
        state.patient_attempts += asks_for_patience(fault)
        state.permanent = not fault.retryable
        if fault.hopeless:
            self.breaker.trip(f"refuses all calls: {state.fault_text}")
        elif not is_busy(fault):
            self.breaker.failure(_as_server(fault, state.fault_text), permanent=state.permanent)

    def _announce_wait(self, state: CallState, fault: TransportFault) -> None:
        """Say when a limit ends that lasts too long; one for all calls stops them all."""
        if fault.retry_after is None:
            return
        when = _clock_time(fault.retry_after)
        state.fault_text = f"{state.fault_text.rstrip('.')}; it asks to come again at {when}"
        if fault.status == BUSY and fault.retry_after > self._longest_wait:
            self.breaker.trip(f"takes no calls now: {state.fault_text}")

    def _reply(
        self, state: CallState, status: Status, completion: Completion = _NOTHING
    ) -> ChatReply:
        started = state.started_at
        return ChatReply(
            text=completion.text or completion.refusal,
            status=status,
            seconds=0.0 if started is None else asyncio.get_running_loop().time() - started,
            attempts=state.attempts,
            faults=tuple(state.faults),
            input_tokens=completion.input_tokens,
            output_tokens=completion.output_tokens,
            cached_tokens=completion.cached_tokens,
            model=completion.model or self.model,
            host=self.transport.host,
            revision=completion.revision,
            server=completion.server,
            cost=completion.cost,
            fault_text=self._fault_text(state, status),
            permanent=state.permanent,
        )

    def _fault_text(self, state: CallState, status: Status) -> str:
        if status is Status.stopped:
            return self.breaker.why
        return self.budget.surprise if status is Status.over_budget else state.fault_text


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


def _as_server(fault: TransportFault, said: str) -> str:
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


def _believed(request: ChatRequest, completion: Completion) -> Completion:
    """Return a reply without its counts if they cannot be true."""
    if is_plausible(completion, request.characters, completion.text or completion.refusal):
        return completion
    return completion._replace(input_tokens=None, output_tokens=None, cached_tokens=None)


def _with_answer(request: ChatRequest, completion: Completion) -> Completion:
    """Return a reply with the answer that stands at the end of its reasoning, if nowhere else.

    A reasoning that was cut has drafts at the most.
    """
    if _says_something(completion) or completion.refusal or _is_cut(completion):
        return completion
    answer = answer_at_end(completion.reasoning, request.schema.get("required", ()))
    return completion if answer is None else completion._replace(text=answer)


def _status(completion: Completion, most_output: int) -> Status:
    """Return what a sound reply amounts to.

    One without text that took all tokens allowed was cut, whether the server says so or not.
    """
    if completion.refusal or completion.finish_reason == "content_filter":
        return Status.refused
    if _is_cut(completion):
        return Status.truncated
    if _says_something(completion):
        return Status.ok
    return Status.truncated if (completion.output_tokens or 0) >= most_output else Status.empty


def _is_cut(completion: Completion) -> bool:
    return (completion.finish_reason or "").lower() in _CUT


def _reasons(completion: Completion) -> bool:
    """Whether a reply is, or begins with, a model's reasoning, be it marked or not."""
    return bool(completion.reasoning) or not begins_with_answer(completion.text or "")


def _says_something(completion: Completion) -> bool:
    return bool(completion.text and completion.text.strip())
