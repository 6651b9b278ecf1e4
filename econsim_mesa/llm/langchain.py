"""The LangChain client: ChatOpenAI over our own aiohttp connections.

The SDK's HTTP client is replaced at its one method ``send``: a reply is bounded in size, a fault
has the same name by both clients and holds no key, and no pool slows down with calls in flight
(httpx's own takes 1.5 to 2 times the CPU; the SDK's aiohttp transport takes the same as this).
A reply is read there and handed over at once: the SDK and LangChain take milliseconds for each,
and the last of many that arrive together would wait for all others.
"""

from __future__ import annotations

import importlib
import os
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from econsim_mesa.llm.client import Arrived, ClientFault, Format, Raw, model_name
from econsim_mesa.llm.envelope import (
    TokenLimits,
    count,
    read_reply,
    response_format,
)
from econsim_mesa.llm.inquiry import inquire
from econsim_mesa.llm.keys import server_of
from econsim_mesa.llm.message_text import reasoning_of, text_of
from econsim_mesa.llm.messages import ChatRequest, schema_text
from econsim_mesa.llm.redact import Redactor
from econsim_mesa.llm.told import label, versions
from econsim_mesa.llm.turns import turn
from econsim_mesa.llm.wire import Wire

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_openai import ChatOpenAI

    from econsim_mesa.scenario.llm import LlmSpec

_MODELS_REMEMBERED = 64
_FIRST_TRACER = "LANGCHAIN_HANDLER"
"""A variable of LangChain's first tracer, which is gone: where it is set, each call is refused."""
_hearing: ContextVar[Arrived] = ContextVar("hearing")
"""Who is told of the reply to the call that a task makes."""


class OpenAiClient:
    """Any OpenAI-compatible server through LangChain's ``ChatOpenAI``."""

    formats: tuple[Format, ...] = ("json_schema", "json_object", "text")

    def __init__(self, spec: LlmSpec) -> None:
        self._spec = spec
        self._server = server_of(spec)
        self._redactor = self._server.redactor
        self._wire = Wire(self._server)
        self._model = model_name(spec)
        self._limits = TokenLimits(spec)
        self._models: dict[tuple[str, str, Format, tuple[str, ...]], ChatOpenAI] = {}
        self._sdk: Any = None
        os.environ.pop(_FIRST_TRACER, None)
        self.host = self._wire.host

    async def send(
        self, request: ChatRequest, format: Format, timeout: float, arrived: Arrived
    ) -> None:
        """Send it, and hand over the reply within so many seconds. Raises ``ClientFault``."""
        names = self._limits.names
        try:
            await self._invoke(request, format, timeout, arrived)
            return
        except ClientFault as fault:
            if not self._limits.give_way(names, fault):
                raise
        await self._invoke(request, format, timeout, arrived)

    async def _invoke(
        self, request: ChatRequest, format: Format, timeout: float, arrived: Arrived
    ) -> None:
        model = self._bound(request, format)
        options: dict[str, Any] = {"timeout": timeout}
        if self._spec.send_seed and request.seed is not None:
            options["seed"] = request.seed
        token = _hearing.set(arrived)
        try:
            reply = await model.ainvoke(as_langchain(request), **options)
            arrived(raw_of(reply, self._redactor))  # known, but from a cache of LangChain's
            return
        except ClientFault:
            raise
        except Exception as error:
            # The libraries do not expect all that servers say; a reply that was heard stays heard.
            name, said = type(error).__name__, self._redactor.clean(str(error))
        finally:
            _hearing.reset(token)
        raise ClientFault(f"error_{name}", retryable=False, body=said[:300])

    async def about(self) -> str | None:
        """Return what the server says of the model, as canonical JSON; None: nothing."""
        return await inquire(self._wire, self._model)

    async def close(self) -> None:
        """Close its connections; a later call opens new ones."""
        await self._wire.close()

    def _bound(self, request: ChatRequest, format: Format) -> ChatOpenAI:
        """Return the chat model for a schema: bound once, which a call's argument would undo."""
        kind = (request.schema_name, schema_text(request.schema), format, self._limits.names)
        model = self._models.get(kind)
        if model is None:
            if len(self._models) >= _MODELS_REMEMBERED:
                self._models.clear()
            model = self._models[kind] = self._make(response_format(request, format))
        return model

    def _make(self, form: dict[str, object] | None) -> ChatOpenAI:
        from langchain_openai import ChatOpenAI
        from pydantic import SecretStr

        if self._sdk is None:
            self._sdk = _sdk(self._wire)
        limits = self._limits.fields
        extra: dict[str, object] = {} if form is None else {"response_format": form}
        if "max_tokens" in limits:
            extra["max_tokens"] = limits["max_tokens"]
        options: dict[str, Any] = {
            "model": self._model,
            "base_url": self._server.address.base,
            "api_key": SecretStr(self._server.key),
            "temperature": self._spec.temperature,
            "max_completion_tokens": limits.get("max_completion_tokens"),
            "max_retries": 0,
            "use_responses_api": False,
            "streaming": False,
            "extra_body": extra or None,
            # Given, so that it makes no client and reads nothing else from the environment.
            "root_async_client": self._sdk,
            "async_client": self._sdk.chat.completions,
            "client": self._sdk.chat.completions,
            "openai_proxy": None,
            "output_version": None,
        }
        if "http_socket_options" in ChatOpenAI.model_fields:
            options["http_socket_options"] = ()
        return ChatOpenAI(**options)


