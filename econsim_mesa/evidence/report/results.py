"""Values for the sections about results: what became of hypotheses, and real places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from econsim_mesa.evidence.bundle_contents import BundleContents
from econsim_mesa.evidence.real_place import takes_number_from
from econsim_mesa.evidence.report.forest import Forest, forest
from econsim_mesa.evidence.report.templating import IntervalCell
from econsim_mesa.evidence.targets import Target, load_targets
from econsim_mesa.experiment.conditions import run_id
from econsim_mesa.experiment.findings import VERDICTS, Finding, findings
from econsim_mesa.experiment.folder import ExperimentFolder
from econsim_mesa.experiment.level_names import label_of, word_of
from econsim_mesa.numbers import counted, percent
from econsim_mesa.scenario import Scenario

MOST_CONDITIONS = 20
"""Conditions that are listed at most; a screening has hundreds."""
_BUILT_IN = (
    "a coefficient has its value, so it is no test of the town; what the town makes of it is "
    "another figure, not computed here"
)


class HypothesisRow(NamedTuple):
    """A registered hypothesis and what came of it, in words; a shape, or else a mean."""

    statement: str
    expected: str
    shape: str | None
    mean: IntervalCell
    verdict: str
    refuted_by: str
    found: Finding


class Compared(NamedTuple):
    """A condition: its levels, the title of its scenario, what it sets, and its finished runs."""

    levels: str
    title: str
    changes: str
    runs: str


class Sides(NamedTuple):
    """The two sides of a contrast in words."""

    contrast: str
    a: str
    b: str


class ExperimentResults(NamedTuple):
    """What the tables of an experiment say; ``contrasts`` and ``not_identified`` are counts.

    ``study`` is what its study shows, as HTML; ``effects`` a figure of differences.
    """

    confidence: str
    hypotheses: list[HypothesisRow]
    study: str
    contrasts: int
    not_identified: int
    effects: Forest | None
    compared: list[Compared]
    sides: list[Sides]


def verdict_counts(contents: BundleContents) -> Counter[str]:
    """Return how many registered hypotheses came out which way, in words."""
    verdicts = [row["verdict"] or "not to be told" for row in contents.tables.get("hypotheses", ())]
    return Counter(VERDICTS.get(verdict, verdict) for verdict in verdicts)


def experiment_results(contents: BundleContents) -> ExperimentResults | None:
    """Return what was found in an experiment; None for a run."""
    if contents.experiment is None:
        return None
    tables, design = contents.tables, contents.experiment.design
    found = findings(design, tables)
    return ExperimentResults(
        confidence=percent(design.experiment.plan.confidence),
        hypotheses=[
            _hypothesis(row, one)
            for row, one in zip(tables.get("hypotheses", ()), found, strict=True)
        ],
        study=contents.study.report(design, contents.experiment.measured, tables),
        contrasts=len(tables.get("contrasts", ())),
        not_identified=len(tables.get("cannot_identify", ())),
        effects=forest([(one.statement, one.share) for one in found if one.share is not None]),
        compared=_compared(contents.experiment),
        sides=[
            Sides(one.name, label_of(one.a), label_of(one.b)) for one in design.experiment.contrasts
        ],
    )


def _compared(made: ExperimentFolder) -> list[Compared]:
    """Return the conditions of an experiment, at most ``MOST_CONDITIONS`` of them."""
    design, seeds = made.design, made.design.experiment.seeds
    rows = []
    for condition, scenario in zip(design.conditions, design.scenarios, strict=True):
        finished = sum(run_id(condition, seed) in made.measured for seed in seeds)
        changes = ", ".join(
            f"{path} = {word_of(value)}"
            for path, value in condition.settings.items()
            if path not in condition.levels
        )
        runs = counted(finished, "run")
        rows.append(Compared(label_of(condition.levels), scenario.title, changes, runs))
    if len(rows) > MOST_CONDITIONS:
        left = counted(len(rows) - MOST_CONDITIONS, "more condition")
        return [*rows[:MOST_CONDITIONS], Compared("…", f"and {left}", "", "as planned")]
    return rows


def _hypothesis(row: Mapping[str, Any], found: Finding) -> HypothesisRow:
    verdict = "cannot be told"
    if row["verdict"] is not None:
        why = f": {row['why']}" if row.get("why") else ""
        verdict = f"{VERDICTS.get(row['verdict'], row['verdict'])}{why}"
    unit = "runs" if row.get("contrast") is None else "pairs"
    return HypothesisRow(
        statement=row["hypothesis"],
        expected=row["expected"],
        shape=row.get("found"),
        mean=IntervalCell(row.get("mean"), row.get("low"), row.get("high"), row.get("n"), unit),
        verdict=verdict,
        refuted_by=row["refuted_by"],
        found=found,
    )


def usable_targets(scenario: Scenario) -> list[tuple[Target, str]]:
    """Return measurements of real places, each with what a town of this size can show of it."""
    return [
        (target, _use(target, scenario))
        for target in load_targets().values()
        if target.status == "usable"
    ]


def _use(target: Target, scenario: Scenario) -> str:
    if takes_number_from(scenario, target.source):
        return _BUILT_IN
    return target.gap(scenario) or "could be measured; not computed here"
