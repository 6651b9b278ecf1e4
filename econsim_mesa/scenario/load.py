"""Load a scenario: by name or from a file, with overrides, checked as a whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from importlib import import_module, resources
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import JsonValue, ValidationError

from econsim_mesa.errors import Problem, ScenarioError, hint
from econsim_mesa.scenario import overrides
from econsim_mesa.scenario.address import fault_of
from econsim_mesa.scenario.check import check
from econsim_mesa.scenario.missing import refuse_missing
from econsim_mesa.scenario.paths import shown
from econsim_mesa.scenario.prompts import (
    fill_prompts,
    forget_prompts,
    prompts_folder,
    prompts_problems,
)
from econsim_mesa.scenario.read import read_json, refusal
from econsim_mesa.scenario.registry import format_keys, parse_all
from econsim_mesa.scenario.table import AT, clear_rows, fill_rows, table_file
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.scenario.wording import MAX_PROBLEMS, problems_of

_PACKAGE = "econsim_mesa.scenarios"


def load_scenario(
    source: str | Path | Scenario,
    *,
    set: Mapping[str, Any] | None = None,
    folder: Path | None = None,
    **short_names: Any,
) -> Scenario:
    """Return a checked scenario from a bundled name, a JSON file or a loaded scenario.

    ``set`` maps dotted paths to new values: ``{"agents.Household.count": 100}``. The short
    names ``households, steps, width, height, stress, discount, seed`` stand for common paths;
    where both name a field, ``set`` wins. A table or a folder of prompts that they name lies in
    ``folder``, without one beside the scenario. Raises ``ScenarioError`` with every problem found.
    """
    return _load(source, set, short_names, given=True, folder=folder)


def recorded_scenario(
    source: str | Path | Scenario,
    *,
    set: Mapping[str, Any] | None = None,
    resolved: bool = False,
) -> Scenario:
    """Return a scenario of a run's records, with settings that were recorded later.

    As ``load_scenario``, except that ``llm.base_url`` stays what it was: what is recorded already
    is not refused for what a new address must not hold, nor for labels of prompts that the program
    no longer has; and parts that a file names and that are not here are no mistake in it:
    ``NotInstalled``. ``resolved``: the file has every default of its time written out, so that a
    key that it lacks is one that came later.
    """
    try:
        return _load(source, set, {}, given=False, resolved=resolved)
    except ScenarioError:
        if isinstance(source, Path):
            refuse_missing(read_json(source))
        raise


def _load(
    source: str | Path | Scenario,
    set: Mapping[str, Any] | None,
    short_names: Mapping[str, Any],
    *,
    given: bool,
    resolved: bool = False,
    folder: Path | None = None,
) -> Scenario:
    if isinstance(source, Scenario):
        label, scenario = source.name, source
    else:
        path = find(source)
        label, folder = shown(str(source)), folder or path.parent
        data = read_json(path)
        scenario = _parse(_as_it_held(data) if resolved else data, path.parent, label)
    addresses = [] if isinstance(source, Scenario) else [scenario.llm.base_url]
    if set or short_names:
        before = scenario.llm.base_url
        scenario = _override(scenario, folder, label, dict(set or {}), short_names)
        addresses += [scenario.llm.base_url] if scenario.llm.base_url != before else []
    problems = list(islice(check(scenario), MAX_PROBLEMS + 1))
    recorded = not given or (isinstance(source, Scenario) and source.prompts == scenario.prompts)
    of_prompts = prompts_problems(scenario.prompts, recorded=recorded)
    problems += (Problem("$.prompts", text) for text in islice(of_prompts, MAX_PROBLEMS + 1))
    if given:  # that of the file, too, where another takes its place: a run records both
        problems += (Problem("$.llm.base_url", why) for why in map(fault_of, addresses) if why)
    if len(problems) > MAX_PROBLEMS:
        problems[MAX_PROBLEMS:] = [Problem("$", "and more problems")]
    if problems:
        raise ScenarioError(label, problems)
    return scenario


def to_json(scenario: Scenario) -> str:
    """Return a scenario as canonical JSON: every default written out, in a stable order.

    ``load_scenario`` of a file with this text gives an equal scenario.
    """
    return json.dumps(_dump(scenario), indent=2, ensure_ascii=False) + "\n"


def bundled() -> dict[str, Path]:
    """Return the bundled scenarios: name -> file, in the order of their names."""
    return {path.stem: path for path in sorted(scenarios_folder().glob("*.json"))}


def find(source: object) -> Path:
    """Return the file of a bundled name or a path. Raises ``ScenarioError`` if it is neither."""
    if not isinstance(source, str | Path):
        kind = type(source).__name__
        raise refusal(kind, "a scenario is a bundled name, a path or a loaded Scenario")
    known = bundled()
    if isinstance(source, str) and source in known:
        return known[source]
    path = Path(source)
    if path.suffix or path.name != str(source) or _exists(path):
        return path
    raise refusal(str(source), f"no bundled scenario has this name; {or_file(source, known)}")


def or_file(source: str | Path, known: Iterable[str]) -> str:
    """Return the advice for a name that is not known where a file would do as well."""
    advice = hint(str(source), list(known))
    return f"{advice}{' Or' if advice.endswith('?') else '; or'} give the path of a JSON file"


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def scenarios_folder() -> Path:
    """Return the folder of bundled scenarios: in the package, or beside it in a checkout."""
    try:
        return Path(str(resources.files(import_module(_PACKAGE))))
    except ModuleNotFoundError:
        return Path(__file__).parents[2] / "scenarios"


def _dump(scenario: Scenario) -> dict[str, JsonValue]:
    return scenario.model_dump(mode="json", by_alias=True)


def _parse(data: Any, folder: Path | None, label: str) -> Scenario:
    if not isinstance(data, dict):
        raise refusal(label, "a scenario is a JSON object {...}")
    if "replicates" in data and "agents" not in data:
        raise refusal(label, "is an experiment, not a scenario; make it with `econsim experiment`")
    fill_rows(data, folder, label)
    fill_prompts(data, folder, label)
    try:
        return Scenario.model_validate_json(json.dumps(data))
    except ValidationError as error:
        problems = problems_of(error, data)
    raise ScenarioError(label, list(dict.fromkeys([*problems, *_section_problems(data)])))


def _section_problems(data: Mapping[str, Any]) -> list[Problem]:
    """Return the problems of sections, which are parsed only where all fields are right."""
    fields = format_keys()
    try:
        parse_all("domain", {key: value for key, value in data.items() if key not in fields})
    except ValidationError as error:
        return problems_of(error, data)
    return []


def _as_it_held(data: Any) -> Any:
    """Return a resolved scenario with what held where it lacks a key that came later.

    The default of today need not be what held then.
    """
    market = data.get("market") if isinstance(data, dict) else None
    if isinstance(market, dict):
        market.setdefault("intentions", False)
    return data


def _override(
    scenario: Scenario,
    folder: Path | None,
    label: str,
    dotted: dict[str, object],
    short_names: Mapping[str, Any],
) -> Scenario:
    data = _dump(scenario)
    changes = overrides.expand(data, short_names, label) | dotted
    changed = overrides.apply(data, changes, label)
    table = ".".join(AT)
    is_new_table = f"{table}.file" in changes and f"{table}.rows" not in changes
    if is_new_table and table_file(changed) != table_file(data):
        clear_rows(changed)
    is_new_folder = "prompts.folder" in changes and "prompts.files" not in changes
    if is_new_folder and prompts_folder(changed) != prompts_folder(data):
        forget_prompts(changed)
    return _parse(changed, folder, label)
