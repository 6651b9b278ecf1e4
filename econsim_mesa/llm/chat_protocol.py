"""The JSON of the chat completions protocol: encode a request, parse a completion."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from econsim_mesa.llm.message_text import reasoning_of, text_of
from econsim_mesa.llm.messages import PREPARED_REPLY, ChatRequest, as_json
from econsim_mesa.llm.redact import Redactor
from econsim_mesa.llm.refusals import refusal_in_reply
from econsim_mesa.llm.request_fields import Accepted, RequestFields
from econsim_mesa.llm.server_identity import clean_label
from econsim_mesa.llm.transport import Completion, Format, TransportFault, model_name

if TYPE_CHECKING:
    from econsim_mesa.scenario.llm import LlmSpec

_MOST_TOKENS, _MOST_DOLLARS = 10**9, 10**4
"""Of one call; more cannot be true."""
_KINDS_REMEMBERED = 64


def response_format(request: ChatRequest, format: Format) -> dict[str, object] | None:
    """Return the field that asks for the form of the reply."""
    if format == "text":
        return None
    if format == "json_object":
        return {"type": "json_object"}
    is_strict, schema = format != "flat_schema", request.schema
    if format == "plain_schema":
        schema = without_lengths(schema)
    elif format == "flat_schema":
        schema = request.flat_schema or schema
    named = {"name": request.schema_name, "strict": is_strict, "schema": schema}
    return {"type": "json_schema", "json_schema": named}


def without_lengths(schema: Any) -> Any:
    """Return a JSON Schema, or a part of one, without the lengths of texts."""
    if isinstance(schema, list):
        return [without_lengths(part) for part in schema]
    if isinstance(schema, dict):
        return {key: without_lengths(part) for key, part in schema.items() if key != "maxLength"}
    return schema


class RequestEncoder:
    """Encodes request bodies; what all requests of a kind have in common is encoded once."""

    def __init__(self, spec: LlmSpec, fields: RequestFields) -> None:
        self._fields = fields
        self._model = model_name(spec)
        self._common: dict[tuple[object, ...], bytes] = {}

    def encode(self, request: ChatRequest, format: Format, accepted: Accepted) -> bytes:
        """Return the body of a request as JSON, with the fields that the server accepts."""
        number, reply = self._fields.seed(request, accepted), request.prepared_reply
        seed = "" if number is None else f'"seed":{number},'
        messages = ",".join(
            f'{{"role":"{role}","content":{as_json(content)}}}'
            for role, content in self._fields.messages(request, accepted)
        )
        prepared = "" if reply is None else f',"{PREPARED_REPLY}":{json.dumps(reply)}'
        rest = f'{seed}"messages":[{messages}]{prepared}}}'
        return self._beginning(request, format, accepted) + rest.encode()

    def _beginning(self, request: ChatRequest, format: Format, accepted: Accepted) -> bytes:
        kind = kind_of(request, format, accepted)
        common = self._common.get(kind)
        if common is None:
            wanted = response_format(request, format)
            fields = {"model": self._model, **self._fields.common(request, accepted)}
            if wanted is not None:
                fields["response_format"] = wanted
            if len(self._common) >= _KINDS_REMEMBERED:
                self._common.clear()
            common = self._common[kind] = json.dumps(fields)[:-1].encode() + b","
        return common


def kind_of(request: ChatRequest, format: Format, accepted: Accepted) -> tuple[object, ...]:
    """Return what requests have in common whose bodies begin alike."""
    name, schema = request.schema_name, request.schema.text
    return name, schema, format, accepted, request.max_output_tokens


def parse_completion(body: bytes, redactor: Redactor, server: str | None = None) -> Completion:
    """Parse the body of a reply.

    Args:
        body: as it was received.
        redactor: removes keys from all that is taken.
        server: the version headers of the reply.

    Raises:
        TransportFault: it is no chat completion.
    """
    if not body.strip():
        raise TransportFault("empty_body", retryable=True)
    kind, text, data = "", "", None
    try:
        text = body.decode("utf-8-sig")
        data = json.loads(text)
    except UnicodeDecodeError:
        kind = "bad_utf8"
    except (ValueError, RecursionError):
        kind = "stream" if _streams(text) else "bad_json"
    if kind:
        raise TransportFault(kind, retryable=kind != "stream")
    fault = refusal_in_reply(data, redactor)
    if fault is not None:
        raise fault
    completion = _completion(data, redactor, server)
    if completion is None:
        raise TransportFault("bad_envelope", retryable=True, body=redactor.clean(_form(data)))
    return completion


def _streams(text: str) -> bool:
    """Whether a body is one of events, or of JSON objects line by line."""
    first, _, rest = text.lstrip().partition("\n")
    if first.startswith(("data:", "event:", "id:", "retry:", ": ")):
        return True
    try:
        return isinstance(json.loads(first), dict) and rest.lstrip().startswith("{")
    except (ValueError, RecursionError):
        return False


def _form(data: Any) -> str:
    """Say what stands in place of a chat completion."""
    if not isinstance(data, dict):
        return "no JSON object"
    if data.get("choices") == []:
        return "it offers no choice (choices is empty)"
    return f"it has {', '.join(list(data)[:8]) or 'nothing'}"[:200]


def _completion(data: Any, redactor: Redactor, server: str | None) -> Completion | None:
    choices = data.get("choices") if isinstance(data, dict) else None
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        return None
    content, refusal = text_of(message), message.get("refusal")
    if not isinstance(content, str | None) or not isinstance(refusal, str | None):
        return None
    finish = choice.get("finish_reason")
    return Completion(
        None if content is None else redactor.clean(content),
        finish if isinstance(finish, str) else None,
        None if refusal is None else redactor.clean(refusal),
        count(data, ["usage", "prompt_tokens"]),
        count(data, ["usage", "completion_tokens"]),
        count(data, ["usage", "prompt_tokens_details", "cached_tokens"]),
        clean_label(data.get("model"), redactor),
        clean_label(data.get("system_fingerprint"), redactor),
        server,
        _cost(data.get("usage")),
        redactor.clean(reasoning_of(message)),
    )


def _cost(usage: Any) -> float | None:
    """Return the US dollars that a server says a call cost; None: nothing that makes sense."""
    cost = usage.get("cost") if isinstance(usage, dict) else None
    cost = cost.get("total_cost") if isinstance(cost, dict) else cost
    if isinstance(cost, bool) or not isinstance(cost, int | float):
        return None
    return float(cost) if 0 <= cost <= _MOST_DOLLARS else None


def count(data: Any, path: Sequence[str]) -> int | None:
    """Return a number of tokens that stands in nested objects; None: none that makes sense."""
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    sound = isinstance(data, int) and not isinstance(data, bool) and 0 <= data <= _MOST_TOKENS
    return data if sound else None
