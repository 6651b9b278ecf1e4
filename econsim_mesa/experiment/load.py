"""Load an experiment: by name or from a file, with overrides, every condition checked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import JsonValue, ValidationError

from econsim_mesa.analysis.result_tables import Row
from econsim_mesa.errors import Problem, ScenarioError, hint
from econsim_mesa.experiment.conditions import (
    MAX_CONDITIONS,
    MAX_RUNS,
    Condition,
    conditions,
    count,
    value_at,
    varied_paths,
)
from econsim_mesa.experiment.consistency import check
from econsim_mesa.experiment.external_targets import read_targets
from econsim_mesa.experiment.types import ARM, SCENARIO, Experiment
from econsim_mesa.llm.ready import asks_model
from econsim_mesa.scenario import Scenario, load_scenario
from econsim_mesa.scenario.address import addresses_in, fault_of
from econsim_mesa.scenario.load import bundled as bundled_scenarios
from econsim_mesa.scenario.load import find as find_scenario
from econsim_mesa.scenario.load import or_file, scenarios_folder
from econsim_mesa.scenario.overrides import plain
from econsim_mesa.scenario.paths import found, json_path, parts, shown
from econsim_mesa.scenario.read import read_json, refusal
from econsim_mesa.scenario.wording import MAX_PROBLEMS, problems_of


class Design(NamedTuple):
    """An experiment with all its conditions and the checked scenario of each, in their order."""

    experiment: Experiment
    conditions: list[Condition]
    scenarios: list[Scenario]
    given: Mapping[str, JsonValue] = {}
    """What the file of each scenario held, by its name; of what is read from a folder, nothing."""
    targets: str | None = None
    """Text of the file of external targets; None: none, or read from a folder."""


def load_experiment(
    source: str | Path | Experiment, *, set: Mapping[str, Any] | None = None
) -> Design:
    """Return a checked experiment from a bundled name, a JSON file or an ``Experiment``.

    ``set`` maps dotted paths to values: of the experiment (``replicates``), or of its scenario
    (``steps``, or ``set.steps`` for the same). Raises ``ScenarioError`` with every problem found.
    """
    if isinstance(source, Experiment):
        label, folder = source.name, Path()
        data: Any = source.model_dump(mode="json", by_alias=True)
    else:
        path = find(source)
        label, folder, data = shown(str(source)), path.parent, read_json(path)
    if not isinstance(data, dict):
        raise refusal(label, "an experiment is a JSON object {...}")
    if "agents" in data and "scenario" not in data:
        advice = 'run it with `econsim run`, or name it under "scenario" in an experiment'
        raise refusal(label, f"is a scenario, not an experiment; {advice}")
    _override(data, set or {}, label)
    try:
        experiment = Experiment.model_validate_json(json.dumps(data))
    except ValidationError as error:
        raise ScenarioError(label, problems_of(error, data, Experiment)) from None
    experiment, targets = _with_targets(experiment, folder)
    loaded = _Loader(folder)
    experiment = _screened(experiment, loaded, label)
    refuse_size(experiment, label)
    found_conditions = conditions(experiment)
    scenarios = [loaded.scenario(condition) for condition in found_conditions]
    problems = [*loaded.problems, *check(experiment, found_conditions, scenarios)]
    problems = problems or list(_unused_addresses(experiment))
    if problems:
        raise ScenarioError(label, _cut(problems))
    good = [scenario for scenario in scenarios if scenario is not None]
    return Design(experiment, found_conditions, good, loaded.given, targets)


def _with_targets(experiment: Experiment, folder: Path) -> tuple[Experiment, str | None]:
    """Return an experiment that knows the hash of its file of targets, and that file's text."""
    external = experiment.external
    if external is None:
        return experiment, None
    fixed, text, _ = read_targets(external, folder / external.targets)
    return experiment.model_copy(update={"external": fixed}), text


def _unused_addresses(experiment: Experiment) -> Iterator[Problem]:
    """Yield what is wrong with addresses of servers that stand in the plan and nobody asks."""
    for address in addresses_in(experiment.model_dump(mode="json")):
        if why := fault_of(address):
            yield Problem("$", f"llm.base_url, where another takes its place: {why}")


