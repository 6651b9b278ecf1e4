"""What a server says of a failure, found in the JSON, the page or the text that it sends.

Each kind of server puts the sentence for people elsewhere, and some hand on that of another server
inside their own.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

LONGEST = 300
"""Most characters of a server's sentence that are kept."""
_SENTENCES = (
    *("message", "error_description", "detail", "errors", "error", "msg", "error_msg"),
    *("error_message", "description", "title", "reason"),
)
"""Where the sentence for people stands, what says most first; each may hold more JSON."""
_CODES = ("code", "type", "param", "status", "reason", "reasons")
_DEEPEST = 6
_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
_UNSEEN = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->|<[^>]*>", re.IGNORECASE | re.DOTALL)


class ErrorBody(NamedTuple):
    """What a server says: the sentence, and what else helps to tell failures apart.

    ``code`` holds its codes, types and names of parameters, with blanks between; ``status`` is the
    HTTP status that stands in the body, None: none does; ``headers`` are those it quotes there.
    """

    sentence: str
    code: str = ""
    status: int | None = None
    headers: Mapping[str, str] = {}


def read_error(text: str) -> ErrorBody:
    """Return what the body of an error says.

    >>> read_error('{"error": {"message": "no such model", "code": "model_not_found"}}')
    ErrorBody(sentence='no such model', code='model_not_found', status=None, headers={})
    """
    if is_page(text):
        return ErrorBody(_line(page_title(text)))
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return ErrorBody(_line(text))
    return error_of(data)


def error_of(data: Any) -> ErrorBody:
    """Return what the JSON of an error says."""
    if isinstance(data, list) and data:  # so does Google's
        data = data[0]
    code = " ".join(dict.fromkeys(_codes(data, 0)))
    sentence = _line(_sentence(data, 0)) or _line(code)
    return ErrorBody(sentence, code, _status(data), dict(_quoted(data)))


def is_page(text: str) -> bool:
    """Whether a text is a web page."""
    return text.lstrip()[:1] == "<"


def page_title(text: str) -> str:
    """Return the title of a web page; its words, if it has none."""
    match = _TITLE.search(text)
    return html.unescape(match[1] if match else _UNSEEN.sub(" ", text[:20_000]))


def _line(text: str) -> str:
    return " ".join(text.split())[:LONGEST]


def _sentence(value: Any, depth: int) -> str:
    """Return the first sentence for people, with that of another server behind it."""
    if depth > _DEEPEST:
        return ""
    if isinstance(value, str):
        return _unpacked(value, depth)
    if isinstance(value, list):
        return "; ".join(filter(None, (_sentence(item, depth + 1) for item in value[:3])))
    if not isinstance(value, dict):
        return ""
    sentence = next(
        filter(None, (_sentence(value.get(name), depth + 1) for name in _SENTENCES)), ""
    )
    if isinstance(place := value.get("loc"), list) and place:
        return f"{place[-1]}: {sentence}"
    beyond = value.get("metadata")
    raw = _sentence(beyond.get("raw"), depth + 1) if isinstance(beyond, dict) else ""
    return f"{sentence}: {raw}" if raw and raw not in sentence else sentence


def _unpacked(text: str, depth: int) -> str:
    """Return a text, or the sentence in it if it is JSON."""
    if text.lstrip()[:1] in ("{", "["):
        try:
            return _sentence(json.loads(text), depth + 1) or text
        except (ValueError, RecursionError):
            pass
    return text


def _codes(value: Any, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for item in value[:5]:
            yield from _codes(item, depth + 1)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name in _CODES and isinstance(item, str | int) and not isinstance(item, bool):
                yield str(item)[:LONGEST]
            elif name == "flagged_input":
                yield "flagged"
            else:
                yield from _codes(item, depth + 1)


def _status(data: Any) -> int | None:
    """Return the HTTP status that stands in a body, as a number or as its digits."""
    inner = data.get("error") if isinstance(data, dict) else None
    for part in (inner, data):
        if not isinstance(part, dict):
            continue
        for name in ("code", "status", "status_code"):
            status = str(part.get(name, ""))
            if status.isascii() and status.isdigit() and 400 <= int(status[:9]) < 600:
                return int(status)
    return None


def _quoted(data: Any) -> Iterator[tuple[str, str]]:
    """Yield headers of another server that a body hands on."""
    for name in ("error", "metadata", "headers"):
        data = data.get(name) if isinstance(data, dict) else None
    if isinstance(data, dict):
        for name, value in data.items():
            if isinstance(value, str | int | float):
                yield str(name), str(value)
