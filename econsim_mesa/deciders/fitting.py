"""Fitting an object to the form of a reply: lenient where it is safe, strict where it is not.

Nothing that says something is left out: what the form has no place for is a problem.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from pydantic import BaseModel, JsonValue
from pydantic.json_schema import JsonSchemaValue

from econsim_mesa.deciders.loose_json import same
from econsim_mesa.errors import hint

_NOTHING = ("", "null", "none")
"""Texts that say nothing, without regard to case."""
_WHOLE = re.compile(r"[+-]?\d{1,20}(?:\.0*)?")
_BETWEEN_WORDS = re.compile(r"[\s_\-\u2010-\u2015]+")
_SEVERAL = re.compile(r"[,;&\n]|\band\b")
"""What stands between names, where one text names more than one."""
_UNSAID: dict[str, JsonValue] = {"thought": "", "ttl": 1}
"""What a key means that is left out, where it is neither null nor a list: one step, the least."""
_MAY_BE_CUT = ("thought", "text")
"""Texts that go on too long and keep their meaning: reasoning, and a post."""
_KEY_SHOWN = 40


class Fitted(NamedTuple):
    """An object in the form of a reply, and what it says that has no place there."""

    data: dict[str, JsonValue]
    problems: list[str]


def fitted(value: Mapping[str, JsonValue], form: type[BaseModel]) -> Fitted:
    """Put an object into a form, as far as its author can have meant one thing only.

    Read by rule: another spelling of a key (case, dashes, spaces), keys left out, null in words,
    whole numbers and truth as text, a single entry in place of a list, reasoning and posts that
    are too long. What is wrong otherwise is left as it is, for the form to refuse.
    """
    schema = _schema(form)
    fitting = _Fitting(schema.get("$defs", {}))
    return Fitted(fitting.object(value, schema, ""), fitting.problems)


def says_nothing(value: JsonValue) -> bool:
    """Whether a value is null, empty, or holds nothing else."""
    if isinstance(value, str):
        return value.strip().casefold() in _NOTHING
    if isinstance(value, dict):
        return all(map(says_nothing, value.values()))
    if isinstance(value, list):
        return all(map(says_nothing, value))
    return value is None


def spelling(key: str) -> str:
    """Return what all spellings of a key have in common.

    >>> {spelling(key) for key in ("move_to", "moveTo", "Move-To", "MOVE TO")}
    {'moveto'}
    """
    return _BETWEEN_WORDS.sub("", key).casefold()


@cache
def _schema(form: type[BaseModel]) -> JsonSchemaValue:
    return form.model_json_schema()


class _Fitting:
    """The fitting of one reply; ``problems`` are what has no place in its form."""

    def __init__(self, definitions: Mapping[str, JsonSchemaValue]) -> None:
        self._definitions = definitions
        self.problems: list[str] = []

    def object(
        self, value: Mapping[str, JsonValue], schema: JsonSchemaValue, where: str
    ) -> dict[str, JsonValue]:
        """Return an object with the keys of the form."""
        properties = schema["properties"]
        given = self._named(value, properties, where)
        made: dict[str, JsonValue] = {}
        for key, part in properties.items():
            if key in given:
                made[key] = self._value(given[key], part, key, f"{where}{key}.")
            else:
                made |= self._unsaid(key, part)
        return made

    def _named(
        self, value: Mapping[str, JsonValue], properties: Mapping[str, Any], where: str
    ) -> dict[str, JsonValue]:
        """Return what is said, by the form's own names."""
        names = {spelling(name): name for name in properties}
        given = {key: held for key, held in value.items() if key in properties}
        for key, held in value.items():
            name = names.get(spelling(key))
            if key in properties or says_nothing(held):
                continue
            if name is None:
                inside = f" in {where[:-1]}" if where else ""
                advice = hint(key[:_KEY_SHOWN], list(properties))
                self.problems.append(f"unknown key {key[:_KEY_SHOWN]!r}{inside}; {advice}")
            elif not same(given.setdefault(name, held), held):
                twice = f"{where}{name} and {key[:_KEY_SHOWN]!r}"
                self.problems.append(f"{twice} are given, with different values; one is meant")
        return given

    def _unsaid(self, key: str, schema: JsonSchemaValue) -> dict[str, JsonValue]:
        """Return what it means that a key is left out; empty: it must not be."""
        part, nullable = self._plain(schema)
        if nullable:
            return {key: None}
        if part["type"] == "array":
            return {key: []}
        return {key: _UNSAID[key]} if key in _UNSAID else {}

    def _value(self, value: JsonValue, schema: JsonSchemaValue, key: str, where: str) -> JsonValue:
        part, nullable = self._plain(schema)
        kind = part["type"]
        if nullable and says_nothing(value):
            return None
        if kind == "array":
            return self._list(value, part, key, where)
        if kind == "object":
            return self.object(value, part, where) if isinstance(value, dict) else value
        if value is None or (kind != "string" and says_nothing(value)):
            return _UNSAID.get(key, value)
        return _scalar(value, kind, part.get("maxLength") if key in _MAY_BE_CUT else None)

    def _list(self, value: JsonValue, part: JsonSchemaValue, key: str, where: str) -> JsonValue:
        if says_nothing(value):
            return []
        kind = self._plain(part["items"])[0]["type"]
        if isinstance(value, dict) and kind == "object":
            value = [value]
        if isinstance(value, str) and kind == "string" and not _SEVERAL.search(value):
            value = [value]
        if not isinstance(value, list):
            return value
        entries = [entry for entry in value if not says_nothing(entry)]
        return [
            self._value(entry, part["items"], key, f"{where}{k}.")
            for k, entry in enumerate(entries)
        ]

    def _plain(self, schema: JsonSchemaValue) -> tuple[JsonSchemaValue, bool]:
        """Return the schema of what is not null, and whether null may stand there too."""
        options = schema.get("anyOf", [schema])
        one = next(option for option in options if option.get("type") != "null")
        if "$ref" in one:
            one = self._definitions[one["$ref"].rpartition("/")[2]]
        return one, len(options) > 1


def _scalar(value: JsonValue, kind: str, longest: int | None) -> JsonValue:
    """Return a number, a truth or a text as its type wants it, if it says one."""
    if kind == "integer":
        if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
            return int(value.strip().partition(".")[0])
        return int(value) if isinstance(value, float) and value.is_integer() else value
    if kind == "boolean" and isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().casefold(), value)
    return value[:longest] if kind == "string" and isinstance(value, str) else value
