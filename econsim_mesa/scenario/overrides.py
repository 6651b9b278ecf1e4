"""Change single fields of a scenario by their dotted paths, or by short names for common ones.

Overrides are applied to the resolved dump of a scenario, in which every field stands, so that
any field of the format can be named. Objects whose keys are names that a user chooses (items,
stores, weights, stressors, ...) take new keys; everywhere else an unknown key is an error.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from pydantic import JsonValue

from econsim_mesa.errors import Problem, ScenarioError, hint
from econsim_mesa.scenario.fields import matches, open_keys
from econsim_mesa.scenario.missing import unknown_key
from econsim_mesa.scenario.paths import Path_, found, json_path, parts
from econsim_mesa.scenario.registry import names, section_names

SHORT: dict[str, str] = {
    "households": "agents.Household.count",
    "steps": "steps",
    "width": "grid.width",
    "height": "grid.height",
    "stress": "stress.mode",
    "discount": "events.*.percent",
    "model": "llm.model",
    "seed": "seed",
}
"""Short names of overrides and the dotted paths that they stand for."""


def apply(
    data: Mapping[str, Any], changes: Mapping[str, object], source: str = "overrides"
) -> dict[str, JsonValue]:
    """Return a copy of a scenario's dump with dotted paths set to new values.

    ``{"agents.Household.count": 100, "events.0.percent": 20}``. Raises ``ScenarioError`` with
    every path that leads nowhere, each with the nearest key, and every value JSON cannot hold.
    """
    changed = deepcopy(dict(data))
    problems: list[Problem] = []
    for dotted, value in changes.items():
        problem = _set(changed, dotted, value)
        if problem is not None:
            problems.append(problem)
    if problems:
        raise ScenarioError(source, problems)
    return changed


def expand(
    data: Mapping[str, Any], short_names: Mapping[str, object], source: str = "overrides"
) -> dict[str, object]:
    """Return the dotted overrides that short names stand for in a scenario's dump.

    ``stress`` takes true, false or a mode; ``discount`` sets the percent of every promotion.
    Raises ``ScenarioError`` for an unknown short name, or a discount without a promotion.
    """
    changes: dict[str, object] = {}
    problems: list[Problem] = []
    for name, given in short_names.items():
        value = given.item() if hasattr(given, "item") else given  # a scalar of numpy
        if name not in SHORT:
            advice = f"{hint(name, list(SHORT))} Any other field: set={{'dotted.path': value}}"
            problems.append(Problem("$", f"unknown override {name!r}; {advice}"))
        elif name == "discount":
            paths = _promotions(data)
            changes.update(dict.fromkeys(paths, value))
            if not paths:
                problems.append(Problem("$.events", "discount: there is no promotion to change"))
        elif name == "stress" and isinstance(value, bool):
            changes[SHORT[name]] = "on" if value else "off"
        else:
            changes[SHORT[name]] = value
    if problems:
        raise ScenarioError(source, problems)
    return changes


def parse_assignment(text: str) -> tuple[str, Any]:
    """Split ``KEY=VALUE`` into a dotted path and a JSON value, or else a bare word.

    >>> parse_assignment("agents.Household.count=100")
    ('agents.Household.count', 100)
    >>> parse_assignment("stress.mode=off")
    ('stress.mode', 'off')
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        message = f"{found(text)} is not of the form KEY=VALUE, such as stress.mode=off"
        raise ScenarioError("--set", [Problem("$", message)])
    try:
        return key.strip(), json.loads(value, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return key.strip(), value


def _no_constant(word: str) -> Any:
    raise ValueError(word)


def _promotions(data: Mapping[str, Any]) -> list[str]:
    return [
        f"events.{i}.percent"
        for i, event in enumerate(data["events"])
        if event["type"] == "promotion"
    ]


def _set(data: dict[str, JsonValue], dotted: str, value: object) -> Problem | None:
    """Set one field in place, or return what is wrong with its path or value."""
    keys = parts(dotted)
    try:
        held = plain(value)
    except (TypeError, ValueError, RecursionError) as error:
        return Problem(json_path(tuple(keys)), f"the new value is not JSON: {error}")
    here: Any = data
    path: Path_ = ()
    for depth, key in enumerate(keys):
        step = int(key) if isinstance(here, list) and key.isdecimal() and len(key) < 9 else key
        path = (*path, step)
        reason = _no_way(here, step, keys[:depth], last=depth == len(keys) - 1)
        if reason is not None:
            return Problem(json_path(path), f"no such field to set; {reason}")
        if depth < len(keys) - 1:
            here = here[step]
        elif isinstance(here, list) and isinstance(step, str):
            here.append(held)
        else:
            here[step] = held
    return None


def _no_way(here: Any, step: str | int, above: list[str], *, last: bool) -> str | None:
    """Return why a step leads nowhere, if it does; ``above`` are the keys before it."""
    if isinstance(here, dict):
        if step in here or (last and _is_open([*above, str(step)])):
            return None
        if above:
            return hint(str(step), list(here))
        absent = f"this scenario has no section {step!r}; set it as a whole, {step}={{...}}"
        return absent if step in section_names() else unknown_key(str(step))
    if isinstance(here, list):
        more = last and str(step).startswith("+")
        inside = isinstance(step, int) and step < len(here)
        number = f"the list has {len(here)} entries, counted from 0; +NAME adds one"
        return None if inside or more else number
    if here is None:
        return "what it would be in is null; set that as a whole"
    return f"it would be in {found(here)}, which has no fields"


def _is_open(path: list[str]) -> bool:
    """Whether the last key of a path may be new: a user's choice, a domain, a kind of store."""
    if len(path) == 1:
        return path[0] in section_names()
    if path[:-1] == ["agents"]:
        return path[-1] in names("store")
    return any(matches(path[:-1], pattern) for pattern in open_keys())


def plain(value: object) -> Any:
    """Return a value as JSON holds it: numpy scalars as numbers, tuples as lists.

    Raises ``TypeError`` and ``ValueError`` for what JSON cannot hold.
    """
    return json.loads(json.dumps(value, allow_nan=False, default=_scalar))


def _scalar(value: object) -> Any:
    item = getattr(value, "item", None)
    if item is not None:
        return item()
    isoformat = getattr(value, "isoformat", None)
    if isoformat is not None:
        return isoformat()
    raise TypeError(f"{type(value).__name__} {found(value)}")
