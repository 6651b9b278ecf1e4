"""What is claimed about: a run or an experiment, read from its folder alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from econsim_mesa.errors import BadInput
from econsim_mesa.evidence.coherence.check_table import COHERENCE, CheckTable, table_of
from econsim_mesa.evidence.coherence.recheck import can_recheck
from econsim_mesa.experiment.conditions import is_within
from econsim_mesa.experiment.folder import TABLES, ExperimentFolder, is_experiment, read_experiment
from econsim_mesa.experiment.load import Design
from econsim_mesa.experiment.study import Study, study_of
from econsim_mesa.runs.bundle import bundle_id
from econsim_mesa.runs.bundle.findings import Finding
from econsim_mesa.runs.reader import load_run
from econsim_mesa.runs.summary import SUMMARY
from econsim_mesa.scenario import Scenario
from econsim_mesa.scenario.read import parse_json

Row = Mapping[str, Any]
Decisions = dict[str, dict[str, int]]
"""Decisions for households: decider -> outcome -> number."""


class Subject(NamedTuple):
    """A run, or an experiment (then ``made`` is there), with what was found when it was verified.

    ``scenario`` is that of the run, or of the first condition of the full model; ``summary`` is
    that of the run, empty for an experiment; ``tables`` are those of the experiment.
    """

    folder: Path
    bundle: str | None
    scenario: Scenario
    summary: Mapping[str, Any]
    made: ExperimentFolder | None
    tables: Mapping[str, Sequence[Row]]
    decisions: Decisions
    coherence: CheckTable | None
    checks_repeatable: bool
    """Whether the coherence checks can be made again from what is here."""
    findings: tuple[Finding, ...]

    @property
    def design(self) -> Design | None:
        """The design of the experiment; None: a single run, which has none."""
        return None if self.made is None else self.made.design

    @property
    def study(self) -> Study:
        """The study that the plan names; of a single run the default one."""
        return study_of(None if self.made is None else self.made.design.experiment.plan)

    @property
    def deciders(self) -> list[str]:
        """Who decided for households."""
        return sorted(self.decisions)


def read_subject(folder: Path, findings: Sequence[Finding]) -> Subject:
    """Read a folder. Raises ``BadInput`` for what is neither run nor experiment, or damaged."""
    try:
        known = tuple(findings)
        return _experiment(folder, known) if is_experiment(folder) else _run(folder, known)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BadInput(f"{folder} is damaged ({error!r}); see: econsim verify {folder}") from error


def _run(folder: Path, findings: tuple[Finding, ...]) -> Subject:
    run = load_run(folder)
    summary = _json(folder / SUMMARY)
    return Subject(
        folder,
        bundle_id(folder),
        run.scenario,
        summary,
        None,
        {},
        summary.get("decisions", {}),
        *_coherence(folder),
        findings,
    )


def scenario_in(folder: Path) -> Scenario:
    """Return the scenario of a run, or of the first condition of an experiment's full model.

    Raises ``BadInput`` for what is neither.
    """
    return _main(read_experiment(folder)) if is_experiment(folder) else load_run(folder).scenario


def _main(made: ExperimentFolder) -> Scenario:
    design = made.design
    full = (one.number for one in design.conditions
            if is_within(one.levels, design.experiment.plan.full))  # fmt: skip
    return design.scenarios[next(full, 0)]


def _experiment(folder: Path, findings: tuple[Finding, ...]) -> Subject:
    made, tables = read_experiment(folder), _json(folder / TABLES)
    decisions: Decisions = {}
    for row in tables.get("decisions", ()):
        outcomes = decisions.setdefault(row["decider"], {})
        outcomes[row["outcome"]] = outcomes.get(row["outcome"], 0) + row["decisions"]
    return Subject(
        folder,
        bundle_id(folder),
        _main(made),
        {},
        made,
        tables,
        decisions,
        *_coherence(folder),
        findings,
    )


def _coherence(folder: Path) -> tuple[CheckTable | None, bool]:
    """Return the checks attached, and whether they can be made again."""
    path = folder / COHERENCE
    table = table_of(_json(path)) if path.is_file() else None
    return table, table is not None and can_recheck(table, folder)


def _json(path: Path) -> Mapping[str, Any]:
    """Return the object in a file; empty if there is no file. Raises ``BadInput``."""
    if not path.is_file():
        return {}
    held = parse_json(path.read_text(encoding="utf-8"), path.name)
    if not isinstance(held, dict):
        raise BadInput(f"{path} holds no object; make it anew")
    return held
