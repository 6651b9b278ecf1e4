"""Claims 1 and 2: that the code ran, and that the agents behaved coherently."""

from __future__ import annotations

from collections.abc import Iterator

from econsim_mesa.evidence.claim import Claim, Test, status_of
from econsim_mesa.evidence.coherence.check import EMBEDDED
from econsim_mesa.evidence.coherence.session import COHERENCE, Row, Table
from econsim_mesa.evidence.subject import Subject
from econsim_mesa.experiment.folder import TABLES
from econsim_mesa.experiment.index import INDEX
from econsim_mesa.experiment.plan import scenario_hash
from econsim_mesa.runs.bundle.findings import Kind
from econsim_mesa.runs.summary import SUMMARY

LEAST_FIRST_TRY, MOST_REPLACED = 0.98, 0.01
MUST_PASS = ("price", "hunger", "fatigue")
MUST_NOT_FAIL = ("validity", "feasibility", "nights", "thought", "memory")
"""Coherence checks that count where they can be made; the others are shown beside them."""
_HOLDS: dict[str, bool | None] = {"passed": True, "failed": False, "undecided": None}


def code_ran(subject: Subject, here: str) -> Claim:
    """Return claim 1; ``here`` is what advice calls the folder."""
    broken = sum(one.kind >= Kind.irreproducible for one in subject.findings)
    tests = [
        Test("files, ledger and tables that are not as sealed", "0", broken, broken == 0,
             "manifest.sha256"),
        *_coverage(subject),
    ]  # fmt: skip
    if lacking := sum(one.kind is Kind.unchecked for one in subject.findings):
        tests.append(Test("what could not be checked here", "0", lacking, None, "manifest.sha256"))
    if subject.bundle is None:
        tests.append(Test("sealed as a bundle", "yes", "no", False, "manifest.sha256"))
    status = status_of(tests)
    words = {
        "supported": "This folder is whole, and its figures follow from its own records. Whether "
        f"the same records come out again is no part of this: econsim verify {here} --replay",
        "not supported": "What lies here is not, or not all of, what this version of the program "
        f"leaves. Which files: econsim verify {here}",
        "open": "It cannot be said whether the program ran to its end.",
    }[status]
    return Claim(1, "The code ran as described", status, words, tuple(tests))


def _coverage(subject: Subject) -> Iterator[Test]:
    if subject.made is None:
        made, planned = subject.summary.get("steps", 0), subject.summary.get("steps_planned")
        yield Test("steps made", f"{planned}", made, made == planned, SUMMARY)
        days, clock = len(subject.summary.get("days", ())), subject.scenario.clock.clock()
        whole = clock.day(max(int(planned or 1), 1) - 1) + 1
        yield Test("days covered", f"{whole}", days, days == whole, SUMMARY)
        return
    finished, left = len(subject.made.measured), len(subject.made.unfinished)
    experiment = subject.made.design.experiment
    planned = len(subject.made.design.conditions) * experiment.replicates
    whole = finished == planned and not left
    yield Test("runs finished", f"{planned}", finished, whole, INDEX)
    current = subject.made.current
    value = "yes" if current else "no: an earlier version's"
    yield Test("measured by the rules of this version", "yes", value, current or None, INDEX)
    whole_days = {
        scenario.clock.clock().day(scenario.steps - 1) + 1
        for scenario in subject.made.design.scenarios
    }
    found = {len(one.days) for one in subject.made.measured.values()}
    covered = bool(found) and found <= whole_days
    asked = " or ".join(map(str, sorted(whole_days)))
    yield Test("days covered in each run", asked, min(found, default=0), covered, INDEX)


def agents_coherent(subject: Subject, here: str) -> Claim:
    """Return claim 2: all its tests, and beside them what else was checked."""
    source = SUMMARY if subject.made is None else TABLES
    tests = [*_validity(subject, source)]
    table, gap = _table(subject)
    if table is None:
        tests.append(Test("coherence checks", "attached", gap, None, COHERENCE))
    else:
        tests += _checks(table)
        kept = subject.checks_repeatable
        tests.append(
            Test(
                "checks that can be made again from this folder",
                "yes",
                "yes" if kept else "no: answers were not kept",
                kept or None,
                COHERENCE,
            )
        )
    status = status_of(tests)
    words = _words(subject, status, gap, table, here)
    return Claim(2, "The agents behaved coherently", status, words, tuple(tests))


