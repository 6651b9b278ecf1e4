"""The gateway: every call of a run, within its limits, never lost and never faked."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from econsim_mesa.llm.advice import describe_fault
from econsim_mesa.llm.breaker import Breaker
from econsim_mesa.llm.budget import (
    Budget,
    Reservation,
    SharedAccount,
    Usage,
    WorstCase,
    most_input_tokens,
)
from econsim_mesa.llm.counts import is_plausible
from econsim_mesa.llm.fairness import note_reply
from econsim_mesa.llm.formats import FormatChoice
from econsim_mesa.llm.limits import RateLimiter, RateLimits
from econsim_mesa.llm.message_text import answer_at_end
from econsim_mesa.llm.messages import ANSWERED, ChatReply, ChatRequest, Status
from econsim_mesa.llm.progress import Progress
from econsim_mesa.llm.refusals import BUSY
from econsim_mesa.llm.retry import Backoff, GiveUp, Retry, after_fault, asks_for_patience
from econsim_mesa.llm.slots import LocalSlots, Slots
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
    received: Received | None = None
    keep_error: Exception | None = None
    """Why the reply could not be kept."""

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
        self.progress = Progress(self.budget)
        self._keep, self._reuse, self._backoff = keep, dict(reuse or {}), backoff
        self._limits, self._format, self._slots = shared.limits, shared.format, shared.slots
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
            self.progress.add(reply)
            return reply
        send = self._join_equal if self._equal_replies(request) else self._call
        reply = await send(request)
        self.progress.add(reply)
        if reply.reused:
            self._record(request, reply)
        return reply

    async def ask_anew(self, request: ChatRequest) -> ChatReply:
        """Answer a request whose recorded reply is of no use."""
        self._reuse.pop(request.key, None)
        return await self.ask(request)

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
            status = Status.stopped if self.breaker.open else state.out_of_time
            return self._given_up(state, status)

    @asynccontextmanager
    async def _slot(self, step: int) -> AsyncIterator[None]:
        """Wait for a slot and hold it; the progress shows both."""
        self.progress.waiting += 1
        waiting = True
        try:
            async with self._slots.taken(step):
                self.progress.waiting -= 1
                waiting = False
                self.progress.in_flight += 1
                try:
                    yield
                finally:
                    self.progress.in_flight -= 1
        finally:
            self.progress.waiting -= waiting

    async def _attempts(self, state: CallState, scope: asyncio.Timeout) -> ChatReply:
        """Make attempts until one succeeds or none is worth making."""
        while True:
            outcome = await self._attempt(state, scope)
            if isinstance(outcome, ChatReply):
                return outcome
            if isinstance(outcome, GiveUp):
                return self._given_up(state, outcome.status)
            await asyncio.sleep(outcome.seconds)

    def _given_up(self, state: CallState, status: Status) -> ChatReply:
        """Return the end of a call without a reply; it is kept if the server was asked at all."""
        reply = self._reply(state, status)
        if state.attempts:
            self._record(state.request, reply)
        return reply

    async def _attempt(
        self, state: CallState, scope: asyncio.Timeout
    ) -> ChatReply | Retry | GiveUp:
        """Send a request once, as soon as limits and budget let it through.

        Returns the reply if one came, else what is to follow. Raises what ``keep`` raised.
        """
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
        self._settle_reply(state.request, outcome, format, reserved, estimate)
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
            await self.transport.send(state.request, format, timeout, receive)
            fault = TransportFault("empty_body", retryable=True)
        except TransportFault as error:
            fault = error
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
        status = _status(completion, self.spec.max_output_tokens)
        reply = self._reply(state, status, completion)
        state.received = Received(completion, reply)
        try:
            self._record(state.request, reply)
        except Exception as error:
            state.keep_error = error

    def _timeout(self, state: CallState, scope: asyncio.Timeout) -> float:
        """Return the seconds that an attempt has; the deadline of a call begins with its first."""
        if state.started_at is None:
            now = state.started_at = asyncio.get_running_loop().time()
            scope.reschedule(now + self.spec.deadline_seconds)
        return min(self.spec.timeout_seconds, _time_left(scope))

    def _settle_reply(
        self,
        request: ChatRequest,
        received: Received,
        format: Format,
        reserved: Reservation,
        estimate: float,
    ) -> None:
        """Let budget, breaker, rates and the choice of format learn from a reply."""
        counted = _believed(request, received.completion)
        self.budget.settle(reserved, counted)
        self.breaker.success()
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
        if other_format:
            return Retry(0.0)  # the format was refused, not the call
        self._note(state, fault)
        wait = self._backoff.seconds(len(state.faults), state.request.key, fault.retry_after)
        tried = len(state.faults) - state.patient_attempts
        decision = after_fault(fault, tried, self.spec.max_attempts, wait, _time_left(scope))
        if isinstance(decision, GiveUp) and decision.reason == "deadline":
            self._announce_wait(state, fault)
        return decision

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
        elif fault.status != BUSY:
            self.breaker.failure(_as_server(fault, state.fault_text), permanent=state.permanent)

    def _announce_wait(self, state: CallState, fault: TransportFault) -> None:
        """Say when a limit ends that lasts too long; one for all calls stops them all."""
        if fault.retry_after is None:
            return
        when = _clock_time(fault.retry_after)
        state.fault_text = f"{state.fault_text.rstrip('.')}; it asks to come again at {when}"
        if fault.status == BUSY and fault.retry_after > self.spec.deadline_seconds:
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


def _time_left(scope: asyncio.Timeout) -> float:
    deadline = scope.when()
    return math.inf if deadline is None else deadline - asyncio.get_running_loop().time()


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


def _says_something(completion: Completion) -> bool:
    return bool(completion.text and completion.text.strip())
