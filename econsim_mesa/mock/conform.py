"""Making any value fit a JSON schema, keeping of it what fits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

_DEEPEST = 20
_PYTHON: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
}


def conform(value: Any, schema: Mapping[str, Any], text: str = "") -> Any:
    """Return a value that is valid under a schema, and as near to ``value`` as can be had.

    Numbers are brought within bounds, strings and lists cut, entries that are of another type
    or unknown dropped; what is missing is null or empty where allowed, or made up, strings
    from ``text``. Knows what pydantic writes: objects, arrays, strings, numbers, ``$ref``,
    ``anyOf``, ``enum``, ``const`` and bounds.
    """
    return _Conformer(schema, text).fit(value, schema, 0)


class _Conformer:
    def __init__(self, root: Mapping[str, Any], text: str) -> None:
        self._root, self._text = root, text

    def fit(self, value: Any, schema: Mapping[str, Any], depth: int) -> Any:
        schema = self._resolved(schema)
        if depth > _DEEPEST:
            return None
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return value if value in schema["enum"] else schema["enum"][0]
        options = schema.get("anyOf") or schema.get("oneOf")
        if options:
            return self.fit(value, self._option(value, options), depth + 1)
        kind = _kind(value, schema)
        if kind == "object":
            return self._object(value, schema, depth)
        if kind == "array":
            return self._array(value, schema, depth)
        if kind == "string":
            return self._string(value, schema)
        if kind in ("integer", "number"):
            return _number(value, schema, kind)
        return value is True if kind == "boolean" else None

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        for _ in range(_DEEPEST):
            if "$ref" not in schema:
                break
            found: Any = self._root
            for key in str(schema["$ref"]).removeprefix("#").strip("/").split("/"):
                found = found.get(key, {}) if key and isinstance(found, Mapping) else found
            schema = found if isinstance(found, Mapping) else {}
        return schema

    def _option(self, value: Any, options: Any) -> Mapping[str, Any]:
        """Return the option of the value's type, else null, else the first."""
        resolved = [self._resolved(option) for option in options]
        for option in resolved:
            if _is(value, option.get("type")):
                return option
        for option in resolved:
            if option.get("type") == "null":
                return option
        return resolved[0]

    def _object(self, value: Any, schema: Mapping[str, Any], depth: int) -> dict[str, object]:
        given = value if isinstance(value, dict) else {}
        fields = schema.get("properties", {})
        return {name: self.fit(given.get(name), sub, depth + 1) for name, sub in fields.items()}

    def _array(self, value: Any, schema: Mapping[str, Any], depth: int) -> list[Any]:
        items = self._resolved(schema.get("items", {}))
        kind = items.get("type")
        given = [one for one in value if kind is None or _is(one, kind)] if _is(
            value, "array") else []  # fmt: skip
        given += [None] * (schema.get("minItems", 0) - len(given))
        most = schema.get("maxItems", len(given))
        return [self.fit(one, items, depth + 1) for one in given[:most]]

    def _string(self, value: Any, schema: Mapping[str, Any]) -> str:
        text = value if isinstance(value, str) else self._text
        text = text[: schema.get("maxLength", 300)]
        return text.ljust(schema.get("minLength", 0), "-")


def _is(value: Any, kind: Any) -> bool:
    """Whether a value is of a type of JSON schema; a bool is no number."""
    if isinstance(value, bool):
        return bool(kind == "boolean")
    types: tuple[type, ...] = _PYTHON.get(kind, ()) if isinstance(kind, str) else ()
    return isinstance(value, types)


def _kind(value: Any, schema: Mapping[str, Any]) -> str | None:
    kind = schema.get("type")
    if isinstance(kind, list):
        fitting = [one for one in kind if _is(value, one)]
        return str((fitting or [one for one in kind if one == "null"] or kind or ["null"])[0])
    return "object" if kind is None and "properties" in schema else kind


def _number(value: Any, schema: Mapping[str, Any], kind: str) -> int | float:
    low = schema.get("minimum", schema.get("exclusiveMinimum", -math.inf) + 1)
    high = schema.get("maximum", schema.get("exclusiveMaximum", math.inf) - 1)
    sound = _is(value, "number") and not (isinstance(value, float) and not math.isfinite(value))
    number = min(max(value if sound else 0, low), high)
    return int(number) if kind == "integer" else number
