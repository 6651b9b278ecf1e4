"""What a run or an experiment holds that claims and report are about, read from its folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from econsim_mesa.errors import BadInput
from econsim_mesa.evidence.coherence.check_table import COHERENCE, CheckTable, table_of
from econsim_mesa.evidence.coherence.recheck import can_recheck
from econsim_mesa.experiment.conditions import is_within
from econsim_mesa.experiment.folder import TABLES, ExperimentFolder, read_experiment
from econsim_mesa.experiment.load import Design
from econsim_mesa.experiment.study import Study, study_of
from econsim_mesa.runs.bundle import bundle_id
from econsim_mesa.runs.bundle.findings import Finding
from econsim_mesa.runs.folders import is_experiment
from econsim_mesa.runs.reader import load_run
from econsim_mesa.runs.summary import SUMMARY
from econsim_mesa.scenario import Scenario
from econsim_mesa.scenario.read import parse_json

TableRow = Mapping[str, Any]
DecisionCounts = dict[str, dict[str, int]]
"""Decisions for households: decider -> outcome -> number."""


class BundleContents(NamedTuple):
    """What the folder of a run or of an experiment holds.

    Attributes:
        folder: The folder.
        bundle: Its id; None: not sealed.
        scenario: The scenario of the run, or of the first condition of the full model.
        summary: The summary of the run; empty for an experiment.
        experiment: The experiment; None: it is a run.
        tables: The tables of the experiment, by name.
        decisions: How the decisions for households came about.
        coherence: The coherence checks that are attached.
        checks_repeatable: Whether the checks can be made again from what is in the folder.
        findings: What was found when the folder was verified.
    """

    folder: Path
    bundle: str | None
    scenario: Scenario
    summary: Mapping[str, Any]
    experiment: ExperimentFolder | None
    tables: Mapping[str, Sequence[TableRow]]
    decisions: DecisionCounts
    coherence: CheckTable | None
    checks_repeatable: bool
    findings: tuple[Finding, ...]

    @property
    def design(self) -> Design | None:
        """The design of the experiment; None: a single run, which has none."""
        return None if self.experiment is None else self.experiment.design

    @property
    def scenarios(self) -> Sequence[Scenario]:
        """The scenarios of all conditions, or of the run."""
        return [self.scenario] if self.design is None else self.design.scenarios

    @property
    def study(self) -> Study:
        """The study that the plan names; of a single run the default one."""
        return study_of(None if self.design is None else self.design.experiment.plan)


def read_contents(folder: Path, findings: Sequence[Finding]) -> BundleContents:
    """Return what a folder holds.

    Args:
        folder: The folder of a run or an experiment.
        findings: What was found when it was verified.

    Raises:
        BadInput: The folder is neither that of a run nor of an experiment, or it is damaged.
    """
    try:
        if is_experiment(folder):
            return _experiment(folder, tuple(findings))
        return _run(folder, tuple(findings))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BadInput(f"{folder} is damaged ({error!r}); see: econsim verify {folder}") from error


def _run(folder: Path, findings: tuple[Finding, ...]) -> BundleContents:
    run = load_run(folder)
    summary = _json(folder / SUMMARY)
    coherence, repeatable = _coherence(folder)
    return BundleContents(
        folder=folder,
        bundle=bundle_id(folder),
        scenario=run.scenario,
        summary=summary,
        experiment=None,
        tables={},
        decisions=summary.get("decisions", {}),
        coherence=coherence,
        checks_repeatable=repeatable,
        findings=findings,
    )


def scenario_in(folder: Path) -> Scenario:
    """Return the scenario of a run, or of the first condition of an experiment's full model.

    Raises ``BadInput`` for what is neither.
    """
    return (
        _main_scenario(read_experiment(folder))
        if is_experiment(folder)
        else load_run(folder).scenario
    )


def _main_scenario(experiment: ExperimentFolder) -> Scenario:
    design = experiment.design
    full = (
        condition.number
        for condition in design.conditions
        if is_within(condition.levels, design.experiment.plan.full)
    )
    return design.scenarios[next(full, 0)]


def _experiment(folder: Path, findings: tuple[Finding, ...]) -> BundleContents:
    experiment, tables = read_experiment(folder), _json(folder / TABLES)
    decisions: DecisionCounts = {}
    for row in tables.get("decisions", ()):
        outcomes = decisions.setdefault(row["decider"], {})
        outcomes[row["outcome"]] = outcomes.get(row["outcome"], 0) + row["decisions"]
    coherence, repeatable = _coherence(folder)
    return BundleContents(
        folder=folder,
        bundle=bundle_id(folder),
        scenario=_main_scenario(experiment),
        summary={},
        experiment=experiment,
        tables=tables,
        decisions=decisions,
        coherence=coherence,
        checks_repeatable=repeatable,
        findings=findings,
    )


def _coherence(folder: Path) -> tuple[CheckTable | None, bool]:
    """Return the coherence checks that are attached, and whether they can be made again."""
    path = folder / COHERENCE
    table = table_of(_json(path)) if path.is_file() else None
    return table, table is not None and can_recheck(table, folder)


def _json(path: Path) -> Mapping[str, Any]:
    """Return the JSON object in a file, empty if there is no file.

    Raises ``BadInput`` for a file that holds something else.
    """
    if not path.is_file():
        return {}
    content = parse_json(path.read_text(encoding="utf-8"), path.name)
    if not isinstance(content, dict):
        raise BadInput(f"{path} holds no object; make it anew")
    return content
