"""From the text of a model's reply to actions: strict first, then mended by rule, else unusable."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic.json_schema import JsonSchemaValue

from econsim_mesa.decision.actions import Action
from econsim_mesa.decision.schema import HouseholdReply, ReplyType, StoreReply, reply_type
from econsim_mesa.social import clean_text

_LONGEST = 200_000
"""Characters beyond which a reply is not looked at."""
_MOST_ERRORS = 5
_THOUGHT = 2000
_LEFT_OUT = ("$defs", "title", "description", "default", "maxLength")


class Unusable(ValueError):
    """A reply that says no legal form of a decision; the message tells its author why."""


class ReadReply(NamedTuple):
    """What a reply says; ``mended`` if it had to be put into form by rule."""

    thought: str
    actions: tuple[Action, ...]
    mended: bool


def read_reply(text: str, kind: str) -> ReadReply:
    """Read the reply of an agent of a kind. Raises ``Unusable``.

    What is mended by rule: text around the one JSON object, missing keys (as null or []),
    unknown keys (dropped), texts and lists that are too long (cut).
    """
    if len(text) > _LONGEST:
        raise Unusable(f"it has {len(text)} characters")
    text, form = sound(text), reply_type(kind)
    try:
        return _read(form.model_validate_json(text), mended=False)
    except ValidationError:
        pass
    data = _mended(_only_object(text), form)
    try:
        return _read(form.model_validate_json(json.dumps(data)), mended=True)
    except ValidationError as error:
        raise Unusable(_words(error)) from None
    except RecursionError:
        raise Unusable("it is nested too deeply") from None


def sound(text: str) -> str:
    """Return text with a question mark for each half of a character, as UTF-8 can hold it."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _read(reply: HouseholdReply | StoreReply, *, mended: bool) -> ReadReply:
    return ReadReply(clean_text(reply.thought, _THOUGHT), reply.actions(), mended)


def _only_object(text: str) -> dict[str, JsonValue]:
    """Return the JSON object from the first brace to the last. Raises ``Unusable``."""
    begin, end = text.find("{"), text.rfind("}")
    if begin < 0 or end < begin:
        raise Unusable("it holds no JSON object")
    try:
        data = json.loads(text[begin : end + 1])
    except (ValueError, RecursionError) as error:
        raise Unusable(f"it is not JSON: {str(error)[:120]}") from None
    if not isinstance(data, dict):
        raise Unusable("it is not a JSON object")
    return data


def _mended(data: Mapping[str, JsonValue], form: ReplyType) -> dict[str, JsonValue]:
    properties = form.model_json_schema()["properties"]
    if not data.keys() & properties.keys():
        raise Unusable(f"it has none of the keys {', '.join(properties)}")
    mended: dict[str, JsonValue] = {}
    for key, schema in properties.items():
        empty: JsonValue = "" if schema.get("type") == "string" else None
        if schema.get("type") == "array":
            empty = []
        value = data.get(key, empty)
        value = empty if value is None else value
        if isinstance(value, list):
            value = value[: schema.get("maxItems", len(value))]
        elif isinstance(value, str) and "maxLength" in schema:
            value = value[: schema["maxLength"]]
        mended[key] = value
    if isinstance(post := mended.get("post"), dict):
        text = post.get("text")
        cut = {"text": text[:280]} if isinstance(text, str) else {}
        mended["post"] = {"reply_to": None, **post, **cut}
    return mended


def _words(error: ValidationError) -> str:
    found = [
        f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:_MOST_ERRORS]
    ]
    return "; ".join(found)


@cache
def strict_schema(kind: str) -> tuple[str, JsonSchemaValue]:
    """Return name and strict JSON schema of the reply of a kind of agent.

    Every object lists all its keys as required and allows no other, as strict decoding wants;
    references are written out, descriptions left away, and so are lengths of texts, which some
    servers refuse: too long a text is cut. Equal calls give the same object.
    """
    form = reply_type(kind)
    return form.__name__, strict(form)


def strict(form: type[BaseModel]) -> JsonSchemaValue:
    """Return the strict JSON schema of a type."""
    schema = form.model_json_schema()
    made: JsonSchemaValue = _strict(schema, schema.get("$defs", {}))
    return made


def _strict(part: Any, definitions: Mapping[str, JsonSchemaValue]) -> Any:
    if isinstance(part, list):
        return [_strict(one, definitions) for one in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _strict(definitions[part["$ref"].rpartition("/")[2]], definitions)
    kept = {key: _strict(value, definitions) for key, value in part.items() if key not in _LEFT_OUT}
    if kept.get("type") == "object":
        kept["properties"] = {
            key: _strict(value, definitions) for key, value in part["properties"].items()
        }
        kept |= {"required": list(kept["properties"]), "additionalProperties": False}
    return kept
