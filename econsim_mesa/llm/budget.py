"""Caps on calls, tokens and cost: the worst case of a call is reserved before it is sent.

So no cap is passed by a server that writes no more than it is told to. One that does is known by
its first reply, for which the others wait; from then on the longest reply seen is reserved.

Money is counted in picodollars, integers of 1e-12 US dollars, so that a cap is exact: a price of
0.15 dollars for a million tokens is 150,000 of them a token.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from econsim_mesa.errors import BadInput
from econsim_mesa.llm.messages import ChatRequest
from econsim_mesa.llm.reply_room import ReplyRoom
from econsim_mesa.llm.transport import SCHEMAS, Completion, Format

if TYPE_CHECKING:
    from econsim_mesa.scenario.llm import LlmSpec

PICO = 10**12
_TOKENS_A_MESSAGE = 16  # what a chat template adds around each message, and more
_TOKENS_A_REQUEST = 64
TOKENS_AROUND = 4096
"""More than the schema of a reply and what frames the messages of a request."""
_FIRST_TRIES = 5
"""Attempts without a reply for which all other calls wait."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What calls used. ``calls`` counts every attempt that reached a server.

    ``unsure_tokens`` and ``unsure_picodollars`` are the most that attempts of unknown use may
    have cost: timed out, cut off, or answered without a count. They fill the caps as well.
    """

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    picodollars: int = 0
    unsure_tokens: int = 0
    unsure_picodollars: int = 0
    longest: int = 0
    """Tokens of the longest reply."""
    room: int = 0
    """The most tokens that a reply was allowed; 0: no more than the settings say."""

    def plus(self, other: Usage) -> Usage:
        """Return both together."""
        return Usage(
            self.calls + other.calls,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cached_tokens + other.cached_tokens,
            self.picodollars + other.picodollars,
            self.unsure_tokens + other.unsure_tokens,
            self.unsure_picodollars + other.unsure_picodollars,
            max(self.longest, other.longest),
            max(self.room, other.room),
        )

    @property
    def tokens(self) -> int:
        """Tokens that servers counted, prompts and replies."""
        return self.input_tokens + self.output_tokens

    @property
    def cost(self) -> float:
        """US dollars of what servers counted; the least that was spent."""
        return self.picodollars / PICO

    @property
    def most_cost(self) -> float:
        """US dollars, the most that may have been spent."""
        return (self.picodollars + self.unsure_picodollars) / PICO


class Rates(NamedTuple):
    """Prices of a model in picodollars a token; all 0 where none are known."""

    input: int = 0
    output: int = 0
    cached: int = 0

    @classmethod
    def of(cls, spec: LlmSpec) -> Rates:
        """Return the prices of the scenario's model. Raises ``BadInput`` if a cap needs them."""
        price = spec.prices.get(spec.model or "")
        if price is None:
            if spec.max_cost is not None:
                raise BadInput(
                    f"max_cost needs the price of {spec.model!r}: set llm.prices, for example "
                    '{"' + f"{spec.model}" + '": {"input": 0.15, "output": 0.6}}, in dollars '
                    "for a million tokens"
                )
            return cls()
        cached = price.input if price.cached is None else price.cached
        return cls(*(math.ceil(each * 1e6) for each in (price.input, price.output, cached)))

    def cost(self, input_tokens: int, output_tokens: int, cached_tokens: int = 0) -> int:
        """Return the picodollars of so many tokens; the cached ones are among the input."""
        cached = min(cached_tokens, input_tokens)
        fresh = input_tokens - cached
        return fresh * self.input + cached * self.cached + output_tokens * self.output


class Caps(NamedTuple):
    """The most that may be spent; None: no cap."""

    calls: int | None = None
    tokens: int | None = None
    picodollars: int | None = None

    @classmethod
    def of(cls, spec: LlmSpec) -> Caps:
        """Return the caps of a scenario."""
        cost = None if spec.max_cost is None else math.floor(spec.max_cost * PICO)
        return cls(spec.max_calls, spec.max_tokens, cost)


class Reservation(NamedTuple):
    """The most that one attempt can use.

    ``prompt`` tokens at the most are of its prompt. ``first``: others wait for what it shows.
    """

    tokens: int
    picodollars: int
    prompt: int = 0
    first: bool = False


def most_input_tokens(request: ChatRequest, format: Format) -> int:
    """Return a number of tokens that the prompt cannot pass: its bytes, and what frames it.

    Vocabularies of today's models hold every byte, so that no token is shorter than one.
    """
    count = _TOKENS_A_REQUEST + _TOKENS_A_MESSAGE * len(request.messages)
    for message in request.messages:
        text = message.content
        count += len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
    if format in SCHEMAS:  # providers count it as a part of the prompt
        count += len(request.schema.text) + len(request.schema_name)
    return count


