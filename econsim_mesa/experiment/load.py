"""Load an experiment by name or from a file, apply overrides, and check every condition."""

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
from econsim_mesa.experiment.consistency import inconsistencies
from econsim_mesa.experiment.external_targets import read_targets
from econsim_mesa.experiment.overrides import override
from econsim_mesa.experiment.types import ARM, SCENARIO, Experiment
from econsim_mesa.llm.ready import asks_model
from econsim_mesa.scenario import Scenario, load_scenario
from econsim_mesa.scenario.address import addresses_in, fault_of
from econsim_mesa.scenario.load import bundled as bundled_scenarios
from econsim_mesa.scenario.load import find as find_scenario
from econsim_mesa.scenario.load import or_file, scenarios_folder
from econsim_mesa.scenario.paths import found, json_path, parts, shown
from econsim_mesa.scenario.read import read_json, refusal
from econsim_mesa.scenario.wording import MAX_PROBLEMS, problems_of


class Design(NamedTuple):
    """An experiment with its conditions, and the checked scenario of each.

    Attributes:
        experiment: The experiment.
        conditions: Its conditions, in order.
        scenarios: The scenario of each condition, in the same order.
        scenario_files: Content of the file of each scenario, by its name in the experiment;
            empty if the experiment was read from its folder.
        targets: Text of the file of external targets; None if there is none, or if the
            experiment was read from its folder.
    """

    experiment: Experiment
    conditions: list[Condition]
    scenarios: list[Scenario]
    scenario_files: Mapping[str, JsonValue] = {}
    targets: str | None = None


def load_design(
    source: str | Path | Experiment,
    *,
    set: Mapping[str, Any] | None = None,
    design: str | None = None,
) -> Design:
    """Return a checked experiment.

    Args:
        source: Name of a bundled experiment, path of a JSON file, or an ``Experiment``.
        set: Dotted path -> new value, of a field of the experiment (``replicates``) or of its
            scenario (``steps``, or ``set.steps`` for the same).
        design: Name of another design in the experiment (``designs``) to take in its place.

    Raises:
        ScenarioError: The experiment has problems; the error lists all of them.
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
    override(data, {**_design_of(data, design, label), **(set or {})}, label)
    try:
        experiment = Experiment.model_validate_json(json.dumps(data))
    except ValidationError as error:
        raise ScenarioError(label, problems_of(error, data, Experiment)) from None
    experiment, targets = _with_targets(experiment, folder)
    loader = _ScenarioLoader(folder)
    experiment = _with_screening_points(experiment, loader, label)
    refuse_size(experiment, label)
    all_conditions = conditions(experiment)
    scenarios = [loader.scenario(condition) for condition in all_conditions]
    problems = [*loader.problems, *inconsistencies(experiment, all_conditions, scenarios)]
    problems = problems or list(_unused_addresses(experiment))
    if problems:
        raise ScenarioError(label, _limited(problems))
    checked = [scenario for scenario in scenarios if scenario is not None]
    return Design(experiment, all_conditions, checked, loader.files, targets)


def _design_of(data: dict[str, Any], name: str | None, label: str) -> Mapping[str, Any]:
    """Return the settings of another design of an experiment's JSON; None: there are none."""
    if name is None:
        return {}
    designs = data.get("designs")
    chosen = designs.get(name) if isinstance(designs, dict) else None
    if chosen is None:
        known = list(designs) if isinstance(designs, dict) else []
        raise refusal(label, f"has no design {found(name)}; {hint(name, known)}", "$.designs")
    settings = chosen.get("set") if isinstance(chosen, dict) else None
    return settings if isinstance(settings, dict) else {}


def _with_targets(experiment: Experiment, folder: Path) -> tuple[Experiment, str | None]:
    """Fill in the hash of the file of targets, if there is one, and return the file's text."""
    external = experiment.external
    if external is None:
        return experiment, None
    file = read_targets(external, folder / external.targets)
    return experiment.model_copy(update={"external": file.external}), file.text


def _unused_addresses(experiment: Experiment) -> Iterator[Problem]:
    """Yield problems of server addresses in the plan that another address replaces."""
    for address in addresses_in(experiment.model_dump(mode="json")):
        if why := fault_of(address):
            yield Problem("$", f"llm.base_url, where another takes its place: {why}")


def _with_screening_points(
    experiment: Experiment, loader: _ScenarioLoader, label: str
) -> Experiment:
    """Return the experiment with the points of its screening, if it has one, as its arms."""
    if experiment.screening is None:
        return experiment
    from econsim_mesa.experiment.screening import points

    if any(not arm.startswith("point ") for arm in experiment.arms):
        raise refusal(label, "a screening has no arms of one's own; vary factors", "$.arms")
    (only,) = conditions(experiment.model_copy(update={"arms": {}, "factors": {}}))
    base = loader.scenario(only)
    if base is None:
        raise ScenarioError(label, _limited(loader.problems))
    return points(experiment, base)


