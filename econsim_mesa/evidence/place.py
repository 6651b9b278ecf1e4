"""Claim 4: that it holds for a real place. The one path to it is here, and nothing assumes it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from statistics import fmean

from econsim_mesa.evidence.claim import Claim, Status, Test, status_of
from econsim_mesa.evidence.subject import Subject
from econsim_mesa.evidence.targets import load_targets
from econsim_mesa.experiment.closing import TABLES
from econsim_mesa.experiment.conditions import is_within
from econsim_mesa.experiment.external import External, ExternalTarget
from econsim_mesa.experiment.plan import PLAN
from econsim_mesa.experiment.statistics import named
from econsim_mesa.records.store import SCENARIO
from econsim_mesa.scenario import Scenario

TITLE = "It holds for a real place"
DEFAULT = (
    "No external evidence is attached. This run must not be used to justify consequential action."
)
FEWEST_TARGETS = 3
_DOI = re.compile(r"10\.\d{4,9}/[^\s\",;]+[^\s\",;:.)]")


def holds_for_a_place(subject: Subject, before: Sequence[Claim]) -> Claim:
    """Return claim 4; ``before`` are claims 1 and 2, without which it cannot hold."""
    external = None if subject.made is None else subject.made.design.experiment.external
    if external is None:
        source = SCENARIO if subject.made is None else PLAN
        test = Test("external targets", f"{FEWEST_TARGETS} or more", 0, None, source)
        return Claim(4, TITLE, "open", DEFAULT, (test,))
    tests = [
        *(Test(f"claim {one.number}", "supported", one.status, one.status == "supported",
               "claims.json") for one in before),
        *_targets(subject, external),
        *_error(subject, external),
        *_reviewer(external),
    ]  # fmt: skip
    status = status_of(tests)
    return Claim(4, TITLE, status, _words(status, external), tuple(tests))


def _targets(subject: Subject, external: External) -> Iterator[Test]:
    fresh = _fresh(subject, external)
    distinct = len({(one.source, one.measure) for one in fresh})
    yield Test("targets with source and licence, not used in calibration",
               f"{FEWEST_TARGETS} or more", distinct, distinct >= FEWEST_TARGETS, PLAN)  # fmt: skip
    where = f"{external.population}; {external.place}; {external.period}"
    yield Test("population, place and period", "named", where, True, PLAN)
    for one in fresh:
        value = measured(subject, one)
        inside = None if value is None else one.low <= value <= one.high
        band, gap = f"{one.low:g} to {one.high:g}", _gap(subject, one)
        if gap:
            yield Test(f"{one.name} ({one.source})", band, gap, None, TABLES)
        else:
            yield Test(f"{one.name} ({one.source})", band, value, inside, TABLES)


def _fresh(subject: Subject, external: External) -> list[ExternalTarget]:
    """Return the targets that nothing was calibrated to, whatever is declared of them.

    One whose publication, by its DOI, is the source of a coefficient is not among them.
    """
    return [
        one
        for one in external.targets
        if not one.used_in_calibration and not built_in(subject.scenario, one.source)
    ]


def built_in(scenario: Scenario, source: str) -> bool:
    """Whether a coefficient of the embedded decider has a publication, by its DOI, as source."""
    known = set(_DOI.findall(scenario.choice.model_dump_json().casefold()))
    return not known.isdisjoint(_DOI.findall(source.casefold()))


def _gap(subject: Subject, target: ExternalTarget) -> str:
    """Say why a town of this size cannot show a target whose publication, by its DOI, is known."""
    cited = set(_DOI.findall(target.source.casefold()))
    known = (one for one in load_targets().values()
             if not cited.isdisjoint(_DOI.findall(one.source.casefold())))  # fmt: skip
    return next(filter(None, (one.gap(subject.scenario) for one in known)), "")


def _error(subject: Subject, external: External) -> Iterator[Test]:
    """Yield whether the model errs less, out of sample, than the naive baseline does."""
    fresh = _fresh(subject, external)
    values = [measured(subject, one) for one in fresh]
    known = [(one, value) for one, value in zip(fresh, values, strict=True) if value is not None]
    if not known or len(known) < len(fresh):
        yield Test("error out of sample", "below the naive baseline's", None, None, TABLES)
        return
    model = fmean(_share(value, one.observed) for one, value in known)
    naive = fmean(_share(one.naive, one.observed) for one, _ in known)
    yield Test("error out of sample, as a share of what was observed", f"below {naive:.6g}",
               model, model < naive, TABLES)  # fmt: skip


def _share(value: float, observed: float) -> float:
    return abs(value - observed) / max(abs(observed), 1e-9)


def _reviewer(external: External) -> Iterator[Test]:
    reviewer = external.reviewer
    told = None if reviewer is None else f"{reviewer.name}, {reviewer.affiliation}"
    yield Test("outside reviewer", "named", told, None if reviewer is None else True, PLAN)


def measured(subject: Subject, target: ExternalTarget) -> float | None:
    """Return the mean of a target's measure over the conditions of the full model."""
    if subject.made is None:
        return None
    design = subject.made.design
    full = [named(design, one) for one in design.conditions
            if is_within(one.levels, design.experiment.plan.full)]  # fmt: skip
    found = [
        row["mean"]
        for row in subject.tables.get("conditions", ())
        if row["measure"] == target.measure
        and row["mean"] is not None
        and any(all(row.get(key) == value for key, value in one.items()) for one in full)
    ]
    return fmean(found) if found else None


def _words(status: Status, external: External) -> str:
    if status == "supported":
        return (
            f"Measures agree with targets from {external.place}, {external.period}, that were not "
            "used to build the model, better than a naive baseline. It says nothing of other "
            "places, times or interventions."
        )
    return f"The external evidence attached does not suffice. {DEFAULT.partition('. ')[2]}"
