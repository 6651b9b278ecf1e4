"""The scenario files that a page opened, so that a run can record what was asked of it.

The form changes single settings of a scenario; they are found again as what differs from its file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import JsonValue

from econsim_mesa.errors import BadInput
from econsim_mesa.runs.bundle.run_request import RunRequest, differences, read_request
from econsim_mesa.scenario import Scenario, bundled, load_scenario
from econsim_mesa.scenario.load import find
from econsim_mesa.scenario.read import read_json


class _File(NamedTuple):
    """The name and content of a file, settings changed since, and the scenario with them."""

    source: str
    content: JsonValue
    changes: Mapping[str, Any]
    scenario: Scenario


class ScenarioFiles:
    """The files that one page opened: of each name of a scenario the last one."""

    def __init__(self) -> None:
        self._files: dict[str, _File] = {}

    def open(self, source: str | Path) -> Scenario:
        """Return the scenario of a bundled name or a file, and remember the file's content.

        Raises ``ScenarioError``.
        """
        path = find(source)
        scenario = load_scenario(source)
        self._files[scenario.name] = _File(Path(source).name, read_json(path), {}, scenario)
        return scenario

    def open_run(self, folder: Path, scenario: Scenario) -> None:
        """Remember the file that a run's folder says its scenario is from, if it names one."""
        try:
            given = read_request(folder)
        except BadInput:  # damaged: the run can be looked at without it
            return
        if given is not None and given.content is not None:
            self._files[scenario.name] = _File(*given[:3], scenario)

    def request(self, scenario: Scenario) -> RunRequest:
        """Return what a run of a scenario is asked: the file that it is from, and what was set."""
        if scenario.name not in self._files and scenario.name in bundled():
            self.open(scenario.name)
        file = self._files.get(scenario.name)
        if file is None:
            return RunRequest(scenario.name, None, {})
        changes = {**file.changes, **differences(file.scenario, scenario)}
        return RunRequest(file.source, file.content, changes)
