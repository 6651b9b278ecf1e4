"""The direct transport: aiohttp and JSON, for OpenAI-compatible servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from econsim_mesa.llm.chat_protocol import RequestEncoder, parse_completion
from econsim_mesa.llm.http_client import HttpClient
from econsim_mesa.llm.keys import server_of
from econsim_mesa.llm.messages import ChatRequest
from econsim_mesa.llm.model_listing import fetch_model_entry
from econsim_mesa.llm.request_fields import RequestFields
from econsim_mesa.llm.transport import (
    FORMATS,
    Completion,
    Format,
    OnReply,
    TransportFault,
    model_name,
)

if TYPE_CHECKING:
    from econsim_mesa.scenario.llm import LlmSpec


class HttpTransport:
    """Posts to ``/chat/completions`` itself, without the CPU that LangChain needs for a call."""

    formats: tuple[Format, ...] = FORMATS

    def __init__(self, spec: LlmSpec) -> None:
        server, self._model = server_of(spec), model_name(spec)
        self._redactor = server.redactor
        self._http = HttpClient(server)
        self._fields = RequestFields(spec)
        self._encoder = RequestEncoder(spec, self._fields)
        self._headers = server.headers
        self._url = server.address.page("chat/completions")
        self.host = self._http.host

    async def send(
        self, request: ChatRequest, format: Format, timeout: float, on_reply: OnReply
    ) -> None:
        """Send a request; see ``Transport.send``."""
        while True:
            used = self._fields.accepted
            try:
                on_reply(await self._post(request, format, timeout))
                return
            except TransportFault as fault:
                if not self._fields.leave_out(used, request, fault):
                    raise

    @property
    def left_out(self) -> tuple[str, ...]:
        """What the server refuses of a request, and gets no more."""
        return self._fields.left_out

    async def _post(self, request: ChatRequest, format: Format, timeout: float) -> Completion:
        body = self._encoder.encode(request, format)
        content, server = await self._http.post(self._url, body, self._headers, timeout)
        return parse_completion(content, self._redactor, server)

    async def model_entry(self) -> str | None:
        """Return what the server's list says of the model; see ``Transport.model_entry``."""
        return await fetch_model_entry(self._http, self._model)

    async def close(self) -> None:
        """Close all connections; a later call opens new ones."""
        await self._http.close()
