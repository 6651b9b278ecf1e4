"""Where a run gets its gateway from: what it sends by, and how long it waits between attempts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from econsim_mesa.llm.budget import Usage
from econsim_mesa.llm.connect import connect
from econsim_mesa.llm.gateway import DEFAULT_BACKOFF, Gateway
from econsim_mesa.llm.messages import ChatReply, ChatRequest
from econsim_mesa.llm.retry import Backoff
from econsim_mesa.llm.transport import Transport

if TYPE_CHECKING:
    from econsim_mesa.scenario.llm import LlmSpec


class Gateways:
    """Opens a gateway for each run, which shares nothing with another.

    Args:
        transport_for: makes what sends the requests of a scenario.
        backoff: the waits between the attempts of a call.
    """

    def __init__(
        self,
        transport_for: Callable[[LlmSpec], Transport] = connect,
        backoff: Backoff = DEFAULT_BACKOFF,
    ) -> None:
        self.transport_for, self.backoff = transport_for, backoff

    def gateway(
        self,
        spec: LlmSpec,
        keep: Callable[[ChatRequest, ChatReply], None],
        reuse: Mapping[str, ChatReply] | None = None,
        spent: Usage | None = None,
    ) -> Gateway:
        """Return the gateway of one run; see ``Gateway``. May be called from any thread."""
        transport = self.transport_for(spec)
        return Gateway(spec, transport, keep, reuse, spent, backoff=self.backoff)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Have whatever opens a gateway in this thread take it from here."""
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)


_current: ContextVar[Gateways | None] = ContextVar("gateways", default=None)
"""What was entered: commands and models open their gateways without being handed one."""


def current_gateways() -> Gateways:
    """Return the gateways that this thread has entered, else those of everyday."""
    return _current.get() or Gateways()