def _screened(experiment: Experiment, loaded: _Loader, label: str) -> Experiment:
    """Return an experiment with the points of its screening, if it has one, as its arms."""
    if experiment.screening is None:
        return experiment
    from econsim_mesa.experiment.screening import points

    if any(not arm.startswith("point ") for arm in experiment.arms):
        raise refusal(label, "a screening has no arms of one's own; vary factors", "$.arms")
    (only,) = conditions(experiment.model_copy(update={"arms": {}, "factors": {}}))
    base = loaded.scenario(only)
    if base is None:
        raise ScenarioError(label, _cut(loaded.problems))
    return points(experiment, base)


def row_of(design: Design, number: int) -> Row:
    """Return what is varied in a condition: ``scenario`` and dotted paths -> values."""
    condition, scenario = design.conditions[number], design.scenarios[number]
    dump = scenario.model_dump(mode="json", by_alias=True)
    return {
        path: scenario.name
        if path == SCENARIO
        else condition.settings.get(path, value_at(dump, path))
        for path in varied_paths(design.experiment)
    }


def condition_columns(design: Design, condition: Condition) -> Row:
    """Return what names a condition in a table: its arm, ``scenario``, dotted paths -> values."""
    row = row_of(design, condition.number)
    return {ARM: condition.levels[ARM], **row} if ARM in condition.levels else row


def model_of(scenario: Scenario) -> str | None:
    """Return the language model that decides in a scenario; None: none does."""
    return scenario.llm.model if asks_model(scenario) else None


def bundled() -> dict[str, Path]:
    """Return the bundled experiments: name -> file, in the order of their names."""
    return {path.stem: path for path in sorted((scenarios_folder() / "experiments").glob("*.json"))}


def find(source: str | Path) -> Path:
    """Return the file of a bundled name or a path. Raises ``ScenarioError`` if it is neither."""
    known = bundled()
    if isinstance(source, str) and source in known:
        return known[source]
    path = Path(source)
    if path.suffix or path.name != str(source) or path.is_file():
        return path
    raise refusal(str(source), f"no bundled experiment has this name; {or_file(source, known)}")


class _Loader:
    """Loads the scenario of each condition, and says of each problem which value made it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.given: dict[str, JsonValue] = {}
        self._bases: dict[str, Scenario | None] = {}
        self._problems: dict[Problem, None] = {}

    @property
    def problems(self) -> list[Problem]:
        """All problems so far, each once."""
        return list(self._problems)

    def scenario(self, condition: Condition) -> Scenario | None:
        """Return the scenario of a condition, or None and a problem or more."""
        name, at = condition.scenario, condition.sources[SCENARIO]
        if name not in self._bases:
            self._bases[name] = self._base(name, at)
        base = self._bases[name]
        if base is None:
            return None
        try:
            return load_scenario(base, set=condition.settings)
        except ScenarioError as error:
            for problem in error.problems:
                self._problems[_blame(problem, condition)] = None
        return None

    def _base(self, name: str, at: tuple[str | int, ...]) -> Scenario | None:
        beside = self._folder / name
        source = name if name in bundled_scenarios() or not beside.is_file() else beside
        try:
            base = load_scenario(source)
            self.given[name] = read_json(find_scenario(source))
            return base
        except ScenarioError as error:
            for path, message in error.problems:
                where = "" if path == "$" else f" (at {path} of that scenario)"
                self._problems[Problem(json_path(at), f"{shown(name)}: {message}{where}")] = None
        return None


def _blame(problem: Problem, condition: Condition) -> Problem:
    """Say where in the experiment the value stands that made a scenario's problem."""
    keys = parts(problem.path.removeprefix("$"))[0:] if problem.path != "$" else []
    keys = [key for key in keys if key]
    best: tuple[int, str] | None = None
    for path in condition.settings:
        own = parts(path)
        shared = len(own) if keys[: len(own)] == own else 0
        if own[: len(keys)] == keys and keys:
            shared = max(shared, len(keys))
        if shared and (best is None or shared > best[0]):
            best = shared, path
    if best is None:
        text = f"{problem.message} (at {problem.path} of the scenario, in {condition.slug})"
        return Problem(json_path(condition.sources[SCENARIO]), text)
    exact = parts(best[1]) == keys
    text = problem.message if exact else f"{problem.message} (at {problem.path} of the scenario)"
    return Problem(json_path(condition.sources[best[1]]), text)


