"""Claim 4: that it holds for a real place. It is open, or declared by the author: never more.

A program can see the form of a declaration. It cannot see whether the figures are those of the
source, and whether the reviewer is from outside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from statistics import fmean

from econsim_mesa.evidence.bundle_contents import BundleContents
from econsim_mesa.evidence.claim import DECLARED, Claim, Test, earlier
from econsim_mesa.evidence.targets import load_targets
from econsim_mesa.experiment.conditions import is_within
from econsim_mesa.experiment.external_targets import TARGETS, External, ExternalTarget
from econsim_mesa.experiment.folder import TABLES
from econsim_mesa.experiment.load import condition_columns
from econsim_mesa.experiment.study import TableColumn
from econsim_mesa.runs.folders import PLAN
from econsim_mesa.runs.store import SCENARIO
from econsim_mesa.scenario import Scenario

TITLE = "It holds for a real place"
WARNING = (
    "No external evidence is verified here. This run must not be used to justify consequential "
    "action."
)
"""Stands above every report, whatever is declared."""
FEWEST_TARGETS = 3
_DOI = re.compile(r"10\.\d{4,9}/[^\s\",;]+[^\s\",;:.)]")


def holds_for_a_place(contents: BundleContents, before: Sequence[Claim]) -> Claim:
    """Return claim 4.

    Args:
        contents: The run or the experiment.
        before: Claims 1 to 3. The third counts only if a target is about one of its measures.
    """
    experiment = contents.experiment
    external = None if experiment is None else experiment.design.experiment.external
    if experiment is None or external is None:
        source = SCENARIO if experiment is None else PLAN
        none = Test("external targets", f"{FEWEST_TARGETS} or more", 0, None, source)
        return Claim(4, TITLE, "open", WARNING, (none,))
    targets = [target for target in experiment.targets if not target.used_in_calibration]
    about_pattern = any(target.measure in contents.study.coefficients for target in targets)
    needed = before if about_pattern else before[:-1]
    tests = (*map(earlier, needed), *_declaration_tests(contents, external, targets))
    lacking = [test.test for test in tests if not test.holds]
    if lacking:
        return Claim(4, TITLE, "open", f"{WARNING} Open for: {'; '.join(lacking)}.", tests)
    words = (
        f"The author declares that measures agree with targets from {external.place}, "
        f"{external.period}, that were not used to build the model. This program saw the form of "
        "the declaration, and cannot see whether it is true."
    )
    return Claim(4, TITLE, DECLARED, f"{WARNING} {words}", tests)


def _declaration_tests(
    contents: BundleContents, external: External, targets: Sequence[ExternalTarget]
) -> Iterator[Test]:
    """Yield the tests of what an author declares about a real place."""
    observations = {(target.doi.casefold(), target.observed) for target in targets}
    different = min(len(observations), len({target.measure for target in targets}))
    yield Test(
        "different targets, from a file hashed before the runs, not used in calibration",
        f"{FEWEST_TARGETS} or more",
        different,
        different >= FEWEST_TARGETS,
        TARGETS,
    )
    known = []
    for target in targets:
        value = measured_value(contents, target)
        (low, high), gap = target.band, _gap(contents, external, target)
        holds = None if gap or value is None else low <= value <= high
        name = f"{target.name} ({target.source})"
        yield Test(name, f"{low:g} to {high:g}", gap or value, holds, TABLES)
        if value is not None:
            known.append((target, value))
    if known:
        model = fmean(target.error(value) for target, value in known)
        naive = fmean(target.error() for target, _ in known)
        name = "error out of sample, as a share of what was observed"
        yield Test(name, f"below the naive {naive:.6g}", model, model < naive, TABLES)
    yield _review_test(external)


def _review_test(external: External) -> Test:
    name, threshold = "outside reviewer", "named, with a statement"
    reviewer = external.reviewer
    if reviewer is None:
        return Test(name, threshold, None, None, PLAN)
    review = f"{reviewer.name}, {reviewer.affiliation}: {reviewer.statement}"
    return Test(name, threshold, review, True, PLAN)


def _gap(contents: BundleContents, external: External, target: ExternalTarget) -> str:
    """Return why a target cannot speak of the declared place here; empty: it can."""
    for field in ("population", "place", "period"):
        if getattr(target, field).casefold() != getattr(external, field).casefold():
            return f"is of {getattr(target, field)}"
    if takes_number_from(contents.scenario, target.doi):
        return "the scenario takes a number from it"
    gaps = (
        shipped.gap(contents.scenario)
        for shipped in load_targets().values()
        if target.doi.casefold() in _dois(shipped.source)
    )
    return next(filter(None, gaps), "")


def takes_number_from(scenario: Scenario, source: str) -> bool:
    """Return whether a scenario takes a number from a publication, by its DOI."""
    return not _dois(source).isdisjoint(_dois(scenario.model_dump_json()))


def _dois(text: str) -> set[str]:
    return set(_DOI.findall(text.casefold()))


def measured_value(contents: BundleContents, target: ExternalTarget) -> float | None:
    """Return the mean of a target's measure over the conditions of the full model."""
    if contents.experiment is None:
        return None
    design = contents.experiment.design
    full = [
        condition_columns(design, condition)
        for condition in design.conditions
        if is_within(condition.levels, design.experiment.plan.full)
    ]
    totals = TableColumn("conditions", "mean", {"measure": target.measure})
    table, column, where = contents.study.in_tables.get(target.measure, totals)
    values = [
        row[column]
        for row in contents.tables.get(table, ())
        if row.get(column) is not None
        and row.items() >= where.items()
        and any(
            all(row.get(key) == value for key, value in condition.items()) for condition in full
        )
    ]
    return fmean(values) if values else None
