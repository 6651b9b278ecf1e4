"""The direct client: aiohttp and JSON, for OpenAI-compatible servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from econsim_mesa.llm.client import Arrived, ClientFault, Format, Raw, model_name
from econsim_mesa.llm.envelope import Writer, read_reply
from econsim_mesa.llm.inquiry import inquire
from econsim_mesa.llm.keys import server_of
from econsim_mesa.llm.messages import ChatRequest
from econsim_mesa.llm.wire import Wire

if TYPE_CHECKING:
    from econsim_mesa.scenario.llm import LlmSpec


class DirectClient:
    """Posts to ``/chat/completions`` itself, at a sixth of the CPU that LangChain needs."""

    formats: tuple[Format, ...] = ("json_schema", "json_object", "text")

    def __init__(self, spec: LlmSpec) -> None:
        server, self._model = server_of(spec), model_name(spec)
        self._redactor = server.redactor
        self._wire = Wire(server)
        self._writer = Writer(spec)
        self._headers = {
            "Authorization": f"Bearer {server.key}",
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
        }
        self._url = server.address.page("chat/completions")
        self.host = self._wire.host

    async def send(
        self, request: ChatRequest, format: Format, timeout: float, arrived: Arrived
    ) -> None:
        """Send it, and hand over the reply within so many seconds. Raises ``ClientFault``."""
        limits = self._writer.limits
        names = limits.names
        try:
            arrived(await self._reply(request, format, timeout))
            return
        except ClientFault as fault:
            if not limits.give_way(names, fault):
                raise
        arrived(await self._reply(request, format, timeout))

    async def _reply(self, request: ChatRequest, format: Format, timeout: float) -> Raw:
        body = self._writer.body(request, format)
        content, server = await self._wire.post(self._url, body, self._headers, timeout)
        return read_reply(content, self._redactor, server)

    async def about(self) -> str | None:
        """Return what the server says of the model, as canonical JSON; None: nothing."""
        return await inquire(self._wire, self._model)

    async def close(self) -> None:
        """Close its connections; a later call opens new ones."""
        await self._wire.close()
