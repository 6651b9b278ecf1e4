"""What the page was given: each scenario as its file held it, so that a run can say what was asked.

The form changes single settings of it; they are found again as what differs from the file.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from pydantic import JsonValue

from econsim_mesa.runs.bundle.given import Given, differences
from econsim_mesa.scenario import Scenario, bundled, load_scenario
from econsim_mesa.scenario.load import find
from econsim_mesa.scenario.read import read_json


class _Opened(NamedTuple):
    """A scenario as its file held it, and as it was read."""

    source: str
    content: JsonValue
    scenario: Scenario


_opened: dict[str, _Opened] = {}
"""What the pages of this process opened last under each name of a scenario."""


def opened(source: str | Path) -> Scenario:
    """Return the scenario of a bundled name or a file, and remember the file's content.

    Raises ``ScenarioError``.
    """
    path = find(source)
    scenario = load_scenario(source)
    _opened[scenario.name] = _Opened(Path(source).name, read_json(path), scenario)
    return scenario


def given_of(scenario: Scenario) -> Given:
    """Return what a run of a scenario was given: the file that it is from, and what was set."""
    if scenario.name not in _opened and scenario.name in bundled():
        opened(scenario.name)
    base = _opened.get(scenario.name)
    if base is None:
        return Given(scenario.name, None, {})
    return Given(base.source, base.content, differences(base.scenario, scenario))
