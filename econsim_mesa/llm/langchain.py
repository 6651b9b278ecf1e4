"""The LangChain transport: ``ChatOpenAI`` over our own aiohttp connections.

OpenAI's SDK is replaced where LangChain calls it: it takes as much CPU as all the rest, reads
addresses, headers, proxies and certificates from the environment, and bounds no reply. So a fault
has the same name by both transports and holds no key. The reply is parsed there and handed over at
once: LangChain takes a millisecond for each, and the last of many that arrive together would wait
for all others.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from econsim_mesa.llm.chat_protocol import (
    count,
    kind_of,
    parse_completion,
    response_format,
)
from econsim_mesa.llm.fairness import yield_to_replies
from econsim_mesa.llm.http_client import HttpClient
from econsim_mesa.llm.keys import server_of
from econsim_mesa.llm.message_text import reasoning_of, text_of
from econsim_mesa.llm.messages import PREPARED_REPLY, ChatRequest, Message
from econsim_mesa.llm.model_listing import fetch_model_entry
from econsim_mesa.llm.redact import Redactor
from econsim_mesa.llm.request_fields import RequestFields
from econsim_mesa.llm.server_identity import clean_label, version_headers
from econsim_mesa.llm.transport import (
    FORMATS,
    Completion,
    Format,
    OnReply,
    TransportFault,
    model_name,
)

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_openai import ChatOpenAI

    from econsim_mesa.scenario.llm import LlmSpec

_MODELS_REMEMBERED = 64
_FIRST_TRACER = "LANGCHAIN_HANDLER"
"""A variable of LangChain's first tracer, which is gone: where it is set, each call is refused."""
_on_reply: ContextVar[OnReply] = ContextVar("on_reply")
"""What receives the reply to the call that a task makes: LangChain hands on no argument of ours."""


class LangChainTransport:
    """Any OpenAI-compatible server through LangChain's ``ChatOpenAI``."""

    formats: tuple[Format, ...] = FORMATS

    def __init__(self, spec: LlmSpec) -> None:
        self._spec = spec
        self._server = server_of(spec)
        self._redactor = self._server.redactor
        self._http = HttpClient(self._server)
        self._model = model_name(spec)
        self._fields = RequestFields(spec)
        self._completions = _Completions(self._http)
        self._models: dict[tuple[object, ...], ChatOpenAI] = {}
        os.environ.pop(_FIRST_TRACER, None)
        self.host = self._http.host

    async def send(
        self, request: ChatRequest, format: Format, timeout: float, on_reply: OnReply
    ) -> None:
        """Send a request; see ``Transport.send``."""
        while True:
            used = self._fields.accepted
            try:
                await self._invoke(request, format, timeout, on_reply)
                return
            except TransportFault as fault:
                if not self._fields.leave_out(used, request, fault):
                    raise

    @property
    def left_out(self) -> tuple[str, ...]:
        """What the server refuses of a request, and gets no more."""
        return self._fields.left_out

    async def _invoke(
        self, request: ChatRequest, format: Format, timeout: float, on_reply: OnReply
    ) -> None:
        model = self._bound(request, format)
        options: dict[str, Any] = {"timeout": timeout}
        if (seed := self._fields.seed(request)) is not None:
            options["seed"] = seed
        if request.prepared_reply is not None:
            fields = {PREPARED_REPLY: request.prepared_reply}
            options["extra_body"] = {**(model.extra_body or {}), **fields}
        token = _on_reply.set(on_reply)
        try:
            reply = await model.ainvoke(as_langchain(self._fields.messages(request)), **options)
            # It is known already, unless LangChain took it from a cache of its own.
            on_reply(completion_of(reply, self._redactor))
            return
        except TransportFault:
            raise
        except Exception as error:  # the libraries do not expect all that servers say
            name, message = type(error).__name__, self._redactor.clean(str(error))
        finally:
            _on_reply.reset(token)
        raise TransportFault(f"error_{name}", retryable=False, body=message[:300])

    async def model_entry(self) -> str | None:
        """Return what the server's list says of the model; see ``Transport.model_entry``."""
        return await fetch_model_entry(self._http, self._model)

    async def close(self) -> None:
        """Close all connections; a later call opens new ones."""
        await self._http.close()

    def _bound(self, request: ChatRequest, format: Format) -> ChatOpenAI:
        """Return the chat model for a schema.

        The schema is bound to the model once: given with each call it would replace what is bound.
        """
        kind = kind_of(request, format, self._fields.accepted)
        model = self._models.get(kind)
        if model is None:
            if len(self._models) >= _MODELS_REMEMBERED:
                self._models.clear()
            form = response_format(request, format)
            model = self._models[kind] = self._make(form, self._fields.common(request))
        return model

    def _make(self, form: dict[str, object] | None, fields: dict[str, object]) -> ChatOpenAI:
        """Return a chat model that sends a form and further fields with each request.

        They go as they are: LangChain would rename some, and send others elsewhere.
        """
        from langchain_openai import ChatOpenAI
        from pydantic import SecretStr

        extra = fields if form is None else {**fields, "response_format": form}
        options: dict[str, Any] = {
            "model": self._model,
            "base_url": self._server.address.base,
            "api_key": SecretStr(self._server.key),
            "max_retries": 0,
            "use_responses_api": False,
            "streaming": False,
            "extra_body": extra or None,
            # These are given so that it makes no client of its own and reads nothing else from
            # the environment.
            "root_async_client": self._completions,
            "async_client": self._completions,
            "client": self._completions,
            "openai_proxy": None,
            "output_version": None,
        }
        if "http_socket_options" in ChatOpenAI.model_fields:
            options["http_socket_options"] = ()
        return ChatOpenAI(**options)


