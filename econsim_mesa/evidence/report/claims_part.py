"""Parts of the report about the claims: the four of them, and the tests behind them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from econsim_mesa.evidence.claim import DECLARED, Claim, Status, Test
from econsim_mesa.evidence.claims import CLAIMS
from econsim_mesa.evidence.coherence.session import COHERENCE, Table
from econsim_mesa.evidence.report.html import (
    Html,
    Part,
    join,
    link,
    listed,
    section,
    table,
    tag,
)
from econsim_mesa.evidence.subject import Subject

_COLOURS: dict[Status, str] = {
    "supported": "supported",
    "not supported": "refused",
    "open": "open",
    DECLARED: "open",
}
_MAY: dict[int, str] = {
    1: "That the figures below are what the program computes from what is in this folder.",
    2: "That the simulated households answer to prices, hunger and tiredness, as agents who act "
    "at random do not.",
}
_MAY_NOT: dict[int, str] = {
    1: "Anything below: these files are not, or not all of, what this program leaves.",
    2: "That the simulated households behave coherently.",
    4: "Any conclusion about people, shops or policies in a real place.",
}
_WHY: dict[Status, str] = {
    "supported": "",
    "not supported": "tested, and not so",
    "open": "open",
    DECLARED: DECLARED,
}
VERDICTS = {"supported": "as expected", "refuted": "not as expected", "open": "open"}
"""What a registered hypothesis came to, in words that are not those of a claim."""
UNSEEN = (
    "Data that were invented, under a source and a DOI in good form.",
    "Bands, earlier values or a licence that are not those of the source.",
    "A reviewer from inside who is named as one from outside.",
    "Targets, bands, hypotheses or seeds that were chosen after other runs, since thrown away.",
    "Measures that are one quantity under several names, and hypotheses that could not fail.",
    "Exclusions that leave unsaid what matters.",
    "A coefficient that was fitted to a target whose source the scenario does not name.",
    "A server that answers under a model's name and is another, or a rule.",
    "A table of checks that was written by hand, until econsim verify . --replay makes it again.",
    "A program that was changed before the runs, and says that it was not.",
)
"""Dishonesty that leaves no trace in a folder."""


def in_short(subject: Subject, claims: Sequence[Claim]) -> Html:
    """Return what a reader may rely on and what not, before anything else."""
    words_may = _MAY | {3: subject.study.may_rely}
    words_may_not = _MAY_NOT | {3: subject.study.may_not_rely}
    may: list[Part] = [_short(one, words_may) for one in claims if one.status == "supported"]
    may_not: list[Part] = [
        _short(one, words_may_not) for one in claims if one.status != "supported"
    ]
    return section(
        "In short",
        tag(
            "div",
            tag("div", tag("h3", "You may rely on this"), listed(may or ["Nothing in it."])),
            tag("div", tag("h3", "You may not rely on this"), listed(may_not or ["-"])),
            class_="beside",
        ),
        _verdicts(subject),
        id_="short",
    )


def _short(claim: Claim, words: Mapping[int, str]) -> Html:
    why = _WHY[claim.status]
    where = link(f"#claim-{claim.number}", f"claim {claim.number}{why and ': ' + why}")
    return join((words[claim.number], " (", where, ")"))


def _verdicts(subject: Subject) -> Part:
    """Return how many registered statements came out which way."""
    found = Counter(str(one["verdict"] or "not to be told") for one in
                    subject.tables.get("hypotheses", ()))  # fmt: skip
    if not found:
        return None
    told = ", ".join(f"{number} {VERDICTS.get(one, one)}" for one, number in found.most_common())
    return tag("p", "Of ", link("#results", f"{found.total()} statements"), " about the simulation "
               f"that were registered before its runs: {told}.")  # fmt: skip


def four_claims(claims: Sequence[Claim]) -> Html:
    """Return the claims with status, meaning and where the evidence lies."""
    rows = [
        (f"{claim.number}. {claim.title}", status(claim.status), claim.words,
         join((link(f"#claim-{claim.number}", "tests"), ", ", link(CLAIMS)), ""))
        for claim in claims
    ]  # fmt: skip
    shown = tag("div", table(("Claim", "Status", "What that means", "Evidence"), rows),
                class_="claims")  # fmt: skip
    note = (
        "Each claim needs more than the one before, and none stands on one that does not. A claim "
        "is open where its evidence is not attached: that is no partial support. The last is never "
        "supported: no program can see whether what is declared of a real place is true."
    )
    return section("Four claims", shown, tag("p", note, class_="soft"), id_="claims")


def status(value: Status) -> Html:
    """Return a status in words and colour."""
    return tag("span", value, class_=f"status {_COLOURS[value]}")


def tests(claims: Sequence[Claim], folder: Path) -> Html:
    """Return every test of every claim; a file that is not there is named without a link."""
    parts: list[Part] = []
    for claim in claims:
        rows = [
            (test.test, test.threshold, _found(test, folder), _holds(test.holds),
             link(test.evidence) if (folder / test.evidence).is_file() else test.evidence)
            for test in claim.tests
        ]  # fmt: skip
        parts.append(tag("h3", f"{claim.number}. {claim.title}", id_=f"claim-{claim.number}"))
        parts.append(table(("Test", "Asked for", "Found", "Holds", "File"), rows))
    return section("The tests behind the claims", *parts, id_="tests")


def cannot_be_seen() -> Html:
    """Return what a dishonest author could do unseen."""
    told = (
        "What is above was computed from this folder, and holds for an author who is honest. The "
        "following leaves no trace in it, so that it has to be asked of people:"
    )
    title = "What cannot be seen by any program"
    return section(title, tag("p", told), listed(UNSEEN), id_="unseen")


def _found(test: Test, folder: Path) -> Part:
    linked = isinstance(test.value, int | float) and (folder / test.evidence).is_file()
    return link(test.evidence, test.value) if linked else test.value


def _holds(holds: bool | None) -> str:
    return {True: "yes", False: "no", None: "not shown"}[holds]


def coherence(found: Table | None) -> Html:
    """Return the table of coherence checks, with the random agent beside each."""
    title, id_ = "Behaviour under test", "coherence"
    if found is None:
        missing = "No coherence checks are attached. To attach them, in the folder of this page: "
        command = tag("code", "econsim check . --out .")
        return section(title, tag("p", missing, command), id_=id_)
    rows = [
        (row.check, row.rule, _with_interval(row.value, row.low, row.high),
         row.status if not row.reason else f"{row.status}: {row.reason}",
         None if row.control_value is None else link(COHERENCE, row.control_value), row.control)
        for row in found.rows
    ]  # fmt: skip
    told = (
        f"Forks of one past that share all random numbers and differ in one thing, in "
        f"{len(found.seeds)} towns. The random agent goes through the same checks: what it passes "
        "is void, and tells nothing. Undecided: the interval holds the threshold, so these towns "
        "are too few."
    )
    head = ("Check", "Rule", "Found [95 % interval]", "Result", "Random agent", "Its result")
    return section(title, tag("p", told), table(head, rows), id_=id_)


def _with_interval(value: float | None, low: float | None, high: float | None) -> Part:
    if value is None:
        return None
    if low is None or high is None:
        return link(COHERENCE, value)
    return link(COHERENCE, join((value, " [", low, ", ", high, "]")))