class WorstCase:
    """The most tokens that a call to one server may take: what is allowed, until more is seen.

    What a server does against its orders shows in a reply only: until one is there calls go one
    at a time, as far as caps depend on it. Belongs to one event loop.
    """

    def __init__(self, room: ReplyRoom) -> None:
        self.room = room
        self.longest = 0  #: tokens of the longest reply seen
        self.preamble = 0  #: tokens that the server adds to a prompt
        self._tries = _FIRST_TRIES
        self._turn = asyncio.Lock()

    @property
    def output(self) -> int:
        """Tokens of the longest reply that is to be expected."""
        return max(self.longest, self.room.tokens)

    @property
    def is_passed(self) -> bool:
        """Whether the server has written more than it was told to."""
        return self.longest > self.room.tokens

    def learn(self, output: int, preamble: int = 0) -> None:
        """Take in the tokens of a reply, and those of a prompt beyond the most it can have."""
        self.longest, self.preamble = max(self.longest, output), max(self.preamble, preamble)

    async def wait(self) -> bool:
        """Wait while another call is the first; whether this one is. Then ``end`` must follow."""
        if self._tries > 0:
            await self._turn.acquire()
            if self._tries > 0:
                return True
            self._turn.release()
        return False

    def end(self, *, replied: bool) -> None:
        """End the first call; without a reply another one is the first, a few times."""
        self._tries = 0 if replied else self._tries - 1
        self._turn.release()


class SharedAccount(Protocol):
    """Caps that hold for several runs together: an ``Account``, or a way to one elsewhere."""

    @property
    def is_bounded(self) -> bool:
        """Whether tokens or cost have a cap, so that it matters what a call uses."""
        ...

    async def reserve(self, wanted: Reservation, *, alone: bool = False) -> bool:
        """Hold an amount for one attempt; False: a cap leaves no room for it."""
        ...

    def settle(self, reserved: Reservation, used: Usage) -> None:
        """Replace what was held for an attempt by what it used."""
        ...


class Account:
    """Caps on calls, tokens and picodollars, and what of them is spent or held.

    ``spent`` is what was used before. Belongs to one event loop.
    """

    def __init__(self, caps: Caps, spent: Usage) -> None:
        self.usage = spent
        self._caps = caps
        self._held = Reservation(0, 0)
        self._holders = 0
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def is_bounded(self) -> bool:
        """Whether tokens or cost have a cap, so that it matters what a call uses."""
        return self._caps.tokens is not None or self._caps.picodollars is not None

    async def reserve(self, wanted: Reservation, *, alone: bool = False) -> bool:
        """Hold an amount for one attempt; False: a cap leaves no room for it.

        Waits as long as attempts under way may give back what is missing, or, to be alone, as
        long as there are any.
        """
        while (alone and self._holders) or not self._fits(wanted, self._held, self._holders):
            if not self._holders or not self._fits(wanted, Reservation(0, 0), 0):
                return False
            change = asyncio.get_running_loop().create_future()
            self._waiting.append(change)
            await change
        self._hold(wanted, 1)
        return True

    def settle(self, reserved: Reservation, used: Usage) -> None:
        """Put what an attempt used in the place of what was held for it."""
        self._hold(reserved, -1)
        self.usage = self.usage.plus(used)

    def _hold(self, amount: Reservation, sign: int) -> None:
        held = self._held
        self._held = Reservation(
            held.tokens + sign * amount.tokens, held.picodollars + sign * amount.picodollars
        )
        self._holders += sign
        if sign < 0:
            waiting, self._waiting = self._waiting, []
            for change in waiting:
                if not change.done():
                    change.set_result(None)

    def _fits(self, wanted: Reservation, held: Reservation, holders: int) -> bool:
        used, caps = self.usage, self._caps
        tokens = used.tokens + used.unsure_tokens + held.tokens + wanted.tokens
        cost = used.picodollars + used.unsure_picodollars + held.picodollars + wanted.picodollars
        return (
            (caps.calls is None or used.calls + holders + 1 <= caps.calls)
            and (caps.tokens is None or tokens <= caps.tokens)
            and (caps.picodollars is None or cost <= caps.picodollars)
        )