def as_langchain(messages: Iterable[Message]) -> list[BaseMessage]:
    """Return messages as LangChain's."""
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

    kinds = {"system": SystemMessage, "user": HumanMessage, "assistant": AIMessage}
    return [kinds[message.role](content=message.content) for message in messages]


def completion_of(reply: AIMessage, redactor: Redactor) -> Completion:
    """Return a message of LangChain as a completion."""
    calls = [{"arguments": call["args"]} for call in reply.tool_calls]
    message = {"tool_calls": calls, **reply.additional_kwargs, "content": reply.content}
    text = text_of(message)
    refusal = reply.additional_kwargs.get("refusal")
    metadata = reply.response_metadata
    finishes = ("finish_reason", "stop_reason", "done_reason")
    finish = next((metadata[name] for name in finishes if metadata.get(name)), None)
    model = metadata.get("model_name") or metadata.get("model")
    revision = metadata.get("system_fingerprint") or metadata.get("model_version")
    usage = reply.usage_metadata
    return Completion(
        redactor.clean(text) if isinstance(text, str) else None,
        finish if isinstance(finish, str) else None,
        redactor.clean(refusal) if isinstance(refusal, str) else None,
        count(usage, ["input_tokens"]),
        count(usage, ["output_tokens"]),
        count(usage, ["input_token_details", "cache_read"]),
        clean_label(model, redactor),
        clean_label(revision, redactor),
        version_headers(metadata.get("headers") or {}, redactor),
        reasoning=redactor.clean(reasoning_of(message)),
    )


class _Completions:
    """The chat completions of OpenAI's SDK as LangChain calls them, by our own connections."""

    def __init__(self, connections: HttpClient) -> None:
        self._connections = connections
        self._url = connections.server.address.page("chat/completions")

    @property
    def with_raw_response(self) -> Self:
        """The same: LangChain asks for replies as they are, and has them parsed then."""
        return self

    async def create(
        self, *, timeout: float, extra_body: Mapping[str, object] | None = None, **fields: object
    ) -> _RawReply:
        """Post a request and hand its reply over. Raises ``TransportFault``."""
        server = self._connections.server
        body = json.dumps({**fields, **(extra_body or {})}).encode()
        content, version = await self._connections.post(self._url, body, server.headers, timeout)
        # A fault in the reply gets the same name as by the direct transport.
        _on_reply.get()(parse_completion(content, server.redactor, version))
        await yield_to_replies()  # what follows is work of LangChain
        return _RawReply(content)


class _RawReply(NamedTuple):
    """A reply as LangChain takes it from the SDK."""

    content: bytes

    def parse(self) -> Any:
        """Return what the reply says: LangChain takes a dict as well as a model of the SDK."""
        return json.loads(self.content)
