"""From the text of a model's reply to actions: strict first, then mended by rule, else unusable."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
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
_KEY = re.compile(r'\{\s*"')
_REASONED = ("</think>", "[/THINK]", "<|message|>")
"""What stands between a model's reasoning and its answer, where a server leaves both in a text."""
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
    data = _mended(only_object(text, form.model_fields.keys()), form)
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


def only_object(text: str, keys: Collection[str]) -> dict[str, JsonValue]:
    """Return the one JSON object of a text that has some of the keys. Raises ``Unusable``.

    A model's reasoning before it is left away, with what it drafts there, and so are words around
    it. An object that is broken spoils the whole: what stands inside it is not looked for.
    """
    found = list(_objects(without_reasoning(text)))
    meant = [one for one in found if one.keys() & keys]
    if not found:
        raise Unusable("it holds no JSON object")
    if not meant:
        raise Unusable(f"it has none of the keys {', '.join(keys)}")
    if len(meant) > 1:
        raise Unusable(f"it holds {len(meant)} JSON objects, and only one can be meant")
    return meant[0]


def without_reasoning(text: str) -> str:
    """Return what a model says after it has reasoned; all of it, if that is all."""
    for mark in _REASONED:
        answer = text.rpartition(mark)[2]
        text = answer if answer.strip() else text
    return text


def _objects(text: str) -> Iterator[dict[str, JsonValue]]:
    """Yield the JSON objects of a text one after the other. Raises ``Unusable`` for a broken one.

    A brace without a key after it is one of prose.
    """
    decode, begin = json.JSONDecoder().raw_decode, text.find("{")
    while begin >= 0:
        try:
            data, end = decode(text, begin)
            yield data
        except (ValueError, RecursionError) as error:
            if _KEY.match(text, begin):
                raise Unusable(f"it is not JSON: {str(error)[:120]}") from None
            end = begin + 1
        begin = text.find("{", end)


def _mended(data: Mapping[str, JsonValue], form: ReplyType) -> dict[str, JsonValue]:
    properties = _properties(form)
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


@cache
def _properties(form: ReplyType) -> Mapping[str, JsonSchemaValue]:
    properties: dict[str, JsonSchemaValue] = form.model_json_schema()["properties"]
    return properties


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
