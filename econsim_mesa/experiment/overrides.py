"""Overrides of an experiment's fields: dotted paths of the experiment, or of its scenario."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from econsim_mesa.errors import Problem, ScenarioError, hint
from econsim_mesa.experiment.types import ARM, Experiment
from econsim_mesa.scenario import Scenario
from econsim_mesa.scenario.overrides import plain
from econsim_mesa.scenario.paths import found, json_path, parts
from econsim_mesa.scenario.registry import section_names


def override(data: dict[str, JsonValue], changes: Mapping[str, object], label: str) -> None:
    """Set fields of an experiment's JSON in place.

    Args:
        data: The experiment as JSON.
        changes: Dotted path -> new value.
        label: Names the experiment in messages.

    Raises:
        ScenarioError: There is no such field, or a value is not JSON.
    """
    problems = []
    for path, value in changes.items():
        dotted = f"set.{path}" if is_of_scenario(path) else path
        try:
            new = plain(value)
        except (TypeError, ValueError, RecursionError) as error:
            problems.append(Problem(json_path((dotted,)), f"the new value is not JSON: {error}"))
            continue
        problem = _set(data, dotted, new)
        if problem is not None:
            problems.append(problem)
    if problems:
        raise ScenarioError(label, problems)


def is_of_scenario(dotted: str) -> bool:
    """Whether a path names a field of the scenario rather than of the experiment.

    >>> is_of_scenario("stress.mode"), is_of_scenario("plan.keyword"), is_of_scenario("repliactes")
    (True, False, False)
    """
    top = str(parts(dotted)[0])
    of_scenario = top in Scenario.model_fields or top in section_names()
    return top not in Experiment.model_fields and of_scenario


def _set(data: dict[str, JsonValue], dotted: str, value: JsonValue) -> Problem | None:
    """Set one field; below ``set``, ``factors`` and the like the rest of the path is one key."""
    keys: list[str | int] = list(parts(dotted))
    here: Any = data
    for depth, key in enumerate(keys):
        if depth and _has_dotted_keys(keys[:depth]):
            rest = ".".join(map(str, keys[depth:]))
            here[rest] = value
            return None
        is_last = depth == len(keys) - 1
        if isinstance(here, list):
            number = int(key) if str(key).isdecimal() and len(str(key)) < 9 else len(here)
            if number >= len(here):
                message = f"the list has {len(here)} entries, counted from 0"
                return Problem(json_path(tuple(keys[: depth + 1])), message)
            keys[depth] = key = number
        elif not isinstance(here, dict):
            message = f"no such field to set; it would be in {found(here)}"
            return Problem(json_path(tuple(keys[: depth + 1])), message)
        elif not is_last and key not in here:
            if key not in ("set", "factors", "arms", "plan"):
                advice = hint(str(key), list(here))
                return Problem(json_path(tuple(keys[: depth + 1])), f"no such field; {advice}")
            here[key] = {}
        if is_last:
            here[key] = value
        else:
            here = here[key]
    return None


def _has_dotted_keys(keys: list[str | int]) -> bool:
    """Whether the object at these keys has dotted paths of the scenario as its own keys."""
    top = keys[0]
    in_contrast = top == "contrasts" and len(keys) == 3 and keys[2] in ("a", "b")
    return keys in (["set"], ["factors"]) or (top == f"{ARM}s" and len(keys) == 2) or in_contrast
