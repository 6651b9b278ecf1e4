"""A pool: what the gateways of many runs share, so that slots freed by one serve the others.

Connections, limits of a provider and the breaker are shared by runs that ask one server for one
model; slots and the budget by all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from econsim_mesa.llm import loop
from econsim_mesa.llm.breaker import Breaker
from econsim_mesa.llm.budget import SharedAccount, Usage, WorstCase
from econsim_mesa.llm.client import ChatClient
from econsim_mesa.llm.connect import connect
from econsim_mesa.llm.formats import FormatChoice
from econsim_mesa.llm.gateway import Gateway, Shared
from econsim_mesa.llm.limits import RateLimiter, RateLimits
from econsim_mesa.llm.messages import ChatReply, ChatRequest
from econsim_mesa.llm.progress import Progress
from econsim_mesa.llm.slots import Slots

if TYPE_CHECKING:
    from econsim_mesa.scenario.llm import LlmSpec

_OWN = frozenset({
    *("max_concurrency", "max_calls", "max_tokens", "max_cost", "prices"),
    *("template", "listing", "traits", "repair", "on_failure", "summaries", "send_seed"),
    "deadline_seconds",
})  # fmt: skip
"""Fields of a scenario's ``llm`` in which runs may differ that share a server."""


class Pool:
    """Opens gateways that share slots, budget and servers.

    Args:
        slots: Slots of calls in flight.
        account: Caps that hold for all runs together; the caps of a scenario go on holding for
            each of its runs.
        rates: Makes the limits over time of a server and model.
    """

    def __init__(
        self,
        slots: Slots,
        account: SharedAccount,
        rates: Callable[[LlmSpec], RateLimiter] = RateLimits,
    ) -> None:
        self._slots, self._account, self._rates = slots, account, rates
        self._servers: dict[str, tuple[ChatClient, Shared]] = {}
        self._progress: list[Progress] = []
        self._guard = threading.Lock()
        self._stopped = False

    @property
    def done(self) -> int:
        """Calls that ended."""
        return sum(one.done for one in list(self._progress))

    @property
    def in_flight(self) -> int:
        """Calls that have a slot."""
        return sum(one.in_flight for one in list(self._progress))

    def gateway(
        self,
        spec: LlmSpec,
        keep: Callable[[ChatRequest, ChatReply], None],
        reuse: Mapping[str, ChatReply],
        spent: Usage,
    ) -> Gateway:
        """Return the gateway of one run; see ``Gateway``. May be called from any thread."""
        key = spec.model_dump_json(exclude=set(_OWN))
        with self._guard:
            if key not in self._servers:
                self._servers[key] = self._server(spec)
            client, shared = self._servers[key]
            gateway = Gateway(spec, client, keep, reuse, spent, shared)
            self._progress.append(gateway.progress)
        return gateway

    def stop(self) -> None:
        """Cancel all calls and let no more through; replies that arrived are kept."""
        with self._guard:
            self._stopped = True
            breakers = [shared.breaker for _, shared in self._servers.values()]
        if breakers:
            loop.run(_trip(breakers))

    def close(self) -> None:
        """Close all connections; a later call opens new ones."""
        with self._guard:
            clients = [client for client, _ in self._servers.values()]
        if clients:
            loop.run(_close(clients))

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Have deciders that open a gateway in this thread take it from this pool."""
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)

    def words(self, usage: Usage) -> str:
        """Return calls, and the tokens and cost of ``usage``, in one line."""
        shares = list(self._progress)
        faults = sum(sum(one.faults.values()) for one in shares)
        told = f"{self.done:,} calls, {self.in_flight} in flight, {usage.tokens:,} tokens"
        told += f", ${usage.most_cost:.2f}" if usage.most_cost else ""
        return told + (f", {faults:,} failed attempts" if faults else "")

    def _server(self, spec: LlmSpec) -> tuple[ChatClient, Shared]:
        client = connect(spec)
        breaker = Breaker(spec.breaker, spec.breaker_seconds)
        breaker.open = self._stopped
        shared = Shared(
            breaker,
            self._rates(spec),
            FormatChoice(spec.response_format, client.formats),
            self._slots,
            WorstCase(spec),
            self._account,
        )
        return client, shared


_current: ContextVar[Pool | None] = ContextVar("pool", default=None)


def current_pool() -> Pool | None:
    """Return the pool that this thread has entered."""
    return _current.get()


async def _trip(breakers: list[Breaker]) -> None:
    for breaker in breakers:
        breaker.trip()


async def _close(clients: list[ChatClient]) -> None:
    for client in clients:
        await client.close()
