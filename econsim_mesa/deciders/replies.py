"""From the text of a model's reply to what it says: by rule where it can mean one thing only.

What is lenient in form is strict in meaning: nothing that says something is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic.json_schema import JsonSchemaValue

from econsim_mesa.deciders.fitting import fitted, says_nothing, spelling
from econsim_mesa.deciders.loose_json import NotJson, read_exactly, read_loosely, same
from econsim_mesa.deciders.schema import reply_type
from econsim_mesa.domains.roster import OF_PACKAGE, Domains
from econsim_mesa.domains.social.posts import clean_text
from econsim_mesa.llm.messages import ReplySchema
from econsim_mesa.society.action import Action

_LONGEST = 200_000
"""Characters, white space apart, beyond which a reply is not looked at."""
_MOST_PROBLEMS = 3
_THOUGHT = 2000
_MOST_BRACES = 200
_BEGIN = re.compile(r'"\s*\{\s*\\|[{\uff5b]')
"""Where an object may begin, or one that is written as a text."""
_KEY = re.compile(
    r"""[{\uff5b] \s* (?: ["\u201c]
    | ['\u2018] [^'\u2019]{0,60} ['\u2019] \s* [:\uff1a] | [^\W\d] [\w-]* \s* [:\uff1a] )""",
    re.VERBOSE,
)
_REASONED = re.compile(
    r"""<\|message\|> | <channel\|>
    | [<\[\u25c1] \s* (?: / | \|? \s* end ) [^<>\[\]]{0,40}?
      (?: think | thought | reason | rationale | reflect | analy | scratch | draft | plan
        | deliberat | monologue | brainstorm | cot\b )
      [^<>\[\]]{0,40} [>\]\u25b7]""",
    re.IGNORECASE | re.VERBOSE,
)
"""What stands between a model's reasoning and its answer, where a server leaves both in a text."""
_REASONS = re.compile(
    r"\s*(?:[<\[\u25c1]\s*\|?\s*(?:\w+:)?(?:think|thought|reason|reflect)|<\|channel\|>\s*analysis)",
    re.IGNORECASE,
)
"""How a text begins that is a reasoning first."""
_LEFT_OUT = ("$defs", "title", "description", "default", "maxLength")
Form = TypeVar("Form", bound=BaseModel)


class ReplyError(ValueError):
    """A reply that says no legal form of a decision; the message tells its author why."""


class ReadReply(NamedTuple):
    """What a reply says; ``mended`` if it had to be put into form by rule."""

    thought: str
    actions: tuple[Action, ...]
    mended: bool


class Answer(NamedTuple, Generic[Form]):
    """A reply in its form; ``mended`` if it had to be put into it by rule."""

    content: Form
    mended: bool


def read_reply(text: str, kind: str, domains: Domains = OF_PACKAGE) -> ReadReply:
    """Read the reply of an agent of a kind in a town with some domains. Raises ``ReplyError``."""
    reply, mended = read_as(reply_type(kind, domains), text)
    return ReadReply(clean_text(reply.thought, _THOUGHT), reply.actions(), mended)


def read_as(form: type[Form], text: str) -> Answer[Form]:
    """Read a text as a form. Raises ``ReplyError``.

    By rule are read: JSON with slips that leave no doubt (``loose_json``), keys and values that
    fit the form in one way only (``fitting``), and an object with words around it, in a wrapper,
    as a text, or given twice. Unknown keys that say something are refused, and named.
    """
    if sum(map(len, text.split())) > _LONGEST:
        raise ReplyError(f"it has {len(text)} characters")
    try:
        said, exact = _object(replace_surrogates(text), form)
        data, problems = fitted(said, form)
        if problems:
            raise ReplyError(_listed(problems))
        content = form.model_validate_json(json.dumps(data))
        return Answer(content, mended=not (exact and same(data, said)))
    except ValidationError as error:
        raise ReplyError(_listed(_words(error))) from None
    except RecursionError:
        raise ReplyError("it is nested too deeply") from None


def replace_surrogates(text: str) -> str:
    """Return text with a question mark for each half of a character, as UTF-8 can hold it."""
    return text.encode("utf-8", "replace").decode("utf-8")


def without_reasoning(text: str) -> str:
    """Return what a model says after it has reasoned; all of it, if that is all."""
    for mark in reversed(list(_REASONED.finditer(text))):
        answer = text[mark.end() :]
        if answer.strip():
            return answer
    return text


def is_all_reasoning(text: str) -> bool:
    """Whether a text ends before a model has said anything but its reasoning."""
    return not text.strip() or (
        _REASONS.match(text) is not None and without_reasoning(text) == text
    )


def _object(text: str, form: type[BaseModel]) -> tuple[dict[str, JsonValue], bool]:
    """Return the object that a text says, and whether it says nothing else.

    Raises ``ReplyError``.
    """
    try:
        said = read_exactly(text)
        if isinstance(said, dict) and _has_any(said, form):
            return said, True
    except NotJson:
        pass
    try:
        return _only_object(without_reasoning(text), form), False
    except NotJson as error:
        raise ReplyError(f"it is not JSON: {error}") from None


def _only_object(text: str, form: type[BaseModel]) -> dict[str, JsonValue]:
    """Return the one object of a text that has keys of the form. Raises ``ReplyError``.

    A model's reasoning before it is left away, with what it drafts there, and so are words around
    it. An object that is broken spoils the whole: what stands inside it is not looked for.
    """
    found = list(_objects(text))
    meant: list[dict[str, JsonValue]] = []
    for one in (_unwrapped(one, form) for one in found):
        if one is not None and not any(same(one, other) for other in meant):
            meant.append(one)
    if not found:
        raise ReplyError("it holds no JSON object")
    if not meant:
        raise ReplyError(f"it has none of the keys {', '.join(form.model_fields)}")
    if len(meant) > 1:
        raise ReplyError(f"it holds {len(meant)} different JSON objects; only one can be meant")
    return meant[0]


def _objects(text: str) -> Iterator[dict[str, JsonValue]]:
    """Yield the JSON objects of a text one after the other. Raises ``NotJson`` for a broken one.

    A brace without a key after it is one of prose.
    """
    begin, looked = _BEGIN.search(text), 0
    while begin:
        end, looked = begin.end(), looked + 1
        if looked > _MOST_BRACES:
            raise NotJson("it has too many braces")
        try:
            value, end = read_loosely(text, begin.start())
            if isinstance(value, dict):
                yield value
            elif isinstance(value, str):
                yield from _objects(value)
        except NotJson:
            if begin[0] not in "{\uff5b" or _KEY.match(text, begin.start()):
                raise
        begin = _BEGIN.search(text, end)


def _unwrapped(value: JsonValue, form: type[BaseModel]) -> dict[str, JsonValue] | None:
    """Return an object that has keys of the form, out of whatever it is wrapped in."""
    if isinstance(value, str):
        value = list(_objects(value))
    if isinstance(value, dict) and _has_any(value, form):
        return value
    inside = value.values() if isinstance(value, dict) else value
    said = [one for one in inside if not says_nothing(one)] if isinstance(inside, Iterable) else []
    return _unwrapped(said[0], form) if len(said) == 1 else None


def _has_any(value: Mapping[str, JsonValue], form: type[BaseModel]) -> bool:
    names = set(map(spelling, form.model_fields))
    return any(spelling(key) in names for key in value)


def _words(error: ValidationError) -> list[str]:
    return [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]


def _listed(problems: Sequence[str]) -> str:
    more = len(problems) - _MOST_PROBLEMS
    return "; ".join(problems[:_MOST_PROBLEMS]) + (f"; and {more} more" if more > 0 else "")


def strict_schema(kind: str, domains: Domains = OF_PACKAGE) -> tuple[str, ReplySchema]:
    """Return name and strict JSON schema of the reply of a kind of agent.

    Every object lists all its keys as required and allows no other, as strict decoding wants;
    references are written out, descriptions left away, and so are lengths of texts, which some
    servers refuse: too long a text is cut. Equal calls give the same object.
    """
    form = reply_type(kind, domains)
    return form.__name__, _schema_of(form)


@cache
def _schema_of(form: type[BaseModel]) -> ReplySchema:
    return strict(form)


def strict(form: type[BaseModel]) -> ReplySchema:
    """Return the strict JSON schema of a type."""
    schema = form.model_json_schema()
    return ReplySchema(_strict(schema, schema.get("$defs", {})))


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