def _validity(subject: Subject, source: str) -> Iterator[Test]:
    counts = list(subject.decisions.values())
    total = sum(sum(outcomes.values()) for outcomes in counts)
    if not total:
        yield Test("decisions", "1 or more", 0, None, source)
        return
    first = sum(outcomes.get("accepted", 0) for outcomes in counts) / total
    mended = sum(outcomes.get("repaired", 0) for outcomes in counts) / total
    replaced = max(1 - first - mended, 0.0)
    yield Test("decisions usable at the first try", "at least 0.98", round(first, 6),
               first >= LEAST_FIRST_TRY, source)  # fmt: skip
    yield Test("decisions replaced by a rule", "at most 0.01", round(replaced, 6),
               replaced <= MOST_REPLACED, source)  # fmt: skip


def _table(subject: Subject) -> tuple[Table | None, str]:
    """Return the coherence checks of this very town and decider, or why there are none."""
    table = subject.coherence
    if table is None:
        return None, "no coherence checks attached"
    scenarios = [subject.scenario] if subject.made is None else subject.made.design.scenarios
    if table.scenario_sha256 not in map(scenario_hash, scenarios):
        return None, "the coherence checks attached are of another scenario"
    if table.decider not in subject.decisions:
        return None, f"the coherence checks attached are of {table.decider}, who decided nothing"
    return table, ""


def _checks(table: Table) -> Iterator[Test]:
    rows = {row.check: row for row in table.rows}
    for name in (*MUST_PASS, *MUST_NOT_FAIL):
        row = rows.get(name)
        if row is None:
            yield Test(name, "checked", None, None, COHERENCE)
        elif name in MUST_PASS:
            yield Test(f"{name}: {row.rule}", "passed", _value(row), _HOLDS.get(row.status),
                       COHERENCE)  # fmt: skip
        elif row.status in _HOLDS:
            yield Test(f"{name}: {row.rule}", "not failed", _value(row), _HOLDS[row.status],
                       COHERENCE)  # fmt: skip


def _value(row: Row) -> str:
    """Return a check's value with its interval, and what the control did."""
    if row.value is None:
        return f"{row.status}: {row.reason}"
    held = "" if row.low is None or row.high is None else f" [{row.low:.3f}, {row.high:.3f}]"
    status = row.status if row.status != "undecided" else f"undecided: {row.reason}"
    control = "" if row.control is None else f"; the random agent: {row.control}"
    return f"{row.value:.3f}{held}, {status}{control}"


def _words(subject: Subject, status: str, gap: str, table: Table | None, here: str) -> str:
    if status == "open":
        return _open_words(gap, table, here)
    others = [] if table is None else [row.check for row in table.rows if row.status == "failed"]
    beside = [name for name in others if name not in (*MUST_PASS, *MUST_NOT_FAIL)]
    told = "They answer as the rules ask" if status == "supported" else "They do not"
    words = f"{told}; a random agent does not." if status == "supported" else f"{told}."
    if beside:
        words += f" Outside these rules it fails: {', '.join(beside)}."
    if set(subject.decisions) <= set(EMBEDDED):
        words += " The decider is a formula, and this says nothing about people."
    return words


def _open_words(gap: str, table: Table | None, here: str) -> str:
    """Return what is missing, and the command that would show it."""
    undecided = [] if table is None else [row for row in table.rows if row.status == "undecided"]
    counting = [row for row in undecided if row.check in (*MUST_PASS, *MUST_NOT_FAIL)]
    needs = [row.needs for row in counting if row.needs is not None]
    if not needs:
        missing = f": {gap}" if gap else ""
        return f"Not shown{missing}. To show it: econsim check {here} --out {here}"
    names = ", ".join(row.check for row in counting)
    return (
        f"Undecided by so few seeds: {names}. To decide it: "
        f"econsim check {here} --seeds {max(needs)} --out {here}"
    )