def refuse_size(experiment: Experiment, label: str) -> None:
    """Refuse more conditions or runs than an experiment may have, before any is made.

    Raises ``ScenarioError``.
    """
    total = count(experiment)
    if total > MAX_CONDITIONS:
        message = f"{total:,} conditions are more than {MAX_CONDITIONS:,}; vary less at once"
        raise refusal(label, message, "$.factors")
    if total * experiment.replicates > MAX_RUNS:
        message = f"{total * experiment.replicates:,} runs are more than {MAX_RUNS:,}"
        raise refusal(label, message, "$.replicates")


def _cut(problems: list[Problem]) -> list[Problem]:
    if len(problems) <= MAX_PROBLEMS:
        return problems
    more = len(problems) - MAX_PROBLEMS
    return [*problems[:MAX_PROBLEMS], Problem("$", f"and {more:,} more problems")]


def _override(data: dict[str, JsonValue], changes: Mapping[str, object], label: str) -> None:
    """Set fields of an experiment's JSON in place. Raises ``ScenarioError``: no such field."""
    problems = []
    for given, value in changes.items():
        dotted = f"set.{given}" if is_of_scenario(given) else given
        try:
            held = plain(value)
        except (TypeError, ValueError, RecursionError) as error:
            problems.append(Problem(json_path((dotted,)), f"the new value is not JSON: {error}"))
            continue
        problem = _put(data, dotted, held)
        if problem is not None:
            problems.append(problem)
    if problems:
        raise ScenarioError(label, problems)


def is_of_scenario(dotted: str) -> bool:
    """Whether a path that an experiment does not have is one of its scenario.

    >>> is_of_scenario("stress.mode"), is_of_scenario("plan.keyword"), is_of_scenario("repliactes")
    (True, False, False)
    """
    top = str(parts(dotted)[0])
    return top not in Experiment.model_fields and top in Scenario.model_fields


def _put(data: dict[str, JsonValue], dotted: str, value: JsonValue) -> Problem | None:
    """Set one field; below ``set``, ``factors``, ... all that is left is one dotted path."""
    keys: list[str | int] = list(parts(dotted))
    here: Any = data
    for depth, key in enumerate(keys):
        if depth and _holds_paths(keys[:depth]):
            rest = ".".join(map(str, keys[depth:]))
            here[rest] = value
            return None
        last = depth == len(keys) - 1
        if isinstance(here, list):
            number = int(key) if str(key).isdecimal() and len(str(key)) < 9 else len(here)
            if number >= len(here):
                message = f"the list has {len(here)} entries, counted from 0"
                return Problem(json_path(tuple(keys[: depth + 1])), message)
            keys[depth] = key = number
        elif not isinstance(here, dict):
            message = f"no such field to set; it would be in {found(here)}"
            return Problem(json_path(tuple(keys[: depth + 1])), message)
        elif not last and key not in here:
            if key not in ("set", "factors", "arms", "plan"):
                advice = hint(str(key), list(here))
                return Problem(json_path(tuple(keys[: depth + 1])), f"no such field; {advice}")
            here[key] = {}
        if last:
            here[key] = value
        else:
            here = here[key]
    return None


def _holds_paths(keys: list[str | int]) -> bool:
    """Whether the object at these keys has dotted paths of the scenario as its keys."""
    top = keys[0]
    in_contrast = top == "contrasts" and len(keys) == 3 and keys[2] in ("a", "b")
    return keys in (["set"], ["factors"]) or (top == f"{ARM}s" and len(keys) == 2) or in_contrast
