"""Claim 2: that the agents behaved coherently."""

from __future__ import annotations

from collections.abc import Iterator

from econsim_mesa.evidence.bundle_contents import BundleContents
from econsim_mesa.evidence.claim import Claim, Test, status_of
from econsim_mesa.evidence.coherence.check_table import COHERENCE, CheckResult, CheckTable
from econsim_mesa.experiment.folder import TABLES
from econsim_mesa.experiment.plan import scenario_hash
from econsim_mesa.runs.summary import SUMMARY
from econsim_mesa.scenario.decider_traits import traits_of

LEAST_FIRST_TRY, MOST_REPLACED = 0.98, 0.01
"""Shares of decisions: usable at the first try, and replaced by a rule."""
MUST_PASS = ("price", "hunger", "fatigue")
"""Coherence checks that must be passed."""
MUST_NOT_FAIL = ("validity", "feasibility", "nights", "thought", "memory")
"""Coherence checks that count where they can be made; the others are shown beside them."""
_HOLDS: dict[str, bool | None] = {"passed": True, "failed": False, "undecided": None}


def agents_coherent(contents: BundleContents, here: str) -> Claim:
    """Return claim 2; ``here`` is what advice calls the folder."""
    source = SUMMARY if contents.experiment is None else TABLES
    tests = list(_validity(contents, source))
    table, gap = _table(contents)
    if table is None:
        tests.append(Test("coherence checks", "attached", gap, None, COHERENCE))
    else:
        tests += _checks(table)
        value = "yes" if contents.checks_repeatable else "no: answers were not kept"
        holds = True if contents.checks_repeatable else None
        name = "checks that can be made again from this folder"
        tests.append(Test(name, "yes", value, holds, COHERENCE))
    status = status_of(tests)
    words = _open_words(gap, table, here) if status == "open" else _words(contents, status, table)
    return Claim(2, "The agents behaved coherently", status, words, tuple(tests))


def _validity(contents: BundleContents, source: str) -> Iterator[Test]:
    """Yield the tests that decisions were usable; ``source`` is the file that counts them."""
    counts = list(contents.decisions.values())
    total = sum(sum(outcomes.values()) for outcomes in counts)
    if not total:
        yield Test("decisions", "1 or more", 0, None, source)
        return
    first_try = sum(outcomes.get("accepted", 0) for outcomes in counts) / total
    repaired = sum(outcomes.get("repaired", 0) for outcomes in counts) / total
    replaced = max(1 - first_try - repaired, 0.0)
    yield Test(
        "decisions usable at the first try",
        f"at least {LEAST_FIRST_TRY}",
        round(first_try, 6),
        first_try >= LEAST_FIRST_TRY,
        source,
    )
    yield Test(
        "decisions replaced by a rule",
        f"at most {MOST_REPLACED}",
        round(replaced, 6),
        replaced <= MOST_REPLACED,
        source,
    )


def _table(contents: BundleContents) -> tuple[CheckTable | None, str]:
    """Return the coherence checks of this very town and decider, or why there are none."""
    table = contents.coherence
    if table is None:
        return None, "no coherence checks attached"
    if table.scenario_sha256 not in map(scenario_hash, contents.scenarios):
        return None, "the coherence checks attached are of another scenario"
    if table.decider not in contents.decisions:
        return None, f"the coherence checks attached are of {table.decider}, who decided nothing"
    return table, ""


def _checks(table: CheckTable) -> Iterator[Test]:
    rows = {row.check: row for row in table.rows}
    for name in (*MUST_PASS, *MUST_NOT_FAIL):
        row = rows.get(name)
        if row is None:
            yield Test(name, "checked", None, None, COHERENCE)
        elif name in MUST_PASS or row.status in _HOLDS:
            threshold = "passed" if name in MUST_PASS else "not failed"
            holds = _HOLDS.get(row.status)
            yield Test(f"{name}: {row.rule}", threshold, _value(row), holds, COHERENCE)


def _value(row: CheckResult) -> str:
    """Return a check's value with its interval, and what the control did."""
    if row.value is None:
        return f"{row.status}: {row.reason}"
    interval = "" if row.low is None or row.high is None else f" [{row.low:.3f}, {row.high:.3f}]"
    status = row.status if row.status != "undecided" else f"undecided: {row.reason}"
    control = "" if row.control is None else f"; the random agent: {row.control}"
    return f"{row.value:.3f}{interval}, {status}{control}"


def _words(contents: BundleContents, status: str, table: CheckTable | None) -> str:
    """Return what a claim means that is supported or not."""
    failed = [] if table is None else [row.check for row in table.rows if row.status == "failed"]
    beside = [name for name in failed if name not in (*MUST_PASS, *MUST_NOT_FAIL)]
    words = "They do not."
    if status == "supported":
        words = "They answer as the rules ask; a random agent does not."
    if beside:
        words += f" Outside these rules it fails: {', '.join(beside)}."
    if all(traits_of(name).by_formula for name in contents.decisions):
        words += " The decider is a formula, and this says nothing about people."
    return words


def _open_words(gap: str, table: CheckTable | None, here: str) -> str:
    """Return what is missing, and the command that would show it."""
    rows = [] if table is None else table.rows
    undecided = [
        row
        for row in rows
        if row.status == "undecided" and row.check in (*MUST_PASS, *MUST_NOT_FAIL)
    ]
    needs = [row.needs for row in undecided if row.needs is not None]
    if not needs:
        missing = f": {gap}" if gap else ""
        return f"Not shown{missing}. To show it: econsim check {here} --out {here}"
    names = ", ".join(row.check for row in undecided)
    return (
        f"Undecided by so few seeds: {names}. To decide it: "
        f"econsim check {here} --seeds {max(needs)} --out {here}"
    )
