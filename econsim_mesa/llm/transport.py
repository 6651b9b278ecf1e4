"""The seam under the gateway: how one request is sent once, and what can come of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from econsim_mesa.errors import BadInput
from econsim_mesa.llm.messages import ChatRequest

if TYPE_CHECKING:
    from econsim_mesa.scenario.llm import LlmSpec

Format = Literal["json_schema", "plain_schema", "flat_schema", "json_object", "text"]
"""How the form of a reply is asked for, from strict to none. For servers that know fewer keywords
``plain_schema`` is a schema without lengths of texts, and ``flat_schema`` one without alternatives
and bounds as well."""
FORMATS: tuple[Format, ...] = ("json_schema", "plain_schema", "flat_schema", "json_object", "text")
"""All of them, the strictest first."""
SCHEMAS = frozenset[Format](("json_schema", "plain_schema", "flat_schema"))
"""Those that send a schema."""


class Completion(NamedTuple):
    """A whole reply of a server, as far as it could be read. None: the server does not say.

    ``revision`` is what the server calls the state of the model and ``server`` what it says of its
    own version: see ``llm.server_identity``. ``cost`` is in US dollars, by the server's own count.
    ``reasoning`` is what the model wrote beside the text.
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


OnReply = Callable[[Completion], None]
"""Receives the reply of an attempt. A second call does nothing; no call raises."""


class TransportFault(Exception):
    """An attempt failed: the only exception of a transport, apart from cancellation.

    No attribute holds a key.

    Attributes:
        kind: a short word for the record, such as ``timeout`` or ``http_503``.
        retryable: another attempt may fare better.
        retry_after: seconds that the server asks to wait; None: it does not ask.
        status: the HTTP status; None: no answer came.
        body: the sentence in which the server explains itself.
        code: the codes and parameters that it names besides.
        billed: False where the server surely did no paid work.
        reached: False where no server was reached.
        hopeless: no other call will fare better: the key, the money or the address is wrong.
        declined: a filter did not like the text.
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


class Transport(Protocol):
    """Sends a request once. Limits, retries and records are the gateway's.

    ``host`` is the server as host:port, without credentials; ``formats`` are those that it can ask
    for, the strictest first.
    """

    host: str
    formats: tuple[Format, ...]

    @property
    def refused_parameters(self) -> tuple[str, ...]:
        """What the model or its server refuses of a request, and does not get any more."""
        ...

    async def send(
        self, request: ChatRequest, format: Format, timeout: float, on_reply: OnReply
    ) -> None:
        """Send a request and hand its reply to ``on_reply`` as it arrives.

        The reply is handed over, not returned, so that it is recorded at once: a library may work
        on it for milliseconds before its own call returns, and a cancelled call returns nothing.

        Args:
            request: what to ask.
            format: the form of reply to ask for.
            timeout: seconds within which the reply must have come.
            on_reply: what receives it.

        Raises:
            TransportFault: no sound reply came.
        """

    async def model_entry(self) -> str | None:
        """Return what the server's list says of the model, as canonical JSON; None: nothing.

        Never raises for what the server does.
        """

    async def close(self) -> None:
        """Close all connections; a later call opens new ones."""


def model_name(spec: LlmSpec) -> str:
    """Return the name of the model. Raises ``BadInput`` if none is chosen."""
    if spec.model is None:
        raise BadInput("no model is chosen: set llm.model, or give --model NAME")
    return spec.model
