"""Reading a chat-completions request: what of it matters here, and what is refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from econsim_mesa.llm.messages import PREPARED_REPLY
from econsim_mesa.mock.schema_values import Schema

ROLES = ("system", "developer", "user", "assistant", "tool", "function")
_LIMITS = ("max_tokens", "max_completion_tokens")


class Refused(Exception):
    """A request that is answered with an error; ``param`` is the field that is wrong."""

    def __init__(self, message: str, param: str | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.param, self.status = param, status


class Tool(NamedTuple):
    """A function that a reply may call, and the schema of its arguments."""

    name: str
    parameters: Schema


@dataclass(frozen=True)
class ChatCall:
    """A request that can be answered.

    ``prompt`` is the text of all messages, as tokens are counted; ``user`` the first of a user;
    ``repair`` whether the model has answered before in this conversation; ``schema`` that of the
    reply, if it was sent; ``prepared`` the reply itself, which the towns of this package send;
    ``effort`` that of the reasoning; ``tools`` those that the reply may call now.
    """

    model: str
    user: str
    repair: bool
    prompt: str
    format: str
    schema: Schema | None
    limit: int | None
    seed: int | None
    prepared: str | None
    effort: str | None = None
    tools: tuple[Tool, ...] = ()

    @property
    def content(self) -> bytes:
        """What draws are keyed by: all messages, and the seed that was sent."""
        parts = (self.prompt, "" if self.seed is None else str(self.seed))
        return hashlib.blake2b(
            "\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=16
        ).digest()


def read_call(body: bytes, refuse: Collection[str], parameters: Collection[str] = ()) -> ChatCall:
    """Return what a body asks. Raises ``Refused`` with a message for the one who sent it.

    ``refuse`` are kinds of ``response_format``, and ``parameters`` others, that are refused.
    """
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused("the body is not JSON") from None
    if not isinstance(data, dict):
        raise Refused("the body is not a JSON object")
    if data.get("stream"):
        raise Refused("this server does not stream; send stream: false", "stream")
    if data.get("n") not in (None, 1):
        raise Refused("this server gives one choice; send n: 1", "n")
    model = data.get("model")
    if not isinstance(model, str) or not model:
        raise Refused("model must be a string", "model")
    messages = _messages(data.get("messages"))
    _refuse_parameters(data, {role for role, _ in messages}, parameters)
    format, schema = _format(data.get("response_format"), refuse)
    asked = [text for role, text in messages if role == "user"]
    prepared = data.get(PREPARED_REPLY)
    if not isinstance(prepared, str | None):
        raise Refused("the prepared reply must be a text", PREPARED_REPLY)
    return ChatCall(
        model=model,
        user=asked[0] if asked else "",
        repair=any(role == "assistant" for role, _ in messages),
        prompt="\n".join(text for _, text in messages),
        format=format,
        schema=schema,
        limit=_limit(data),
        seed=_integer(data, "seed"),
        prepared=prepared,
        effort=data.get("reasoning_effort"),
        tools=_tools(data) if messages[-1][0] != "tool" else (),
    )


def _refuse_parameters(
    data: Mapping[str, object], roles: Collection[str], refused: Collection[str]
) -> None:
    for name in refused:
        if name == "system" and name in roles:
            raise Refused("System role not supported by the template of this model", "messages")
        if data.get(name) is not None:
            raise Refused(f"Unsupported parameter: {name!r} is not supported", name)


def _messages(messages: Any) -> list[tuple[str, str]]:
    if not isinstance(messages, list) or not messages:
        raise Refused("messages must be a list with at least one message", "messages")
    texts = []
    for message in messages:
        role = message.get("role") if isinstance(message, dict) else None
        if role not in ROLES:
            raise Refused(f"a message needs a role, one of {', '.join(ROLES)}", "messages")
        texts.append((role, _text(message.get("content"))))
    return texts


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if content is None:
        return ""
    parts = content if isinstance(content, list) else [None]
    texts = [part.get("text") if isinstance(part, dict) else None for part in parts]
    if not all(isinstance(text, str) for text in texts):
        raise Refused("the content of a message must be text", "messages")
    return "".join(map(str, texts))


def _format(form: Any, refuse: Collection[str]) -> tuple[str, Schema | None]:
    """Return the kind of reply asked for and its schema, if any."""
    if form is None:
        return "text", None
    kind = form.get("type") if isinstance(form, dict) else None
    if kind not in ("text", "json_object", "json_schema"):
        raise Refused("response_format.type must be text, json_object or json_schema",
                      "response_format")  # fmt: skip
    if kind in refuse:
        raise Refused(f"response_format of type {kind} is not supported by this server",
                      "response_format")  # fmt: skip
    if kind != "json_schema":
        return kind, None
    wanted = form.get("json_schema")
    schema = wanted.get("schema") if isinstance(wanted, dict) else None
    if not isinstance(schema, dict):
        raise Refused("response_format.json_schema needs a schema", "response_format")
    if "anyOf" in refuse and '"anyOf"' in json.dumps(schema):
        raise Refused("anyOf in a schema is not supported by this server", "response_format")
    return kind, schema


def _tools(data: Mapping[str, Any]) -> tuple[Tool, ...]:
    """Return the tools of which one is to be called."""
    choice = data.get("tool_choice")
    chosen = choice.get("function") if isinstance(choice, dict) else None
    if choice not in (None, "none", "auto", "required") and not isinstance(chosen, dict):
        raise Refused("tool_choice must be none, auto, required or a function", "tool_choice")
    offered = data.get("tools") or []
    if not isinstance(offered, list):
        raise Refused("tools must be a list", "tools")
    tools = tuple(map(_tool, offered))
    if chosen is not None:
        tools = tuple(tool for tool in tools if tool.name == chosen.get("name"))
        if not tools:
            raise Refused("tool_choice names none of the tools", "tool_choice")
    return () if choice == "none" else tools


def _tool(offered: Any) -> Tool:
    function = offered.get("function") if isinstance(offered, dict) else None
    name = function.get("name") if isinstance(function, dict) else None
    parameters = (function.get("parameters") or {}) if isinstance(function, dict) else {}
    if not isinstance(name, str) or not name or not isinstance(parameters, dict):
        raise Refused("a tool needs a function with a name and a schema of parameters", "tools")
    return Tool(name, {"type": "object", **parameters})


def _limit(data: Mapping[str, object]) -> int | None:
    limits = [limit for name in _LIMITS if (limit := _integer(data, name)) is not None]
    if any(limit < 1 for limit in limits):
        raise Refused("the limit on output tokens must be at least 1", _LIMITS[0])
    return min(limits, default=None)


def _integer(data: Mapping[str, object], name: str) -> int | None:
    value = data.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise Refused(f"{name} must be a whole number", name)
    return value
