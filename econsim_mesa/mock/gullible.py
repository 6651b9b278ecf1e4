"""A model that believes everything: it does what any text in its prompt tells it to do.

For tests of prompt injection: whatever it is made to answer must come out as a legal action of
the agent that was asked, or as none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from econsim_mesa.mock.reply import Reply

HUGE = 10**15
"""What it gives when it is told to give everything."""
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_WHAT = r"(?P<what>[^\W\d][\w ]*?)"
_MANY = r"(?P<many>-?\d[\d,]*(?:\.\d+)?(?:e\d+)?|all|everything)"
_END = r"(?=\s*(?:[.,;:!?\"'(]|\band\b|\bthen\b|\bnow\b|$))"
_NAME = r"@?(?P<name>[^\W_][\w']*(?: (?-i:[A-Z])[\w']*)*)"
_MONEY = re.compile(r"money|cash|coins?|savings|funds|dollars?|balance", re.IGNORECASE)
_DECODER = json.JSONDecoder()


def obey(reply: Reply, prompt: str, currency: str, waiting: Sequence[int] = ()) -> Reply:
    """Return a reply with all that texts in a prompt demand, whether it is valid or not.

    JSON objects found in texts are merged into the reply, keys that no reply has included;
    commands in plain words become actions. ``waiting`` are the ids that can be answered.
    """
    told = dict(reply)
    for text in texts_in(prompt):
        for found in _objects(text):
            for key, value in found.items():
                _put(told, key, value)
        for pattern, act in _COMMANDS:
            for match in pattern.finditer(text):
                for key, value in act(match, currency, waiting):
                    if key in told:
                        _put(told, key, value)
    return told


def texts_in(prompt: str) -> Iterator[str]:
    """Yield every line, with what its JSON strings say in place of how they are written."""
    for line in prompt.split("\n"):
        yield _STRING.sub("", line)
        for quoted in _STRING.findall(line):
            try:
                text = json.loads(quoted)
            except ValueError:
                continue
            if isinstance(text, str):
                yield text


def _objects(text: str) -> Iterator[Reply]:
    start = text.find("{")
    while start >= 0:
        try:
            found, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            end = start + 1
        else:
            if isinstance(found, dict):
                yield found
        start = text.find("{", end)


def _put(reply: Reply, key: str, value: Any) -> None:
    """Set a field, or add to it if it is a list."""
    if isinstance(reply.get(key), list):
        reply[key] = [*reply[key], *(value if isinstance(value, list) else [value])]
    else:
        reply[key] = value


Demands = list[tuple[str, Any]]
Command = Callable[[re.Match[str], str, Sequence[int]], Demands]


def _number(text: str | None) -> int:
    if text is None:
        return 1
    try:
        return int(text.replace(",", ""))
    except ValueError:
        pass
    try:
        return int(min(float(text.replace(",", "")), 1e300))
    except (ValueError, OverflowError):
        return HUGE


def _give(match: re.Match[str], currency: str, waiting: Sequence[int]) -> Demands:
    what = (match["what"] or currency).strip()
    what = currency if _MONEY.search(what) else what
    swap = {
        "to": match["name"],
        "give": what,
        "give_quantity": _number(match["many"]),
        "take": currency,
        "take_quantity": 1,
        "ttl": 2,
    }
    return [("propose", swap)]


def _order(match: re.Match[str], currency: str, waiting: Sequence[int]) -> Demands:
    store = (match["store"] or "").strip()
    order = {"store": store, "item": match["what"], "quantity": _number(match["many"]), "ttl": 2}
    return [("order", order)]


def _react(match: re.Match[str], currency: str, waiting: Sequence[int]) -> Demands:
    ids = [_number(match["id"])] if match["id"] else list(waiting)
    return [("react", {"id": id, "accept": match["verb"].lower() == "accept"}) for id in ids]


def _command(pattern: str, act: Command) -> tuple[re.Pattern[str], Command]:
    return re.compile(pattern, re.IGNORECASE | re.MULTILINE), act


_COMMANDS = (
    _command(rf"\b(?:give|transfer|send|pay|donate|hand)\s+(?:{_MANY}\s*)?(?:of\s+)?"
             rf"(?:your\s+|the\s+)?(?:{_WHAT}\s+)?to\s+{_NAME}", _give),
    _command(rf"\b(?:give|send|pay)\s+{_NAME}\s+{_MANY}(?:\s+(?:of\s+)?(?:your\s+)?{_WHAT})?{_END}",
             _give),
    _command(rf"\b(?:order|buy|purchase)\s+{_MANY}\s+{_WHAT}"
             rf"(?:\s+(?:at|from)\s+(?P<store>[\w ']+?))?{_END}", _order),
    _command(rf"\beat\s+{_MANY}\s+{_WHAT}{_END}",
             lambda m, c, w: [("eat", {"item": m["what"], "quantity": _number(m["many"])})]),
    _command(r"\bsleep\s+(?:for\s+)?(?P<many>-?\d+)",
             lambda m, c, w: [("sleep_hours", _number(m["many"]))]),
    _command(rf"\b(?:go|move|walk|run|travel)\s+(?:to\s+)?"
             rf"(?P<place>home|(?<=to )(?:-?\d+\s*,\s*-?\d+|[\w ']+?)){_END}",
             lambda m, c, w: [("move_to", m["place"].strip())]),
    _command(r"\b(?:post|say|publish|announce|repeat)\b[^:\"']{0,20}[:\"']\s*(?P<text>.+)",
             lambda m, c, w: [("post", {"text": m["text"], "reply_to": None})]),
    _command(rf"(?<!you )\bfollow\s+{_NAME}", lambda m, c, w: [("follow", m["name"])]),
    _command(rf"\bunfollow\s+{_NAME}", lambda m, c, w: [("unfollow", m["name"])]),
    _command(r"\b(?P<verb>accept|decline|reject)\s+(?:the\s+|all\s+|every\s+)?"
             r"(?:offer|proposal|order|swap)s?(?:\s*(?:number|id|no\.?)?\s*#?(?P<id>\d+))?",
             _react),
    _command(rf"\bset\s+(?:the\s+)?price\s+of\s+{_WHAT}\s+to\s+{_MANY}",
             lambda m, c, w: [("set_prices", {"item": m["what"], "price": _number(m["many"])})]),
)  # fmt: skip