def row_of(design: Design, number: int) -> Row:
    """Return varied path -> its value in a condition."""
    return varied_in(design.experiment, design.conditions[number], design.scenarios[number])


def varied_in(experiment: Experiment, condition: Condition, scenario: Scenario) -> Row:
    """Return varied path -> its value in a condition, of which ``scenario`` is the scenario."""
    dump = scenario.model_dump(mode="json", by_alias=True)
    row: Row = {}
    for path in varied_paths(experiment):
        is_name = path == SCENARIO
        row[path] = scenario.name if is_name else condition.settings.get(path, value_at(dump, path))
    return row


def condition_columns(design: Design, condition: Condition) -> Row:
    """Return the columns that identify a condition in a table: its arm and the varied paths."""
    return with_arm(condition, row_of(design, condition.number))


def with_arm(condition: Condition, row: Row) -> Row:
    """Return the row of a condition with its arm before it, if there are arms."""
    return {ARM: condition.levels[ARM], **row} if ARM in condition.levels else row


def model_of(scenario: Scenario) -> str | None:
    """Return the name of the language model that decides in a scenario, or None."""
    return scenario.llm.model if asks_model(scenario) else None


def bundled() -> dict[str, Path]:
    """Return the bundled experiments: name -> file, sorted by name."""
    return {path.stem: path for path in sorted((scenarios_folder() / "experiments").glob("*.json"))}


def find(source: str | Path) -> Path:
    """Return the path of a bundled experiment's file; return any other path unchanged.

    Raises ``ScenarioError`` for a name without a folder or suffix that no bundled experiment has.
    """
    known = bundled()
    if isinstance(source, str) and source in known:
        return known[source]
    path = Path(source)
    if path.suffix or path.name != str(source) or path.is_file():
        return path
    raise refusal(str(source), f"no bundled experiment has this name; {or_file(source, known)}")


class _ScenarioLoader:
    """Loads the scenario of each condition, and traces its problems to values of the experiment."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.files: dict[str, JsonValue] = {}
        self._bases: dict[str, Scenario | None] = {}
        self._problems: dict[Problem, None] = {}

    @property
    def problems(self) -> list[Problem]:
        """All problems so far, without repetitions."""
        return list(self._problems)

    def scenario(self, condition: Condition) -> Scenario | None:
        """Return the scenario of a condition; None if it has problems, which are added."""
        name, at = condition.scenario, condition.sources[SCENARIO]
        if name not in self._bases:
            self._bases[name] = self._base(name, at)
        base = self._bases[name]
        if base is None:
            return None
        try:
            scenario = load_scenario(base, set=condition.settings, folder=self._folder)
            if scenario.prompts.files:
                from econsim_mesa.prompts.folder import check_prompts  # loads Mesa

                check_prompts(scenario)
            return scenario
        except ScenarioError as error:
            for problem in error.problems:
                self._problems[_traced(problem, condition)] = None
        return None

    def _base(self, name: str, at: tuple[str | int, ...]) -> Scenario | None:
        beside = self._folder / name
        source = name if name in bundled_scenarios() or not beside.is_file() else beside
        try:
            base = load_scenario(source)
            self.files[name] = read_json(find_scenario(source))
            return base
        except ScenarioError as error:
            for path, message in error.problems:
                where = "" if path == "$" else f" (at {path} of that scenario)"
                self._problems[Problem(json_path(at), f"{shown(name)}: {message}{where}")] = None
        return None


def _traced(problem: Problem, condition: Condition) -> Problem:
    """Return a scenario's problem with the path of the experiment's value that caused it."""
    keys = [key for key in parts(problem.path.removeprefix("$")) if key]
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
    """Raise ``ScenarioError`` for more conditions or runs than an experiment may have."""
    total = count(experiment)
    if total > MAX_CONDITIONS:
        message = f"{total:,} conditions are more than {MAX_CONDITIONS:,}; vary less at once"
        raise refusal(label, message, "$.factors")
    if total * experiment.replicates > MAX_RUNS:
        message = f"{total * experiment.replicates:,} runs are more than {MAX_RUNS:,}"
        raise refusal(label, message, "$.replicates")


def _limited(problems: list[Problem]) -> list[Problem]:
    if len(problems) <= MAX_PROBLEMS:
        return problems
    more = len(problems) - MAX_PROBLEMS
    return [*problems[:MAX_PROBLEMS], Problem("$", f"and {more:,} more problems")]
