"""Say in plain words what pydantic found wrong: what, which value, where, what would do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from econsim_mesa.errors import Problem, hint
from econsim_mesa.scenario.fields import keys_at
from econsim_mesa.scenario.missing import unknown_key
from econsim_mesa.scenario.paths import Path_, found, json_path
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.clock import NAMED_MOMENT

MAX_PROBLEMS = 100

_KINDS = {
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "model_type": "must be an object {...}",
    "model_attributes_type": "must be an object {...}",
    "dict_type": "must be an object {...}",
    "tuple_type": "must be a list [...]",
    "list_type": "must be a list [...]",
    "datetime_type": "must be a date and time such as 2025-12-19T09:00",
    "datetime_parsing": "must be a date and time such as 2025-12-19T09:00",
    "datetime_from_date_parsing": "must be a date and time such as 2025-12-19T09:00",
    "time_type": "must be a time of day such as 09:00",
    "time_parsing": "must be a time of day such as 09:00",
}
_SUMS = ("price", "cash", "amount", "to", "uniform")
"""Keys of sums of money, or of lists of them."""
_OBJECTS = ("model_type", "model_attributes_type")
_KEYS_SHOWN = 3
_NAME = "must be a name of 1 to 60 characters without dots, brackets, quotes, $ or controls"
_PATTERNS = {
    r"^[^\x00-\x1f": _NAME,
    r"^[a-z0-9_]{1,40}$": (
        "must be the name of a template, of a-z, 0-9 or _; a folder of templates of your own is "
        "named by the key prompts"
    ),
    r"^[a-z][a-z0-9_]": "must begin with a lower-case letter and go on with a-z, 0-9 or _",
    f"^{NAMED_MOMENT.pattern[:12]}": (
        "must be a step, a date and time such as 2025-12-19T09:00, or a moment that counts from a "
        "named day of the clock: sale, sale-4 or sale+2 09:00, without spaces around the sign"
    ),
    r"^https?://": (
        "an address begins with http:// or https:// and holds no spaces, user, password or @; "
        "a key goes into OPENAI_API_KEY, which is recorded nowhere"
    ),
}
_EXAMPLES: dict[Path_, str] = {
    ("exclusions",): (
        "say what the scenario leaves out, for example "
        '"exclusions": ["No labour market: income is given and equal."]'
    ),
    ("data_sources",): (
        "say where its numbers come from, for example "
        '"data_sources": [{"name": "Household survey 2024", "use": "income a day", '
        '"licence": "CC BY 4.0"}], or [] if all are invented'
    ),
}


_LENGTH = re.compile(r"(?:Tuple|List|Dictionary) should have (at (?:least|most) (\d+)) items?")


class _Fault(NamedTuple):
    """One pydantic error: its path in the data, its words, and whether a union tried it."""

    path: Path_
    message: str
    kind: str
    tried: bool
    value: Any


def problems_of(
    error: ValidationError, data: Any, top: type[BaseModel] = Scenario
) -> list[Problem]:
    """Return the problems of raw data that pydantic refused, in plain words, each path once.

    ``top`` is the type that the data was to be. At most ``MAX_PROBLEMS``, and a last one that
    says how many more there are.
    """
    errors = error.errors(include_url=False, include_context=False)
    faults = [_fault(one, data, top) for one in errors[:MAX_PROBLEMS]]
    merged: dict[Path_, list[_Fault]] = {}
    for fault in _without_wrong_branches(faults):
        merged.setdefault(fault.path, []).append(fault)
    problems = [Problem(json_path(path), _sentence(same)) for path, same in merged.items()]
    if len(errors) > MAX_PROBLEMS:
        problems.append(Problem("$", f"and {len(errors) - MAX_PROBLEMS:,} more problems"))
    return problems


def _sentence(same: list[_Fault]) -> str:
    """Join what each branch of a union asked for at one path."""
    telling = [one for one in same if one.kind not in _KINDS and one.kind != "literal_error"]
    wishes = list(dict.fromkeys(fault.message for fault in telling or same))
    text = " or ".join([wishes[0], *(wish.removeprefix("must be ") for wish in wishes[1:])])
    needs_value = any(wish.startswith("must ") for wish in wishes) and "; found" not in text
    return f"{text}; found {found(same[0].value)}" if needs_value else text


def _without_wrong_branches(faults: list[_Fault]) -> list[_Fault]:
    """Leave out what other branches of a union said where one branch got further in.

    Likewise that a list is too short, where what it holds is wrong.
    """
    deeper = {fault.path[:depth] for fault in faults for depth in range(len(fault.path))}
    return [
        fault
        for fault in faults
        if fault.path not in deeper or not (fault.tried or fault.kind == "too_short")
    ]


def _fault(error: ErrorDetails, data: Any, top: type[BaseModel]) -> _Fault:
    path, tried = _place(error, data)
    if path[:1] == ("agents",) and len(path) > 1 and path[1] not in keys_at(("agents",), data):
        message = f"unknown kind of agent; {_hint(path[:2], data, top)}"
        return _Fault(path[:2], message, "unknown_kind", tried=False, value=None)
    words = _words(error, path, data, top)
    return _Fault(path, words, error["type"], tried, error["input"])


def _place(error: ErrorDetails, data: Any) -> tuple[Path_, bool]:
    """Return the path in the data, without the tags that pydantic adds for unions and keys."""
    path: list[str | int] = []
    here, tried, last = data, False, len(error["loc"]) - 1
    for depth, step in enumerate(error["loc"]):
        inside = _inside(here, step)
        if inside:
            here = here[step]
        if inside or (error["type"] == "missing" and depth == last):
            path.append(step)
        else:
            tried = tried or step != "[key]"
    return tuple(path), tried


def _inside(here: Any, step: str | int) -> bool:
    if isinstance(here, list):
        return isinstance(step, int) and step < len(here)
    return isinstance(here, Mapping) and step in here


def _words(error: ErrorDetails, path: Path_, data: Any, top: type[BaseModel]) -> str:
    kind, message = error["type"], error["msg"]
    example = _EXAMPLES.get(path) if top is Scenario else None
    if kind == "missing":
        if message != "Field required":
            return message
        return f"missing; {example}" if example else "this key is missing"
    if example and not isinstance(error["input"], str):
        return f"{_plain(message)}; {example}"
    if kind == "extra_forbidden":
        return f"unknown key; {_hint(path, data, top)}"
    if kind == "unknown_name" and len(path) == 1 and top is Scenario:
        return f"unknown key; {unknown_key(str(path[0]))}"
    if kind == "literal_error":
        return _literal(error)
    if kind == "string_pattern_mismatch":
        return next((text for start, text in _PATTERNS.items() if start in message), message)
    if kind in _OBJECTS and (keys := keys_at(path, data, top)):
        return f"{_KINDS[kind]} with keys such as {', '.join(keys[:_KEYS_SHOWN])}"
    if isinstance(error["input"], float) and not {*path}.isdisjoint(_SUMS):
        return f"{_KINDS[kind]} (in the smallest unit of the currency, such as cents)"
    return _KINDS.get(kind) or _plain(message)


def _hint(path: Path_, data: Any, top: type[BaseModel]) -> str:
    return hint(str(path[-1]), keys_at(path[:-1], data, top)) if path else ""


def _literal(error: ErrorDetails) -> str:
    allowed = re.findall(r"'([^']*)'", error["msg"])
    if not allowed or not isinstance(error["input"], str):
        return _plain(error["msg"])
    return f"{_plain(error['msg'])}; found {found(error['input'])}; {hint(error['input'], allowed)}"


def _plain(message: str) -> str:
    text = message.removeprefix("Value error, ")
    length = _LENGTH.match(text)
    if length is not None:
        return f"must hold {length[1]} {'entry' if length[2] == '1' else 'entries'}"
    for start in ("Input should be", "String should be", "Value should be"):
        text = text.replace(start, "must be")
    text = text.replace("Input should", "must").replace("String should", "must")
    return text.replace("greater than or equal to", "at least").replace(
        "less than or equal to", "at most"
    )
