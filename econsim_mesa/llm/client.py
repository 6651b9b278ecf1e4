"""One attempt at a server: what a client gives back, and how it says what went wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from econsim_mesa.errors import BadInput
from econsim_mesa.llm.messages import ChatRequest

if TYPE_CHECKING:
    from econsim_mesa.scenario.llm import LlmSpec

Format = Literal["json_schema", "json_object", "text"]
"""How the form of a reply is asked for, from strict to none."""


class Raw(NamedTuple):
    """A sound reply of a server, as far as it could be read. None: not said.

    ``revision`` is what the server calls the state of the model, ``server`` what it says of its
    own version: see ``llm.told``. ``cost`` is in US dollars, as the server tells it. ``reasoning``
    is what the model wrote beside the text.
    """

    text: str | None
    finish_reason: str | None
    refusal: str | None
    input_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None
    model: str | None
    revision: str | None = None
    server: str | None = None
    cost: float | None = None
    reasoning: str = ""


Arrived = Callable[[Raw], None]
"""Told the reply as it arrives, before a library goes on with it; what it is told again does
not count. Never raises."""


class ClientFault(Exception):
    """An attempt failed: the only exception of a client, apart from cancellation.

    ``kind`` is a short word for the record; ``retry_after`` is in seconds; ``status`` is that of
    HTTP; ``body`` is the sentence that the server said, and ``code`` what else it named: codes and
    parameters. None of them holds a key. ``billed`` is False where the server surely did no paid
    work; ``reached`` is False where it was not reached; ``hopeless`` is True where no other call
    will fare better: no key or no money is left, or the address is another one; ``declined`` is
    True where a filter did not like the text.
    """

    def __init__(
        self,
        kind: str,
        *,
        retryable: bool,
        retry_after: float | None = None,
        status: int | None = None,
        body: str = "",
        billed: bool = True,
        reached: bool = True,
        hopeless: bool = False,
        code: str = "",
        declined: bool = False,
    ) -> None:
        super().__init__(kind)
        self.kind, self.retryable, self.retry_after = kind, retryable, retry_after
        self.status, self.body = status, body
        self.billed, self.reached, self.hopeless = billed, reached, hopeless
        self.code, self.declined = code, declined

    @property
    def signs(self) -> str:
        """All that the server said, to tell failures apart."""
        return f"{self.code} {self.body}".strip()

    def __str__(self) -> str:
        return f"{self.kind}: {self.body}" if self.body else self.kind


class ChatClient(Protocol):
    """Sends one request once."""

    @property
    def host(self) -> str:
        """The server as host:port, without credentials."""

    @property
    def formats(self) -> tuple[Format, ...]:
        """The formats that it can ask for, the strictest first."""

    async def send(
        self, request: ChatRequest, format: Format, timeout: float, arrived: Arrived
    ) -> None:
        """Send it, and hand over the reply within so many seconds. Raises ``ClientFault``."""

    async def about(self) -> str | None:
        """Return what the server says of the model, as canonical JSON; None: nothing.

        Never raises for what the server does.
        """

    async def close(self) -> None:
        """Close its connections; a later call opens new ones."""


def model_name(spec: LlmSpec) -> str:
    """Return the name of the model. Raises ``BadInput`` if none is chosen."""
    if spec.model is None:
        raise BadInput("no model is chosen: set llm.model, or give --model NAME")
    return spec.model
