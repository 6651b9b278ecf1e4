"""Making up a value that a JSON schema allows, and fitting a value to one."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

Schema = dict[str, Any]
"""A JSON schema, or a part of one."""
_DEEPEST = 12
"""Levels below which a value holds nothing that it need not hold: a schema may name itself."""
_MOST_MORE, _WORDS, _CHARACTERS = 3, 12, 60
"""Items of a list are fewer than this beyond those that it must have; the length of strings."""
LONGEST_NAME = 60
"""Strings that can be no longer are meant as names."""
_NAME = re.compile(r"\b[A-Z]\w* \d+\b")
"""A name in a text, such as *Baker 12*."""
_TRIES = 20
"""So many items are drawn for each that must differ from the others."""
_FAR = 10
"""Numbers are drawn no farther than this from their lower bound."""
_LARGEST = 1e300
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
}
_FORMATS = {
    "date-time": "2030-01-01T12:00:00Z",
    "date": "2030-01-01",
    "time": "12:00:00Z",
    "duration": "PT1H",
    "email": "somebody@example.org",
    "hostname": "example.org",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.org/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
_NOTHING = object()
"""Stands for a value that nobody wishes."""


def value_of_schema(
    schema: Any, draw: Callable[[str], float], text: str, wish: Any = _NOTHING
) -> Any:
    """Return a value that a schema allows.

    It heeds types, ``enum``, ``const``, ``anyOf``, ``oneOf``, ``allOf``, ``$ref``, required and
    optional properties, and bounds of numbers, of lengths and of lists; it does not heed
    patterns of strings, ``not`` and conditions.

    Args:
        schema: A JSON schema.
        draw: Returns the number in [0, 1) that belongs to a place in the value.
        text: The words of strings are words that follow each other in it, short strings names that
            stand in it, and of an ``enum`` of texts those are taken that stand in it, if any do.
        wish: A value that is kept as far as the schema allows; without one all is drawn.
    """
    return _Maker(schema, draw, text).value(schema, "", wish)


class _Maker:
    def __init__(self, root: Any, draw: Callable[[str], float], text: str) -> None:
        self._root, self._draw, self._text = root, draw, text

    def value(self, schema: Any, place: str, wish: Any) -> Any:
        schema = self._resolved(schema)
        choices = [schema["const"]] if "const" in schema else schema.get("enum")
        if choices is not None:
            at_hand = [one for one in choices if isinstance(one, str) and one in self._text]
            return wish if _is_among(wish, choices) else self._pick(at_hand or choices, place)
        options = schema.get("anyOf") or schema.get("oneOf")
        if options:
            rest = {key: part for key, part in schema.items() if key not in ("anyOf", "oneOf")}
            option = self._option([self._resolved(part) for part in options], place, wish)
            return self.value(_merged(rest, option), place, wish)
        kind = self._kind(schema, place, wish)
        if kind == "object":
            return self._object(schema, place, wish)
        if kind == "array":
            return self._array(schema, place, wish)
        if kind == "string":
            return self._string(schema, place, wish)
        if kind in ("integer", "number"):
            return _number(schema, kind == "integer", self._draw(place), wish)
        if kind == "boolean":
            return wish if isinstance(wish, bool) else self._draw(place) < 0.5
        return None

    def _resolved(self, schema: Any) -> Schema:
        """Return a schema with all that it refers to."""
        resolved = dict(schema) if isinstance(schema, Mapping) else {}
        for _ in range(_DEEPEST):
            parts = resolved.pop("allOf", [])
            if "$ref" in resolved:
                parts = [*parts, self._at(str(resolved.pop("$ref")))]
            if not parts:
                break
            for part in parts:
                resolved = _merged(resolved, part if isinstance(part, Mapping) else {})
        return resolved

    def _at(self, reference: str) -> Mapping[str, Any]:
        part: Any = self._root
        for key in filter(None, reference.removeprefix("#").split("/")):
            key = key.replace("~1", "/").replace("~0", "~")
            part = part.get(key) if isinstance(part, Mapping) else None
        return part if isinstance(part, Mapping) else {}

    def _pick(self, choices: Sequence[Any], place: str) -> Any:
        return choices[int(self._draw(place) * len(choices))]

    def _option(self, options: list[Schema], place: str, wish: Any) -> Schema:
        """Return the option of the wished type; null where no other can hold the wish."""
        empty = [option for option in options if option.get("type") == "null"]
        if wish is not _NOTHING:
            alike = [option for option in options if _is_a(wish, option.get("type"))]
            return max(alike, key=partial(_shared_keys, wish), default=(empty or options)[0])
        if empty and _is_deep(place):
            return empty[0]
        return dict(self._pick(options, f"{place}?"))

    def _kind(self, schema: Mapping[str, Any], place: str, wish: Any) -> str | None:
        """Return the type that the value is to have; None: anything may stand there."""
        kind = schema.get("type")
        if isinstance(kind, list):
            fitting = [name for name in kind if _is_a(wish, name)]
            deep = [name for name in kind if name == "null" and _is_deep(place)]
            return str((fitting or deep or [self._pick(kind, f"{place}?")])[0])
        if kind is not None:
            return str(kind)
        return next((name for name, keys in _SIGNS.items() if keys & schema.keys()), None)

    def _object(self, schema: Mapping[str, Any], place: str, wish: Any) -> dict[str, object]:
        wishes = wish if isinstance(wish, dict) else {}
        properties, required = schema.get("properties", {}), schema.get("required", [])
        names = [name for name in properties if name in required or not _is_deep(place)]
        names += [name for name in required if name not in properties]
        missing = _NOTHING if wish is _NOTHING else None
        return {
            name: self.value(
                properties.get(name, schema.get("additionalProperties")),
                f"{place}/{name}",
                wishes.get(name, missing),
            )
            for name in names
        }

    def _array(self, schema: Mapping[str, Any], place: str, wish: Any) -> list[Any]:
        """Return the wished items of the right type, else some that are drawn."""
        first, others = schema.get("prefixItems", []), schema.get("items", {})
        wishes = [item for item in wish if self._fits(item, others)] if _is_a(wish, "array") else []
        length = len(wishes) or len(first)
        if wish is _NOTHING and others is not False and not _is_deep(place):
            length += int(self._draw(place) * _MOST_MORE)
        length = max(min(length, schema.get("maxItems", length)), schema.get("minItems", 0))
        made: list[Any] = []
        for k in range(length * _TRIES):
            if len(made) == length:
                break
            item = self.value(
                first[k] if k < len(first) else others,
                f"{place}/{k}",
                wishes[k] if k < len(wishes) else _NOTHING,
            )
            if not (schema.get("uniqueItems") and _is_among(item, made)):
                made.append(item)
        return made

    def _fits(self, wish: Any, schema: Any) -> bool:
        kind = self._resolved(schema).get("type")
        return kind is None or _is_a(wish, kind)

    def _string(self, schema: Mapping[str, Any], place: str, wish: Any) -> str:
        words = self._text.split()
        begin = int(self._draw(place) * len(words))
        text = " ".join(words[begin : begin + _WORDS])[:_CHARACTERS]
        if schema.get("maxLength", math.inf) <= LONGEST_NAME:
            names = _NAME.findall(self._text)
            text = self._pick(names, place) if names else text
        text = _FORMATS.get(schema.get("format", ""), text)
        text = wish if isinstance(wish, str) else text
        return text[: schema.get("maxLength")].ljust(schema.get("minLength", 0), "-")


_SIGNS: dict[str, set[str]] = {
    "object": {"properties", "required", "additionalProperties"},
    "array": {"items", "prefixItems", "minItems", "maxItems"},
    "string": {"minLength", "maxLength", "pattern", "format"},
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
}
"""Type -> keywords by which a schema says it that does not name it."""


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> Schema:
    """Return a schema with what two of them say; of bounds that both have, those of the first."""
    merged = {**other, **one}
    if "properties" in one and "properties" in other:
        merged["properties"] = {**other["properties"], **one["properties"]}
    if "required" in one and "required" in other:
        merged["required"] = list(dict.fromkeys([*one["required"], *other["required"]]))
    return merged


def _shared_keys(wish: Any, schema: Schema) -> int:
    """Return how many keys of a wish a schema of an object has."""
    return len(schema.get("properties", {}).keys() & wish) if isinstance(wish, dict) else 0


def _is_deep(place: str) -> bool:
    return place.count("/") >= _DEEPEST


def _is_a(value: Any, kind: Any) -> bool:
    """Whether a value is of a type of JSON schema, or of some of a list; a bool is no number."""
    kinds = kind if isinstance(kind, list) else [kind]
    if isinstance(value, bool):
        return "boolean" in kinds
    return any(isinstance(value, _TYPES.get(name, ())) for name in kinds)


def _is_among(value: Any, choices: Sequence[Any]) -> bool:
    return any(type(value) is type(choice) and value == choice for choice in choices)


def _number(schema: Mapping[str, Any], whole: bool, drawn: float, wish: Any) -> int | float:
    """Return a number within bounds: the wished one, else a small one near the lower bound."""
    low, high = schema.get("minimum", -math.inf), schema.get("maximum", math.inf)
    if "exclusiveMinimum" in schema:
        low = max(low, math.nextafter(schema["exclusiveMinimum"], math.inf))
    if "exclusiveMaximum" in schema:
        high = min(high, math.nextafter(schema["exclusiveMaximum"], -math.inf))
    number = low if math.isfinite(low) else min(0, high)
    number += drawn * min(high - number, _FAR)
    if _is_a(wish, "number") and abs(wish) < _LARGEST:
        number = min(max(wish, low), high)
    step = schema.get("multipleOf", 1 if whole else 0)
    if step:
        number = math.floor(number) if step == 1 else math.floor(number / step) * step
        number += step * (number < low)
    return int(number) if whole else number