class Budget:
    """What a run may still spend; ``spent`` is what its earlier parts used.

    ``usage`` is what was spent up to now. ``shared`` is an account for several runs, whose caps
    hold as well; ``worst`` is what is known of the server. Belongs to one event loop.
    """

    def __init__(
        self,
        spec: LlmSpec,
        spent: Usage,
        shared: SharedAccount | None = None,
        worst: WorstCase | None = None,
    ) -> None:
        self._rates = Rates.of(spec)
        self._dear = max(self._rates.input, self._rates.cached)
        self._worst = worst or WorstCase(ReplyRoom(spec))
        self._worst.learn(spent.longest)
        self._worst.room.resume(spent.room)
        self._own = Account(Caps.of(spec), spent)
        self._accounts: list[SharedAccount] = [self._own]
        if shared is not None:
            self._accounts.append(shared)
        self._bounded = any(account.is_bounded for account in self._accounts)

    @property
    def usage(self) -> Usage:
        """What the run spent up to now."""
        return self._own.usage

    @property
    def surprise(self) -> str:
        """What the server does that fills caps faster, in words; empty if nothing."""
        reasons = []
        if self._worst.is_passed:
            reasons.append(
                f"the server wrote up to {self._worst.longest:,} tokens where "
                f"llm.max_output_tokens is {self._worst.room.tokens:,}"
            )
        if self.usage.unsure_tokens:
            reasons.append("what some calls used is unknown, and counts as the most that it may be")
        return "; ".join(reasons)

    async def reserve(self, prompt: int) -> Reservation | None:
        """Reserve the most that an attempt can use whose prompt has at most so many tokens.

        Waits as long as attempts under way may give back what is missing. None: a cap leaves no
        room for it.
        """
        first = self._bounded and await self._worst.wait()
        held: Reservation | None = None
        try:
            held = await self._reserve(prompt, first=first)
        finally:
            if first and held is None:
                self._worst.end(replied=False)
        return held

    def settle(self, reserved: Reservation, raw: Completion | None) -> None:
        """Put what an attempt used in the place of what was reserved.

        None: no reply came; nothing is known of its use, nor of that of one without counts.
        """
        if raw is None or raw.input_tokens is None or raw.output_tokens is None:
            used = Usage(
                calls=1,
                unsure_tokens=reserved.tokens,
                unsure_picodollars=reserved.picodollars,
            )
        else:
            counts = raw.input_tokens, raw.output_tokens, raw.cached_tokens or 0
            self._worst.learn(raw.output_tokens, raw.input_tokens - reserved.prompt)
            used = Usage(1, *counts, self._rates.cost(*counts), longest=raw.output_tokens)
        self._settle(reserved, used, replied=raw is not None)

    def give_back(self, reserved: Reservation, *, called: bool) -> None:
        """Return the tokens and the cost of an attempt that did no paid work.

        ``called`` tells whether it counts as a call all the same.
        """
        self._settle(reserved, Usage(calls=int(called)), replied=False)

    async def _reserve(self, prompt: int, *, first: bool) -> Reservation | None:
        """Reserve the worst case as it is known when there is room.

        Where a server has written more than it was told to, it may write more still: then twice
        as much is reserved, or once for an attempt that is alone.
        """
        while True:
            known = self._worst.output, self._worst.preamble
            held = most = self._most(prompt, first=first)
            if not self._worst.is_passed:
                fits = await self._hold(most)
            else:
                held = most._replace(tokens=2 * most.tokens, picodollars=2 * most.picodollars)
                fits = await self._hold(held)
                if not fits:
                    held, fits = most, await self._hold(most, alone=True)
            if not fits or known == (self._worst.output, self._worst.preamble):
                return held if fits else None
            self._release(held, Usage())  # more was seen while it waited

    def _most(self, prompt: int, *, first: bool) -> Reservation:
        tokens, output = prompt + self._worst.preamble, self._worst.output
        cost = tokens * self._dear + output * self._rates.output
        return Reservation(tokens + output, cost, prompt, first)

    async def _hold(self, wanted: Reservation, *, alone: bool = False) -> bool:
        """Hold an amount on all accounts, or on none."""
        taken: list[SharedAccount] = []
        try:
            for account in self._accounts:
                if not await account.reserve(wanted, alone=alone):
                    break
                taken.append(account)
        finally:
            whole = len(taken) == len(self._accounts)
            for account in () if whole else taken:
                account.settle(wanted, Usage())
        return whole

    def _settle(self, reserved: Reservation, used: Usage, *, replied: bool) -> None:
        self._release(reserved, used)
        if reserved.first:
            self._worst.end(replied=replied)

    def _release(self, reserved: Reservation, used: Usage) -> None:
        for account in self._accounts:
            account.settle(reserved, used)
