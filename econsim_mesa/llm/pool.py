"""A pool: what the gateways of many runs share, so that slots freed by one serve the others.

Connections, limits of a provider and the breaker are shared by runs that ask one server for one
model; slots and the budget by all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from econsim_mesa.llm import loop
from econsim_mesa.llm.breaker import Breaker
from econsim_mesa.llm.budget import SharedAccount, Usage, WorstCase
from econsim_mesa.llm.formats import FormatChoice
from econsim_mesa.llm.gateway import Gateway, Shared
from econsim_mesa.llm.gateways import Gateways, current_gateways
from econsim_mesa.llm.limits import RateLimiter, RateLimits
from econsim_mesa.llm.messages import ChatReply, ChatRequest
from econsim_mesa.llm.progress import Progress
from econsim_mesa.llm.reply_room import ReplyRoom
from econsim_mesa.llm.slots import Slots
from econsim_mesa.llm.speed import ExpectedTime
from econsim_mesa.llm.transport import Transport
from econsim_mesa.numbers import significant

if TYPE_CHECKING:
    from econsim_mesa.scenario.llm import LlmSpec

_OWN = frozenset({
    *("max_concurrency", "max_calls", "max_tokens", "max_cost", "prices"),
    *("template", "listing", "traits", "repair", "on_failure", "summaries", "send_seed"),
    "deadline_seconds",
})  # fmt: skip
"""Fields of a scenario's ``llm`` in which runs may differ that share a server."""


class Pool(Gateways):
    """Opens gateways that share slots, budget and servers.

    Transports and waits are those of the gateways that the thread has entered in which the pool
    is made.

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
        entered = current_gateways()
        super().__init__(entered.transport_for, entered.backoff)
        self._slots, self._account, self._rates = slots, account, rates
        self._servers: dict[str, tuple[Transport, Shared]] = {}
        self._progress: list[Progress] = []
        self._guard = threading.Lock()
        self._stopped = False

    @property
    def done(self) -> int:
        """Calls that ended."""
        return sum(run.done for run in list(self._progress))

    @property
    def in_flight(self) -> int:
        """Calls that have a slot."""
        return sum(run.in_flight for run in list(self._progress))

    def gateway(
        self,
        spec: LlmSpec,
        keep: Callable[[ChatRequest, ChatReply], None],
        reuse: Mapping[str, ChatReply] | None = None,
        spent: Usage | None = None,
    ) -> Gateway:
        """Return the gateway of one run; see ``Gateway``. May be called from any thread."""
        key = spec.model_dump_json(exclude=set(_OWN))
        with self._guard:
            if key not in self._servers:
                self._servers[key] = self._server(spec)
            transport, shared = self._servers[key]
            gateway = Gateway(spec, transport, keep, reuse, spent, shared, self.backoff)
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
            transports = [transport for transport, _ in self._servers.values()]
        if transports:
            loop.run(_close(transports))

    def words(self, usage: Usage) -> str:
        """Return calls, and the tokens and cost of ``usage``, in one line."""
        faults = sum(sum(run.faults.values()) for run in list(self._progress))
        line = f"{self.done:,} calls, {self.in_flight} in flight, {usage.tokens:,} tokens"
        line += f", ${usage.most_cost:.2f}" if usage.most_cost else ""
        if (pace := self._per_minute()) is not None:
            line += f", {significant(pace, 2)} calls a minute"
        return line + (f", {faults:,} failed attempts" if faults else "")

    @property
    def replies(self) -> int:
        """Replies to calls whose number is known beforehand; repair turns do not count."""
        return sum(shared.speed.replies for _, shared in list(self._servers.values()))

    def time_for(self, calls: int) -> ExpectedTime | None:
        """Return the time for calls that are left, if all servers stay as fast; None: unknown."""
        pace = self._per_minute()
        return None if pace is None else ExpectedTime.of(calls, pace, self.replies)

    def _per_minute(self) -> float | None:
        """Return replies a minute of all servers together; None: too few have come to say."""
        paces = [shared.speed.per_minute for _, shared in list(self._servers.values())]
        return None if not paces or None in paces else sum(filter(None, paces))

    def _server(self, spec: LlmSpec) -> tuple[Transport, Shared]:
        transport = self.transport_for(spec)
        breaker = Breaker(spec.breaker, spec.breaker_seconds)
        breaker.open = self._stopped
        shared = Shared(
            breaker,
            self._rates(spec),
            FormatChoice(spec.response_format, transport.formats),
            self._slots,
            WorstCase(ReplyRoom(spec)),
            self._account,
        )
        return transport, shared


async def _trip(breakers: list[Breaker]) -> None:
    for breaker in breakers:
        breaker.trip()


async def _close(transports: list[Transport]) -> None:
    for transport in transports:
        await transport.close()
