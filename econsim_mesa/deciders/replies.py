"""From the text of a model's reply to what it says: by rule where it can mean one thing only.

What is lenient in form is strict in meaning: nothing that says something is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import JsonValue

from econsim_mesa.deciders.loose_json import NotJson, read_exactly, read_loosely, same
from econsim_mesa.deciders.reply_actions import actions_of, says_nothing, spelling
from econsim_mesa.domains.social.posts import clean_text
from econsim_mesa.llm.chat import ReplyError
from econsim_mesa.llm.message_text import without_reasoning
from econsim_mesa.prompts.reply_form import DO, THOUGHT, ReplyForm
from econsim_mesa.society.action import Action
from econsim_mesa.text import replace_surrogates

_LONGEST = 200_000
"""Characters, white space apart, beyond which a reply is not looked at."""
_MOST_PROBLEMS = 3
_THOUGHT = 2000
_LONGEST_NAME = 60
_MOST_BRACES = 200
_BEGIN = re.compile(r'"\s*\{\s*\\|[{\uff5b]')
"""Where an object may begin, or one that is written as a text."""
_KEY = re.compile(
    r"""[{\uff5b] \s* (?: ["\u201c]
    | ['\u2018] [^'\u2019]{0,60} ['\u2019] \s* [:\uff1a] | [^\W\d] [\w-]* \s* [:\uff1a] )""",
    re.VERBOSE,
)


class ReadReply(NamedTuple):
    """What a reply says; ``mended`` if it had to be put into form by rule.

    A name in another spelling is no fault of form: the town knows whom or what it means.
    """

    thought: str
    actions: tuple[Action, ...]
    mended: bool


def read_reply(text: str, form: ReplyForm) -> ReadReply:
    """Read the reply of an agent, which may be of the form that came before.

    By rule are read: JSON with slips that leave no doubt (``loose_json``), an object with words
    around it, in a wrapper, as a text, or given twice, and what fits the form in one way only
    (``reply_actions``). Raises ``ReplyError`` for the rest, which says what was not understood.
    """
    said, exact = find_object(text, (THOUGHT, DO, *form.known_verbs))
    actions, problems = actions_of(said, form)
    thought = next((held for key, held in said.items() if spelling(key) == THOUGHT), None) or ""
    if not isinstance(thought, str):
        problems.append(f"{THOUGHT}: {str(thought)[:40]!r} is no text")
        thought = ""
    if problems:
        raise ReplyError(_listed(problems))
    in_form = _shape(said) == _shape(form.reply(actions, thought[:_THOUGHT]))
    return ReadReply(clean_text(thought, _THOUGHT), actions, mended=not (exact and in_form))


def read_text(text: str, key: str) -> tuple[str, bool]:
    """Read the text under the one key of a reply, by the same rules. Raises ``ReplyError``.

    Returns whether the reply had to be put into form beside it.
    """
    said, exact = find_object(text, (key,))
    texts = {name: held for name, held in said.items() if not says_nothing(held)}
    if list(map(spelling, texts)) != [spelling(key)]:
        raise ReplyError(f"it has the keys {', '.join(said)}, not {key} alone")
    (answer,) = texts.values()
    if not isinstance(answer, str):
        raise ReplyError(f"{key}: {str(answer)[:40]!r} is no text")
    return answer, not (exact and list(said) == [key])


def find_object(text: str, keys: Iterable[str]) -> tuple[dict[str, JsonValue], bool]:
    """Return the object of a text that has some of these keys, and whether it is all of the text.

    Raises ``ReplyError``: there is none, or it is not clear which is meant.
    """
    if sum(map(len, text.split())) > _LONGEST:
        raise ReplyError(f"it has {len(text)} characters")
    text, known = replace_surrogates(text), {spelling(key): key for key in keys}
    try:
        said = read_exactly(text)
        if isinstance(said, dict) and _has_any(said, known):
            return said, True
    except NotJson:
        pass
    try:
        return _only_object(without_reasoning(text), known), False
    except NotJson as error:
        raise ReplyError(f"it is not JSON: {error}") from None
    except RecursionError:
        raise ReplyError("it is nested too deeply") from None


def _only_object(text: str, known: Mapping[str, str]) -> dict[str, JsonValue]:
    """Return the one object of a text that has known keys. Raises ``ReplyError``.

    A model's reasoning before it is left away, with what it drafts there, and so are words around
    it. An object that is broken spoils the whole: what stands inside it is not looked for.
    """
    found = list(_objects(text))
    meant: list[dict[str, JsonValue]] = []
    for one in (_unwrapped(one, known) for one in found):
        if one is not None and not any(same(one, other) for other in meant):
            meant.append(one)
    if not found:
        raise ReplyError("it holds no JSON object")
    if not meant:
        raise ReplyError(f"it has none of the keys {', '.join(known.values())}")
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


def _unwrapped(value: JsonValue, known: Mapping[str, str]) -> dict[str, JsonValue] | None:
    """Return an object that has known keys, out of whatever it is wrapped in."""
    if isinstance(value, str):
        value = list(_objects(value))
    if isinstance(value, dict) and _has_any(value, known):
        return value
    inside = value.values() if isinstance(value, dict) else value
    said = [one for one in inside if not says_nothing(one)] if isinstance(inside, Iterable) else []
    return _unwrapped(said[0], known) if len(said) == 1 else None


def _has_any(value: Mapping[str, JsonValue], known: Mapping[str, str]) -> bool:
    return any(spelling(key) in known for key in value)


def _shape(value: JsonValue) -> Any:
    """Return the keys of a value and the types at its ends.

    Of texts longer than any name the length, since what is cut is no longer as it was said.
    """
    if isinstance(value, dict):
        return {key: _shape(held) for key, held in value.items()}
    if isinstance(value, list):
        return [_shape(held) for held in value]
    if isinstance(value, str) and len(value) > _LONGEST_NAME:
        return len(value)
    return float if type(value) is int else type(value)


def _listed(problems: Sequence[str]) -> str:
    more = len(problems) - _MOST_PROBLEMS
    return "; ".join(problems[:_MOST_PROBLEMS]) + (f"; and {more} more" if more > 0 else "")
