"""Limits on calls that runs in several processes, or on several machines, share.

A ``Limiter`` lives in a process of its own: it counts slots, the budget and the provider's rates
in one event loop. The pool of each worker (``remote_pool``) asks it before every call. Its
methods are coroutines that Ray calls from outside; nothing here imports Ray.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from econsim_mesa.llm.budget import Account, Caps, Reservation, Usage
from econsim_mesa.llm.limits import RateLimits
from econsim_mesa.llm.pool import Pool
from econsim_mesa.llm.slots import LocalSlots
from econsim_mesa.scenario.llm import LlmSpec

Call = Callable[..., Awaitable[Any]]
"""Calls a method of the limiter by name, which runs even if its result is not awaited."""


class Limiter:
    """Slots, budget and rates of an experiment; ``caps`` hold for all its runs together.

    Args:
        max_concurrency: Number of calls in flight.
        caps: The most that may be spent.
        spent: Usage so far.
    """

    def __init__(self, max_concurrency: int, caps: Caps, spent: Usage) -> None:
        self._slots = LocalSlots(max_concurrency)
        self._account = Account(caps, spent)
        self._rates: dict[str, RateLimits] = {}
        self._taken: Counter[str] = Counter()
        self._reserved: defaultdict[str, list[Reservation]] = defaultdict(list)
        self._dropped: set[tuple[str, int]] = set()
        self._done = 0

    async def take(self, worker: str, ticket: int, step: int) -> None:
        """Wait for a slot for a call of a step; a ticket dropped meanwhile gives it back."""
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
        return await self._rates_of(spec).admit(prompt_bytes)

    async def learn(
        self,
        spec: LlmSpec,
        prompt_bytes: int,
        estimate: float,
        input_tokens: int,
        output_tokens: int,
    ) -> None:
        """Correct an estimate of tokens; see ``RateLimits.learn``."""
        self._rates_of(spec).learn(prompt_bytes, estimate, input_tokens, output_tokens)

    async def reserve(self, worker: str, wanted: Reservation, alone: bool) -> bool:
        """Reserve the most that an attempt can use; False: a cap leaves no room."""
        fits = await self._account.reserve(wanted, alone=alone)
        if fits:
            self._reserved[worker].append(wanted)
        return fits

    async def settle(self, worker: str, reserved: Reservation, used: Usage) -> None:
        """Replace a reservation by what the attempt used."""
        self._reserved[worker].remove(reserved)
        self._account.settle(reserved, used)

    async def forget(self, worker: str) -> None:
        """Free the slots of a worker that died, and count what it had reserved as spent."""
        for _ in range(self._taken[worker]):
            await self.give(worker, done=False)
        for reserved in self._reserved.pop(worker, []):
            unknown = Usage(
                calls=1,
                unsure_tokens=reserved.tokens,
                unsure_picodollars=reserved.picodollars,
            )
            self._account.settle(reserved, unknown)

    async def state(self) -> tuple[int, int, Usage]:
        """Return the number of calls that ended, of calls in flight, and what was spent."""
        return self._done, sum(self._taken.values()), self._account.usage

    def _rates_of(self, spec: LlmSpec) -> RateLimits:
        key = f"{spec.base_url} {spec.model} {spec.requests_per_minute} {spec.tokens_per_minute}"
        if key not in self._rates:
            self._rates[key] = RateLimits(spec)
        return self._rates[key]


def remote_pool(call: Call, worker: str) -> Pool:
    """Return the pool of a worker: its own connections, within the limits of the ``Limiter``."""
    return Pool(RemoteSlots(call, worker), RemoteAccount(call, worker), partial(RemoteRates, call))


class RemoteSlots:
    """Slots of the limiter; see ``llm.slots.Slots``."""

    def __init__(self, call: Call, worker: str) -> None:
        self._call, self._worker = call, worker
        self._tickets = itertools.count()

    @asynccontextmanager
    async def taken(self, step: int) -> AsyncIterator[None]:
        """Wait for a slot for a call of a step, and hold it inside the ``with`` block."""
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


class RemoteAccount:
    """The budget of the limiter; see ``llm.budget.SharedAccount``."""

    is_bounded = True  # the caps are known to the limiter only

    def __init__(self, call: Call, worker: str) -> None:
        self._call, self._worker = call, worker

    async def reserve(self, wanted: Reservation, *, alone: bool = False) -> bool:
        """Reserve the most that an attempt can use; False: a cap leaves no room."""
        asked = self._call("reserve", self._worker, wanted, alone)
        waiting = asyncio.ensure_future(_awaited(asked))
        try:
            return bool(await asyncio.shield(waiting))
        except asyncio.CancelledError:
            waiting.add_done_callback(lambda future: self._give_back(future, wanted))
            raise

    def settle(self, reserved: Reservation, used: Usage) -> None:
        """Replace a reservation by what the attempt used."""
        self._call("settle", self._worker, reserved, used)

    def _give_back(self, future: asyncio.Future[bool], wanted: Reservation) -> None:
        if not future.cancelled() and future.exception() is None and future.result():
            self.settle(wanted, Usage())


class RemoteRates:
    """The limiter's rates for one server and model; see ``llm.limits.RateLimiter``."""

    def __init__(self, call: Call, spec: LlmSpec) -> None:
        self._call, self._spec = call, spec
        self._is_limited = bool(spec.requests_per_minute or spec.tokens_per_minute)

    async def admit(self, prompt_bytes: int) -> float:
        """Wait until a request may go; return the tokens that were taken for it."""
        if not self._is_limited:
            return 0.0
        return float(await self._call("admit", self._spec, prompt_bytes))

    def learn(
        self, prompt_bytes: int, estimate: float, input_tokens: int, output_tokens: int
    ) -> None:
        """Correct an estimate by what the server counted."""
        if self._is_limited:
            counts = prompt_bytes, estimate, input_tokens, output_tokens
            self._call("learn", self._spec, *counts)


async def _awaited(pending: Awaitable[Any]) -> Any:
    return await pending
