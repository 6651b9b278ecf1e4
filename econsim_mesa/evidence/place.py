"""Claim 4: that it holds for a real place. It is open, or declared by the author: never more.

A program can see the form of a declaration. Whether its figures are those of the source, and its
reviewer from outside, it cannot.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from statistics import fmean

from econsim_mesa.evidence.claim import DECLARED, Claim, Test, earlier
from econsim_mesa.evidence.subject import Subject
from econsim_mesa.evidence.targets import load_targets
from econsim_mesa.experiment.conditions import is_within
from econsim_mesa.experiment.external_targets import TARGETS, External, ExternalTarget
from econsim_mesa.experiment.folder import TABLES
from econsim_mesa.experiment.load import condition_columns
from econsim_mesa.experiment.plan import PLAN
from econsim_mesa.experiment.study import TableColumn
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


def holds_for_a_place(subject: Subject, before: Sequence[Claim]) -> Claim:
    """Return claim 4; ``before`` are the others, the third of which counts for its own measures."""
    external = None if subject.made is None else subject.made.design.experiment.external
    if subject.made is None or external is None:
        source = SCENARIO if subject.made is None else PLAN
        none = Test("external targets", f"{FEWEST_TARGETS} or more", 0, None, source)
        return Claim(4, TITLE, "open", WARNING, (none,))
    targets = [one for one in subject.made.targets if not one.used_in_calibration]
    needed = (
        before if any(one.measure in subject.study.coefficients for one in targets) else before[:-1]
    )
    tests = (*map(earlier, needed), *_declared(subject, external, targets))
    lacking = [one.test for one in tests if not one.holds]
    words = f"Open for: {'; '.join(lacking)}." if lacking else (
        f"The author declares that measures agree with targets from {external.place}, "
        f"{external.period}, that were not used to build the model. This program saw the form of "
        "the declaration, and cannot see whether it is true."
    )  # fmt: skip
    return Claim(4, TITLE, "open" if lacking else DECLARED, f"{WARNING} {words}", tests)


def _declared(
    subject: Subject, external: External, targets: Sequence[ExternalTarget]
) -> Iterator[Test]:
    found = {(one.doi.casefold(), one.observed) for one in targets}
    number = min(len(found), len({one.measure for one in targets}))
    yield Test("different targets, from a file hashed before the runs, not used in calibration",
               f"{FEWEST_TARGETS} or more", number, number >= FEWEST_TARGETS, TARGETS)  # fmt: skip
    values = [measured(subject, one) for one in targets]
    for one, value in zip(targets, values, strict=True):
        (low, high), gap = one.band, _gap(subject, external, one)
        holds = None if gap or value is None else low <= value <= high
        name = f"{one.name} ({one.source})"
        yield Test(name, f"{low:g} to {high:g}", gap or value, holds, TABLES)
    known = [(one, value) for one, value in zip(targets, values, strict=True) if value is not None]
    if known:
        model, naive = (fmean(errors) for errors in
                        zip(*((one.error(value), one.error()) for one, value in known),
                            strict=True))  # fmt: skip
        yield Test("error out of sample, as a share of what was observed",
                   f"below the naive {naive:.6g}", model, model < naive, TABLES)  # fmt: skip
    by = external.reviewer
    told = None if by is None else f"{by.name}, {by.affiliation}: {by.statement}"
    yield Test("outside reviewer", "named, with a statement", told, by is not None or None, PLAN)


def _gap(subject: Subject, external: External, target: ExternalTarget) -> str:
    """Say why a target cannot speak of the named place here; empty: nothing is against it."""
    for field in ("population", "place", "period"):
        if getattr(target, field).casefold() != getattr(external, field).casefold():
            return f"is of {getattr(target, field)}"
    if built_in(subject.scenario, target.doi):
        return "the scenario takes a number from it"
    shipped = (one for one in load_targets().values() if target.doi.casefold() in _dois(one.source))
    return next(filter(None, (one.gap(subject.scenario) for one in shipped)), "")


def built_in(scenario: Scenario, source: str) -> bool:
    """Whether a scenario takes a number from a publication, by its DOI."""
    return not _dois(source).isdisjoint(_dois(scenario.model_dump_json()))


def _dois(text: str) -> set[str]:
    return set(_DOI.findall(text.casefold()))


def measured(subject: Subject, target: ExternalTarget) -> float | None:
    """Return the mean of a target's measure over the conditions of the full model."""
    if subject.made is None:
        return None
    design = subject.made.design
    full = [
        condition_columns(design, condition)
        for condition in design.conditions
        if is_within(condition.levels, design.experiment.plan.full)
    ]
    totals = TableColumn("conditions", "mean", {"measure": target.measure})
    table, column, where = subject.study.in_tables.get(target.measure, totals)
    values = [
        row[column]
        for row in subject.tables.get(table, ())
        if row.get(column) is not None
        and row.items() >= where.items()
        and any(all(row.get(key) == value for key, value in one.items()) for one in full)
    ]
    return fmean(values) if values else None
