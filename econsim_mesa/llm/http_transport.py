"""The direct transport: aiohttp and JSON, for OpenAI-compatible servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from econsim_mesa.llm.chat_protocol import RequestEncoder, parse_completion
from econsim_mesa.llm.http_client import HttpClient
from econsim_mesa.llm.keys import server_of
from econsim_mesa.llm.messages import ChatRequest
from econsim_mesa.llm.model_listing import fetch_model_entry
from econsim_mesa.llm.request_fields import Accepted, RequestFields
from econsim_mesa.llm.transport import (
    FORMATS,
    Format,
    OnReply,
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

        async def attempt(accepted: Accepted) -> None:
            body = self._encoder.encode(request, format, accepted)
            content, server = await self._http.post(self._url, body, self._headers, timeout)
            on_reply(parse_completion(content, self._redactor, server))

        await self._fields.send(request, attempt)

    @property
    def refused_parameters(self) -> tuple[str, ...]:
        """What the server refuses of a request; see ``Transport.refused_parameters``."""
        return self._fields.refused_parameters

    async def model_entry(self) -> str | None:
        """Return what the server's list says of the model; see ``Transport.model_entry``."""
        return await fetch_model_entry(self._http, self._model)

    async def close(self) -> None:
        """Close all connections; a later call opens new ones."""
        await self._http.close()
