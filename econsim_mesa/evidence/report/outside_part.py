"""Part of the report about the outside: what was measured in real places, and could be held to."""

from __future__ import annotations

from econsim_mesa.evidence.place import built_in
from econsim_mesa.evidence.report.html import Html, Part, join, table, tag
from econsim_mesa.evidence.subject import Subject
from econsim_mesa.evidence.targets import Target, load_targets


def measurements(subject: Subject) -> Html:
    """Return the measurements that the program knows of, and which a town this size can show."""
    rows = [_row(one, subject) for one in load_targets().values() if one.status == "usable"]
    told = (
        "Measurements of real places that are known to the program. They were not compared with "
        "anything here; a study that wants to speak of a place declares such targets, with bands, "
        "before its first run (claim 4)."
    )
    head = ("Measured elsewhere", "Where and when", "Source", "In a simulated town of this size")
    return join((tag("h3", "What it could be held against"), tag("p", told), table(head, rows)))


def _row(one: Target, subject: Subject) -> tuple[Part, ...]:
    told = one.gap(subject.scenario) or "could be measured; not computed here"
    if built_in(subject.scenario, one.source):
        told = (
            "a coefficient has its value, so it is no test of the town; what the town makes of it "
            "is another figure, not computed here"
        )
    return one.quantity, f"{one.place}, {one.year}", one.source, told
