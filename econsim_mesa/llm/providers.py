"""Other providers, through LangChain's ``init_chat_model``: plain text replies, parsed by us."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import inspect
import itertools
from typing import TYPE_CHECKING, Any

from econsim_mesa.errors import BadInput
from econsim_mesa.llm.http_client import MAX_BODY
from econsim_mesa.llm.keys import HEADERS, has_headers, refuse_unnamed
from econsim_mesa.llm.langchain import as_langchain, completion_of
from econsim_mesa.llm.loop import forget_at_exit, run_at_exit
from econsim_mesa.llm.messages import ChatRequest
from econsim_mesa.llm.redact import Redactor, keys_of_environment
from econsim_mesa.llm.refusals import refusal
from econsim_mesa.llm.transport import Format, OnReply, TransportFault, model_name
from econsim_mesa.scenario.address import read_address

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

    from econsim_mesa.scenario.llm import LlmSpec


_NO_RETRIES = {"google_genai": 1}
"""What a package calls no retries, where that is not 0: retries are the gateway's, which counts."""
_HOLDERS = ("root_async_client", "_async_client", "async_client")
"""Where LangChain's models keep what holds their connections, as far as they have one."""
_OLLAMA = "num_predict"  # its name for the most tokens of a reply; max_tokens it drops in silence


class ProviderTransport:
    """A chat model of any provider that LangChain knows and whose package is installed.

    The provider's own package finds its key in the environment, and makes its own connections.
    """

    formats: tuple[Format, ...] = ("text",)
    refused_parameters: tuple[str, ...] = ()

    def __init__(self, spec: LlmSpec) -> None:
        refuse_unnamed(spec)
        if spec.reasoning_effort is not None or spec.extra_body:
            raise BadInput(
                "llm.reasoning_effort and llm.extra_body are for OpenAI-compatible servers, not "
                f"for the provider {spec.provider!r}"
            )
        if has_headers():
            raise BadInput(
                f"the headers in {HEADERS} are for OpenAI-compatible servers, and are not sent to "
                f"the provider {spec.provider!r}; unset it"
            )
        self._redactor = Redactor(*keys_of_environment())
        self.host = read_address(spec.base_url).server if spec.base_url else spec.provider
        self._spec = spec
        self._models: dict[int, Any] = {}
        """The chat model for each length of replies; none once they are closed."""
        self._model_for(spec.max_output_tokens)
        self._used = False

    async def send(
        self, request: ChatRequest, format: Format, timeout: float, on_reply: OnReply
    ) -> None:
        """Send a request; see ``Transport.send``."""
        fault: TransportFault
        try:
            async with asyncio.timeout(timeout):
                model = self._open(request.max_output_tokens or self._spec.max_output_tokens)
                reply: AIMessage = await model.ainvoke(as_langchain(request.messages))
            completion = completion_of(reply, self._redactor)
            if completion.text is None or len(completion.text) <= MAX_BODY:
                on_reply(completion)
                return
            fault = TransportFault("too_large", retryable=True)
        except TransportFault as known:
            fault = known
        except Exception as error:
            # Each provider's package has errors of its own; none may end a run.
            fault = _named(error, self._redactor)
        raise fault

    async def model_entry(self) -> None:
        """Return nothing: there is no common way to ask."""

    async def close(self) -> None:
        """Close its connections, as far as the package can; a later call opens new ones."""
        forget_at_exit(self.close)
        models, self._models, self._used = self._models, {}, False
        for model, name in itertools.product(models.values(), _HOLDERS):
            with contextlib.suppress(Exception):  # each package has its own way
                holder = getattr(model, name)
                close = getattr(holder, "close", None) or holder.aclose
                if inspect.iscoroutinefunction(close):
                    await close()

    def _open(self, most: int) -> Any:
        if not self._used:
            self._used = True
            run_at_exit(self.close)
        return self._model_for(most)

    def _model_for(self, most: int) -> Any:
        if most not in self._models:
            self._models[most] = _make(self._spec, most)
        return self._models[most]


def _make(spec: LlmSpec, most: int) -> Any:
    """Return a chat model whose replies have at most so many tokens."""
    options: dict[str, object] = {"max_tokens": most}
    if spec.temperature is not None:
        options["temperature"] = spec.temperature
    if spec.base_url is not None:
        options["base_url"] = spec.base_url
    try:
        make = importlib.import_module("langchain.chat_models").init_chat_model
        name = model_name(spec)
        known = type(make(name, model_provider=spec.provider, **options)).model_fields
        limits = {"max_retries": _NO_RETRIES.get(spec.provider, 0), _OLLAMA: most}
        options |= {field: value for field, value in limits.items() if field in known}
        return make(name, model_provider=spec.provider, **options)
    except ImportError as error:
        reason = f"it is not installed ({error}); pip install 'econsim-mesa[providers]'"
        if "socks" in str(error).lower():  # said of a proxy, by the library that sends
            reason = f"{error}; install it, or unset the variable that names the proxy"
    except Exception as error:  # a missing key, an unknown provider: each package has its own
        reason = f"{type(error).__name__}: {Redactor(*keys_of_environment()).clean(str(error))}"
    raise BadInput(f"the provider {spec.provider!r} cannot be used: {reason}")


def _named(error: Exception, redactor: Redactor) -> TransportFault:
    """Name an error of a provider's package by what it carries."""
    status = getattr(error, "status_code", None) or getattr(error, "code", None)
    if isinstance(status, int) and 300 <= status < 600:
        headers = getattr(getattr(error, "response", None), "headers", None) or {}
        return refusal(status, redactor.clean(str(error)), headers)
    name = type(error).__name__
    if isinstance(error, TimeoutError) or "timeout" in name.lower():
        return TransportFault("timeout", retryable=True)
    if isinstance(error, OSError) or "connect" in name.lower():
        return TransportFault("reset", retryable=True)
    return TransportFault(f"error_{name}", retryable=False, body=redactor.clean(str(error))[:300])
