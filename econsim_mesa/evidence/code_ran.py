"""Claim 1: that the code ran as described."""

from __future__ import annotations

from collections.abc import Iterator

from econsim_mesa.evidence.bundle_contents import BundleContents
from econsim_mesa.evidence.claim import Claim, Test, status_of
from econsim_mesa.runs.bundle.findings import Kind
from econsim_mesa.runs.bundle.manifest import MANIFEST
from econsim_mesa.runs.folders import INDEX
from econsim_mesa.runs.summary import SUMMARY


def code_ran(contents: BundleContents, here: str) -> Claim:
    """Return claim 1; ``here`` is what advice calls the folder."""
    broken = sum(finding.kind >= Kind.irreproducible for finding in contents.findings)
    lacking = sum(finding.kind is Kind.unchecked for finding in contents.findings)
    whole = "files, ledger and tables that are not as sealed"
    tests = [Test(whole, "0", broken, broken == 0, MANIFEST), *_coverage(contents)]
    if lacking:
        tests.append(Test("what could not be checked here", "0", lacking, None, MANIFEST))
    if contents.bundle is None:
        tests.append(Test("sealed as a bundle", "yes", "no", False, MANIFEST))
    status = status_of(tests)
    words = {
        "supported": "This folder is whole, and its figures follow from its own records. Whether "
        f"the same records come out again is no part of this: econsim verify {here} --replay",
        "not supported": "What lies here is not, or not all of, what this version of the program "
        f"leaves. Which files: econsim verify {here}",
        "open": "It cannot be said whether the program ran to its end.",
    }[status]
    return Claim(1, "The code ran as described", status, words, tuple(tests))


def _coverage(contents: BundleContents) -> Iterator[Test]:
    """Yield the tests that all steps, runs and days are there."""
    if contents.experiment is None:
        yield from _coverage_of_run(contents)
        return
    design = contents.experiment.design
    finished, unfinished = len(contents.experiment.measured), len(contents.experiment.unfinished)
    planned = len(design.conditions) * design.experiment.replicates
    complete = finished == planned and not unfinished
    yield Test("runs finished", f"{planned}", finished, complete, INDEX)
    current = contents.experiment.current
    value = "yes" if current else "no: an earlier version's"
    yield Test("measured by the rules of this version", "yes", value, current or None, INDEX)
    days_planned = {
        scenario.clock.clock().day(scenario.steps - 1) + 1 for scenario in design.scenarios
    }
    days = {len(measured.days) for measured in contents.experiment.measured.values()}
    covered = bool(days) and days <= days_planned
    threshold = " or ".join(map(str, sorted(days_planned)))
    yield Test("days covered in each run", threshold, min(days, default=0), covered, INDEX)


def _coverage_of_run(contents: BundleContents) -> Iterator[Test]:
    steps, planned = contents.summary.get("steps", 0), contents.summary.get("steps_planned")
    yield Test("steps made", f"{planned}", steps, steps == planned, SUMMARY)
    days, clock = len(contents.summary.get("days", ())), contents.scenario.clock.clock()
    days_planned = clock.day(max(int(planned or 1), 1) - 1) + 1
    yield Test("days covered", f"{days_planned}", days, days == days_planned, SUMMARY)