def as_langchain(request: ChatRequest) -> list[BaseMessage]:
    """Return the messages of a request as LangChain's."""
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

    kinds = {"system": SystemMessage, "user": HumanMessage, "assistant": AIMessage}
    return [kinds[message.role](content=message.content) for message in request.messages]


def raw_of(reply: AIMessage, redactor: Redactor) -> Raw:
    """Return what is in a message of LangChain."""
    calls = [{"arguments": call["args"]} for call in reply.tool_calls]
    message = {"tool_calls": calls, **reply.additional_kwargs, "content": reply.content}
    text = text_of(message)
    refusal = reply.additional_kwargs.get("refusal")
    said = reply.response_metadata
    finish = said.get("finish_reason") or said.get("stop_reason") or said.get("done_reason")
    model = said.get("model_name") or said.get("model")
    revision = said.get("system_fingerprint") or said.get("model_version")
    usage = reply.usage_metadata
    return Raw(
        redactor.clean(text) if isinstance(text, str) else None,
        finish if isinstance(finish, str) else None,
        redactor.clean(refusal) if isinstance(refusal, str) else None,
        count(usage, ["input_tokens"]),
        count(usage, ["output_tokens"]),
        count(usage, ["input_token_details", "cache_read"]),
        label(model, redactor),
        label(revision, redactor),
        versions(said.get("headers") or {}, redactor),
        reasoning=redactor.clean(reasoning_of(message)),
    )


def _sdk(wire: Wire) -> Any:
    """Return the OpenAI SDK, sending our own headers by our own connections.

    Of itself it would take addresses, headers, proxies and certificates from the environment.
    """
    import openai

    # The SDK changed its library from httpx to httpx2, which has the same API.
    library = importlib.import_module(
        openai.DefaultAsyncHttpxClient.__bases__[0].__module__.partition(".")[0]
    )
    headers = {
        "Authorization": f"Bearer {wire.server.key}",
        "Content-Type": "application/json",
        "Accept-Encoding": "identity",
    }

    class Client(openai.DefaultAsyncHttpxClient):
        """An HTTP client without the redirects, cookies and pool of the library."""

        async def send(self, request: Any, **_options: Any) -> Any:
            timeout = request.extensions["timeout"]["read"]
            body, server = await wire.post(str(request.url), request.content, headers, timeout)
            # What is no reply is named as by the direct client.
            raw = read_reply(body, wire.server.redactor, server)
            _hearing.get()(raw)
            await turn()  # other replies that have arrived are handed over first
            sent = {"Content-Type": "application/json"}
            return library.Response(200, headers=sent, content=body, request=request)

    class Sdk(openai.AsyncOpenAI):
        """The SDK with no headers but ours."""

        @property
        def default_headers(self) -> dict[str, Any]:
            return headers

    http = Client(trust_env=False, transport=library.AsyncBaseTransport())
    return Sdk(
        api_key=wire.server.key,
        base_url=wire.url,
        default_query=dict(parse_qsl(wire.server.address.query)),
        organization="",
        project="",
        max_retries=0,
        http_client=http,
    )
