"""From a scenario's settings to the transport that sends; a transport loads what it needs."""

from __future__ import annotations

import contextlib
import importlib

from econsim_mesa.errors import BadInput
from econsim_mesa.llm.keys import address_of
from econsim_mesa.llm.network_environment import refuse_unusable
from econsim_mesa.llm.transport import Transport
from econsim_mesa.scenario.llm import LlmSpec


def connect(spec: LlmSpec) -> Transport:
    """Return the transport that a scenario asks for; nothing is sent yet.

    Raises ``BadInput``: no model, an unusable address, a variable of the environment by which
    nothing can be sent, or a provider that is not installed.
    """
    refuse_unusable(address_of(spec).base if spec.provider == "openai" else None)
    if spec.client == "direct":
        if spec.provider != "openai":
            raise BadInput(
                f"llm.client 'direct' speaks to OpenAI-compatible servers, not to "
                f"{spec.provider!r}; use llm.client 'langchain', or set llm.base_url"
            )
        from econsim_mesa.llm.http_transport import HttpTransport

        return HttpTransport(spec)
    if spec.provider == "openai":
        from econsim_mesa.llm.langchain import LangChainTransport

        return LangChainTransport(spec)
    from econsim_mesa.llm.providers import ProviderTransport

    return ProviderTransport(spec)


def load_client(spec: LlmSpec) -> None:
    """Import what a transport imports at its first call, which takes seconds."""
    if spec.client != "direct":
        name = "langchain_openai" if spec.provider == "openai" else "langchain.chat_models"
        with contextlib.suppress(ImportError):  # the call says it, with what to do
            importlib.import_module(name)
