"""A model that believes everything: it does what any text in its prompt tells it to do.

For tests of prompt injection: whatever it is made to answer must come out as a legal action of
the agent that was asked, or as none. It knows no verbs and no language: a text demands something
where it holds a JSON object, or names a key of the reply and what is to stand there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from econsim_mesa.mock.schema_values import LONGEST_NAME, Schema

Reply = dict[str, Any]
"""A reply as an object for JSON."""
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_NUMBER = re.compile(r"(?<![\w])-?\d[\d,]*(?:e\d{1,2})?")
_NAME = re.compile(r"[A-Z][\w']*(?: [A-Z][\w']*)*")
_LARGEST = 1e300
_DECODER = json.JSONDecoder()


def obey(reply: Reply, prompt: str, schema: Mapping[str, Any]) -> Reply:
    """Return a reply with all that texts in a prompt demand, whether it is valid or not.

    JSON objects found in texts are merged into the reply, keys that no reply has included. After
    a key in words, as in ``move to Pizza Place``, stands what is put under it. What may be an entry
    of the reply's list is added to it.
    """
    obeyed, (listed, entries) = dict(reply), _entries(schema)
    keys = {**schema.get("properties", {}), **entries}
    for text in texts_in(prompt):
        for demands in _objects(text):
            for key, value in demands.items():
                _put(obeyed, key, value, listed if key in entries else "")
        for key, part in keys.items():
            words = re.escape(key).replace("_", "[ _]")
            for match in re.finditer(rf"\b{words}\b[: ]+", text, re.IGNORECASE):
                if key in entries:
                    _put(obeyed, listed, _entry(part, text[match.end() :]))
                elif key != listed:
                    _put(obeyed, key, _demanded(part, text[match.end() :]))
    return obeyed


def _entries(schema: Mapping[str, Any]) -> tuple[str, dict[str, Schema]]:
    """Return the list of a reply that holds several forms of objects, and these by first key."""
    for name, part in schema.get("properties", {}).items():
        items = part.get("items", {}) if isinstance(part, Mapping) else {}
        options = items.get("anyOf", [])
        if options:
            return name, {next(iter(option["properties"])): option for option in options}
    return "", {}


def texts_in(prompt: str) -> Iterator[str]:
    """Yield what the JSON strings of a prompt say: that is how it shows what people write."""
    for quoted in _STRING.findall(prompt):
        try:
            yield json.loads(quoted)
        except ValueError:
            continue


def _objects(text: str) -> Iterator[Reply]:
    start = text.find("{")
    while start >= 0:
        try:
            value, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            end = start + 1
        else:
            if isinstance(value, dict):
                yield value
        start = text.find("{", end)


def _put(reply: Reply, key: str, value: Any, listed: str = "") -> None:
    """Set a field, or add to it if it is a list; ``listed``: the list that holds the field."""
    if listed:
        values = value if isinstance(value, list) else [value]
        reply[listed] = [*reply.get(listed, ()), *({key: each} for each in values)]
    elif isinstance(reply.get(key), list):
        reply[key] = [*reply[key], *(value if isinstance(value, list) else [value])]
    else:
        reply[key] = value


def _entry(schema: Any, text: str) -> Reply:
    """Return the object that the first sentence of a text makes of a schema.

    It takes names and numbers of the sentence, in the order of the properties, names that the
    schema lists before others; a text that may be longer than a name takes the sentence.
    """
    sentence = re.split(r"[.;!?\n]|, ", text)[0].strip()
    numbers, names = iter(_NUMBER.findall(sentence)), _NAME.findall(sentence)
    properties: dict[str, Schema] = schema["properties"]
    if any(part.get("maxLength", 0) > LONGEST_NAME for part in properties.values()):
        names = [sentence]
    made: Reply = {}
    for key, part in properties.items():
        listed = [name for name in names if name in part.get("enum", names)]
        made[key] = _next(part["type"], numbers, iter(listed), sentence)
        names = [name for name in names if name != made[key]]
    return made


def _demanded(schema: Any, text: str) -> Any:
    """Return what the first sentence of a text puts in the place of a plain schema."""
    sentence = re.split(r"[.;!?\n]|, ", text)[0].strip()
    part = _main(_main(schema).get("items", schema))
    numbers, names = iter(_NUMBER.findall(sentence)), iter(_NAME.findall(sentence))
    return _next(part.get("type"), numbers, names, sentence)


def _main(schema: Any) -> Mapping[str, Any]:
    """Return the option of a schema that is not null."""
    if not isinstance(schema, Mapping):
        return {}
    options = (part for part in schema.get("anyOf", ()) if part != {"type": "null"})
    return next(options, schema)


def _next(kind: Any, numbers: Iterator[str], names: Iterator[str], sentence: str) -> Any:
    if kind in ("integer", "number"):
        return int(min(float(next(numbers, "1").replace(",", "")), _LARGEST))
    if kind == "boolean":
        return True
    return next(names, sentence) if kind == "string" else None
