"""One owner of all limits on calls, for runs that are made in several processes or machines.

A ``Limiter`` lives in a process of its own: slots, the budget and the provider's rates are
counted there, in one event loop. A ``RemotePool`` in each worker asks it before every call. Its
methods are coroutines that Ray calls from outside; nothing here imports Ray.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, cast

from econsim_mesa.llm.budget import Account, Caps, Reservation, Usage
from econsim_mesa.llm.gateway import Shared
from econsim_mesa.llm.limits import RateLimits
from econsim_mesa.llm.pool import Pool
from econsim_mesa.llm.slots import LocalSlots
from econsim_mesa.llm.transport import Transport
from econsim_mesa.scenario.llm import LlmSpec

Call = Callable[..., Awaitable[Any]]
"""Calls a method of the limiter by its name; what is not awaited is done all the same."""


class Limiter:
    """Slots, budget and rates of an experiment; ``caps`` hold for all its runs together.

    A worker that dies is forgotten: its slots are free again, and what it had reserved counts as
    spent, since nobody knows.
    """

    def __init__(self, slots: int, caps: Caps, spent: Usage) -> None:
        self._slots = LocalSlots(slots)
        self._account = Account(caps, spent)
        self._rates: dict[str, RateLimits] = {}
        self._taken: Counter[str] = Counter()
        self._reserved: defaultdict[str, list[Reservation]] = defaultdict(list)
        self._dropped: set[tuple[str, int]] = set()
        self._done = 0

    async def take(self, worker: str, ticket: int, step: int) -> None:
        """Wait for a slot for a call of a step; a dropped ticket gives it back."""
        await self._slots.acquire(step)
        self._taken[worker] += 1
        if (worker, ticket) in self._dropped:
            self._dropped.discard((worker, ticket))
            await self.give(worker, done=False)

    async def drop(self, worker: str, ticket: int) -> None:
        """Give up waiting for a slot."""
        self._dropped.add((worker, ticket))

    async def give(self, worker: str, *, done: bool = True) -> None:
        """Give a slot back."""
        if self._taken[worker]:
            self._taken[worker] -= 1
            self._slots.release()
            self._done += done

    async def admit(self, spec: LlmSpec, prompt_bytes: int) -> float:
        """Wait until the provider's rates let a request through; see ``RateLimits.admit``."""
        return await self._limits(spec).admit(prompt_bytes)

    async def learn(self, spec: LlmSpec, *counts: float) -> None:
        """Correct an estimate of tokens; see ``RateLimits.learn``."""
        self._limits(spec).learn(*counts)  # type: ignore[arg-type]

    async def reserve(self, worker: str, wanted: Reservation, alone: bool) -> bool:
        """Reserve the most that an attempt can use; False: a cap leaves no room."""
        fits = await self._account.reserve(wanted, alone=alone)
        if fits:
            self._reserved[worker].append(wanted)
        return fits

    async def settle(self, worker: str, reserved: Reservation, used: Usage) -> None:
        """Put what an attempt used in the place of what was reserved."""
        self._reserved[worker].remove(reserved)
        self._account.settle(reserved, used)

    async def forget(self, worker: str) -> None:
        """Take back what a worker that died had in hand."""
        for _ in range(self._taken[worker]):
            await self.give(worker, done=False)
        for one in self._reserved.pop(worker, []):
            lost = Usage(calls=1, unsure_tokens=one.tokens, unsure_picodollars=one.picodollars)
            self._account.settle(one, lost)

    async def state(self) -> tuple[int, int, Usage]:
        """Return calls that ended, calls in flight, and what was spent."""
        return self._done, sum(self._taken.values()), self._account.usage

    def _limits(self, spec: LlmSpec) -> RateLimits:
        key = f"{spec.base_url} {spec.model} {spec.requests_per_minute} {spec.tokens_per_minute}"
        if key not in self._rates:
            self._rates[key] = RateLimits(spec)
        return self._rates[key]


class RemotePool(Pool):
    """The pool of a worker: connections of its own, limits of the one ``Limiter``."""

    def __init__(self, max_concurrency: int, call: Call, worker: str) -> None:
        super().__init__(max_concurrency, Caps(), Usage())
        self._call = call
        self._slots = _Slots(call, worker)
        self._account = cast(Account, _Account(call, worker))

    def _server(self, spec: LlmSpec) -> tuple[Transport, Shared]:
        client, shared = super()._server(spec)
        return client, replace(shared, limits=cast(RateLimits, _Rates(self._call, spec)))


class _Slots:
    """The limiter's slots."""

    def __init__(self, call: Call, worker: str) -> None:
        self._call, self._worker = call, worker
        self._tickets = itertools.count()

    @asynccontextmanager
    async def taken(self, step: int) -> AsyncIterator[None]:
        ticket = next(self._tickets)
        try:
            await self._call("take", self._worker, ticket, step)
        except asyncio.CancelledError:
            self._call("drop", self._worker, ticket)
            raise
        try:
            yield
        finally:
            self._call("give", self._worker)


class _Account:
    """The limiter's budget."""

    is_bounded = True  # for all that is known here

    def __init__(self, call: Call, worker: str) -> None:
        self._call, self._worker = call, worker

    async def reserve(self, wanted: Reservation, *, alone: bool = False) -> bool:
        asked = self._call("reserve", self._worker, wanted, alone)
        waiting = asyncio.ensure_future(_awaited(asked))
        try:
            return bool(await asyncio.shield(waiting))
        except asyncio.CancelledError:
            waiting.add_done_callback(lambda made: self._undo(made, wanted))
            raise

    def settle(self, reserved: Reservation, used: Usage) -> None:
        self._call("settle", self._worker, reserved, used)

    def _undo(self, made: asyncio.Future[bool], wanted: Reservation) -> None:
        if not made.cancelled() and made.exception() is None and made.result():
            self.settle(wanted, Usage())


class _Rates:
    """The limiter's rates for one server and model."""

    def __init__(self, call: Call, spec: LlmSpec) -> None:
        self._call, self._spec = call, spec
        self._limited = bool(spec.requests_per_minute or spec.tokens_per_minute)

    async def admit(self, prompt_bytes: int) -> float:
        if not self._limited:
            return 0.0
        return float(await self._call("admit", self._spec, prompt_bytes))

    def learn(self, *counts: float) -> None:
        if self._limited:
            self._call("learn", self._spec, *counts)


async def _awaited(pending: Awaitable[Any]) -> Any:
    return await pending
