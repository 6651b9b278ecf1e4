"""Limits of a provider over time: requests and tokens a minute."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from econsim_mesa.scenario.llm import LlmSpec

_BYTES_A_TOKEN = 4.0  # a first guess; measured after the first replies


class Bucket:
    """A token bucket: ``rate`` units a minute, of which a second's worth may come at once.

    In no minute does more than ``rate`` come out, and one unit, and what a late correction adds.
    ``now`` returns the time in seconds, and ``sleep`` waits for so many of them.
    """

    def __init__(
        self,
        rate: float,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._now, self._sleep = now, sleep
        self.capacity = max(1.0, rate / 60)
        self.rate = (rate - self.capacity) / 60 if rate >= 60 else rate / 60
        self.rate = max(self.rate, rate / 120)
        self._level = self.capacity
        self._filled = now()
        self._queue = asyncio.Lock()

    async def take(self, amount: float) -> None:
        """Wait for an amount, first come, first served; one above the capacity leaves a debt."""
        async with self._queue:
            needed = min(amount, self.capacity)
            # A clock ticks: what is missing by less than this would be slept for without end.
            while (missing := needed - self._fill()) > 1e-6 * self.capacity:
                await self._sleep(missing / self.rate)
            self._level -= amount

    def correct(self, difference: float) -> None:
        """Give back what was taken too much; less than 0: take what was taken too little."""
        self._level = min(self._fill() + difference, self.capacity)

    def _fill(self) -> float:
        now = self._now()
        self._level = min(self._level + (now - self._filled) * self.rate, self.capacity)
        self._filled = now
        return self._level


class RateLimiter(Protocol):
    """Limits over time of one server and model: ``RateLimits``, or a way to one elsewhere."""

    async def admit(self, prompt_bytes: int) -> float:
        """Wait until a request may go; return the tokens that were taken for it."""
        ...

    def learn(
        self, prompt_bytes: int, estimate: float, input_tokens: int, output_tokens: int
    ) -> None:
        """Correct an estimate by what the server counted."""
        ...


class RateLimits:
    """The limits of a scenario; tokens are estimated beforehand and corrected by the reply."""

    def __init__(self, spec: LlmSpec) -> None:
        self._requests = _bucket(spec.requests_per_minute)
        self._tokens = _bucket(spec.tokens_per_minute)
        self._bytes_a_token = _BYTES_A_TOKEN
        self._reply_tokens = spec.max_output_tokens / 4

    async def admit(self, prompt_bytes: int) -> float:
        """Wait until a request may go; return the tokens that it was taken for."""
        if self._requests is not None:
            await self._requests.take(1)
        if self._tokens is None:
            return 0.0
        estimate = prompt_bytes / self._bytes_a_token + self._reply_tokens
        await self._tokens.take(estimate)
        return estimate

    def learn(
        self, prompt_bytes: int, estimate: float, input_tokens: int, output_tokens: int
    ) -> None:
        """Correct an estimate by what the server counted, and estimate better from now on."""
        if self._tokens is None:
            return
        self._tokens.correct(estimate - input_tokens - output_tokens)
        self._reply_tokens += 0.1 * (output_tokens - self._reply_tokens)
        if input_tokens:
            self._bytes_a_token += 0.1 * (prompt_bytes / input_tokens - self._bytes_a_token)


def _bucket(rate: float | None) -> Bucket | None:
    return None if rate is None else Bucket(rate)
