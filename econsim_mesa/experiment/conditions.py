"""Conditions: the combinations of all factors and arms, with their settings, slugs and runs."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from econsim_mesa.experiment.types import ARM, SCENARIO, Experiment, Settings
from econsim_mesa.scenario.paths import parts

MAX_CONDITIONS, MAX_RUNS = 1_000, 100_000
_LONGEST_SLUG = 100


class Level(NamedTuple):
    """A value of a factor. ``at`` is its path in the experiment's file."""

    path: str
    value: Any
    at: tuple[str | int, ...]


class Condition(NamedTuple):
    """One combination of factors and arm.

    Attributes:
        number: Position among all conditions, from 0.
        slug: Short name, which the names of runs and folders begin with.
        scenario: Name or path of the base scenario.
        levels: Factor -> its value, as the experiment gives it, and ``arm`` if there are arms.
        settings: Dotted path -> value, of all changes of the scenario.
        sources: Path in the experiment's file of each setting, and of ``scenario``.
    """

    number: int
    slug: str
    scenario: str
    levels: Mapping[str, Any]
    settings: Mapping[str, Any]
    sources: Mapping[str, tuple[str | int, ...]]


def conditions(experiment: Experiment) -> list[Condition]:
    """Return all conditions in order: arms vary slowest, the last factor fastest."""
    taken: set[str] = set()
    result: list[Condition] = []
    for number, (arm, levels) in enumerate(_combinations(experiment)):
        settings: Settings = dict(experiment.set)
        sources: dict[str, tuple[str | int, ...]] = {path: ("set", path) for path in settings}
        chosen: Settings = {}
        scenario = experiment.scenario
        scenario_at: tuple[str | int, ...] = (SCENARIO,)
        if arm is not None:
            chosen[ARM] = arm
            settings |= experiment.arms[arm]
            sources |= {path: ("arms", arm, path) for path in experiment.arms[arm]}
        for level in levels:
            chosen[level.path] = level.value
            settings[level.path], sources[level.path] = level.value, level.at
        if SCENARIO in settings:
            scenario, scenario_at = str(settings.pop(SCENARIO)), sources.pop(SCENARIO)
        sources[SCENARIO] = scenario_at
        slug = _unique(_slug(chosen), taken)
        result.append(Condition(number, slug, scenario, chosen, settings, sources))
    return result


def count(experiment: Experiment) -> int:
    """Return the number of conditions, without listing them."""
    total = max(len(experiment.arms), 1)
    for values in experiment.factors.values():
        total *= len(values)
    return total


def run_id(condition: Condition, seed: int) -> str:
    """Return the name of a run, which is the name of its folder."""
    return f"{condition.slug}.s{seed}"


def varied_paths(experiment: Experiment) -> list[str]:
    """Return the paths that vary, and ``scenario`` if it does: they are columns of the tables."""
    arms = (path for settings in experiment.arms.values() for path in settings)
    return list(dict.fromkeys([*arms, *experiment.factors]))


def value_at(dump: Any, path: str) -> Any:
    """Return the value at a dotted path of a dumped scenario, or None if there is none."""
    here = dump
    for key in parts(path):
        if isinstance(here, Mapping) and key in here:
            here = here[key]
        elif isinstance(here, list) and key.isdecimal() and int(key) < len(here):
            here = here[int(key)]
        else:
            return None
    return here


def is_within(levels: Mapping[str, Any], side: Settings) -> bool:
    """Whether levels of a condition include the values of one side of a contrast."""
    return all(path in levels and equal(levels[path], side[path]) for path in side)


def equal(a: Any, b: Any) -> bool:
    """Whether two values are the same JSON; true is not 1.

    >>> equal(1, 1.0), equal(True, 1), equal(["a"], ("a",))
    (True, False, True)
    """
    return canonical(a) == canonical(b)


def canonical(value: Any) -> str:
    """Return a value as JSON, the same for equal values."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _combinations(experiment: Experiment) -> Iterator[tuple[str | None, tuple[Level, ...]]]:
    factors = [
        [Level(path, value, ("factors", path, i)) for i, value in enumerate(values)]
        for path, values in experiment.factors.items()
    ]
    for arm in experiment.arms or (None,):
        for levels in itertools.product(*factors):
            yield arm, levels


def _slug(levels: Mapping[str, Any]) -> str:
    """Return a short name of a condition that is valid in any file system."""
    words = []
    for path, value in levels.items():
        text = value if isinstance(value, str) else json.dumps(value)
        plain = re.sub(r"[^a-z0-9_]+", "-", text.casefold()).strip("-") or "none"
        plain = plain.removesuffix("-json") if path == SCENARIO else plain
        key = re.sub(r"[^a-z0-9_]+", "-", parts(path)[-1].casefold())
        words.append(plain if path in (SCENARIO, ARM) else f"{key}-{plain}")
    slug = ".".join(words) or "base"
    if len(slug) > _LONGEST_SLUG:
        digest = hashlib.sha256(slug.encode()).hexdigest()[:8]
        slug = f"{slug[: _LONGEST_SLUG - 9]}-{digest}"
    return slug


def _unique(slug: str, taken: set[str]) -> str:
    """Return the slug, with a number if it is taken, and add it to those taken."""
    name = slug
    for number in itertools.count(2):
        if name not in taken:
            break
        name = f"{slug}-{number}"
    taken.add(name)
    return name
