"""Where in a model's message its answer stands: text, parts, a tool's arguments, or its reasoning.

Servers differ in it: what a model reasons stands in a field of its own or among the parts, and
some put the answer itself there and leave the text empty.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

_REASONING_FIELDS = ("reasoning_content", "reasoning", "reasoning_details", "thinking")
_TEXT_FIELDS = ("text", "value", "thinking", "reasoning", "summary", "content")
_OBJECT_FIELDS = ("input", "arguments", "args", "json", "parsed")
_REASONING = re.compile(r"think|reason", re.IGNORECASE)
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
_END = re.compile(r"(?:\s|`|</?\w{1,20}>|<\|\w{1,20}\|>)*\Z")
"""What may stand behind an answer."""
_LOOKED_AT, _TAIL, _MOST_BRACES = 20_000, 200, 50
"""Characters at the end of a reasoning in which the answer is looked for, and what may stand behind
it; braces at which it may begin."""


def text_of(message: Mapping[str, Any]) -> object:
    """Return the answer in a message as text; None: it has none, not a string: it makes no sense.

    An object in place of a text is given as JSON. What a message hands to a tool counts where its
    text holds no object.
    """
    content = message.get("content")
    text = _content(content)
    if isinstance(text, str | None) and "{" not in (text or ""):
        objects = [each for each in _handed_over(message) if "{" in each]
        return objects[0] if objects else text
    return text


def reasoning_of(message: Mapping[str, Any]) -> str:
    """Return what a message holds of the model's reasoning, empty if nothing."""
    fields = [message.get(name) for name in _REASONING_FIELDS]
    content = message.get("content")
    parts = content if isinstance(content, list) else []
    return "\n".join(filter(None, map(_text, [*fields, *filter(_is_reasoning, parts)])))


def answer_at_end(reasoning: str, keys: Collection[str]) -> str | None:
    """Return the object with which a reasoning ends, if it has most of the keys; None: none such.

    >>> answer_at_end('I might {"go": 1}, no: {"go": 2}', ["go"])
    '{"go": 2}'
    """
    text = reasoning.rstrip()[-_LOOKED_AT:]
    text = text[:-_TAIL] + _END.sub("", text[-_TAIL:])
    begin, looked = text.find("{"), 0
    while begin >= 0 and looked < _MOST_BRACES:
        close, looked = _close_of(text, begin), looked + 1
        if close == len(text):
            answer = text[begin:]
            return answer if 2 * sum(f'"{key}"' in answer for key in keys) >= len(keys) else None
        begin = text.find("{", close or begin + 1)
    return None


def without_reasoning(text: str) -> str:
    """Return what a model says after it has reasoned; all of it, if that is all."""
    for mark in reversed(list(_REASONED.finditer(text))):
        answer = text[mark.end() :]
        if answer.strip():
            return answer
    return text


def is_all_reasoning(text: str) -> bool:
    """Whether a text ends before a model has said anything but its reasoning."""
    is_begun = _REASONS.match(text) is not None
    return not text.strip() or (is_begun and without_reasoning(text) == text)


def begins_with_answer(text: str) -> bool:
    """Whether a text begins as JSON does, bare or fenced: nothing was reasoned before it."""
    return text.lstrip().startswith(("{", "[", "```"))


def _content(content: object) -> object:
    if isinstance(content, dict):
        return json.dumps(content)
    if not isinstance(content, list):
        return content
    parts = [part for part in content if not _is_reasoning(part)]
    return "".join(filter(None, map(_part, parts)))


def _part(part: object) -> str:
    if isinstance(part, dict) and isinstance(part.get("text"), str | dict):
        return _text(part["text"])
    return part if isinstance(part, str) else next(_objects(part), "")


def _is_reasoning(part: object) -> bool:
    return isinstance(part, dict) and bool(_REASONING.search(str(part.get("type"))))


def _handed_over(message: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a message hands to tools or functions, or holds as an object."""
    calls = message.get("tool_calls")
    for call in calls if isinstance(calls, list) else []:
        yield from _objects(call)
        yield from _objects(call.get("function") if isinstance(call, dict) else None)
    yield from _objects(message.get("function_call"))
    yield from _objects(message)


def _objects(holder: object) -> Iterator[str]:
    """Yield what stands in the fields of an object that hold another, as JSON."""
    for value in map(holder.get, _OBJECT_FIELDS) if isinstance(holder, dict) else ():
        if isinstance(value, str | dict):
            yield value if isinstance(value, str) else json.dumps(value)


def _text(value: object) -> str:
    """Return the text in whatever form it is given."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(map(_text, value))
    if isinstance(value, dict):
        return "".join(_text(value[name]) for name in _TEXT_FIELDS if name in value)
    return ""


def _close_of(text: str, begin: int) -> int | None:
    """Return the end of the object that begins at a brace; None: it is not closed."""
    depth, quoted, place = 0, False, begin
    while place < len(text):
        sign = text[place]
        if quoted:
            place += sign == "\\"
            quoted = sign != '"'
        elif sign == '"':
            quoted = True
        elif sign in "{}":
            depth += 1 if sign == "{" else -1
            if not depth:
                return place + 1
        place += 1
    return None
