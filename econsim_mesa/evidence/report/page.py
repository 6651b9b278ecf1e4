"""The page: the claims first, then what a reader needs in order to weigh them."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from econsim_mesa.evidence.claim import Claim
from econsim_mesa.evidence.claims import claims_of
from econsim_mesa.evidence.place import WARNING
from econsim_mesa.evidence.report import claims_part, origin_part, results_part, scope_part
from econsim_mesa.evidence.report.html import Html, join, tag
from econsim_mesa.evidence.subject import Subject, read_subject
from econsim_mesa.runs.bundle.findings import Finding

REPORT = "report.html"
"""Name of its file."""


def report_text(folder: Path, findings: Sequence[Finding]) -> str:
    """Return the report of a folder: equal bytes for an equal folder.

    ``findings`` are those of a verification of the folder, what is derived from it left out.
    """
    subject = read_subject(folder, findings)
    return page(subject, claims_of(subject))


def page(subject: Subject, claims: Sequence[Claim]) -> str:
    """Return the whole page."""
    title = _title(subject)
    style = files(__package__).joinpath("style.css").read_text(encoding="utf-8")
    head = join((
        Html('<meta charset="utf-8">\n'),
        Html('<meta name="viewport" content="width=device-width, initial-scale=1">\n'),
        tag("title", f"Evidence: {title}"),
        Html(f"\n<style>\n{style}</style>"),
    ))  # fmt: skip
    body = join(
        (
            tag("header", tag("h1", title), _lead(subject), tag("p", WARNING, class_="warn")),
            claims_part.in_short(subject, claims),
            claims_part.four_claims(claims),
            scope_part.who_decided(subject),
            scope_part.scope(subject),
            results_part.results(subject),
            results_part.before_acting(subject),
            origin_part.quality(subject),
            scope_part.sensitivity(subject),
            claims_part.coherence(subject.coherence),
            claims_part.tests(claims, subject.folder),
            claims_part.cannot_be_seen(),
            origin_part.provenance(subject),
            origin_part.reproduce(subject),
        ),
        "\n",
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n{head}\n</head>\n'
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _title(subject: Subject) -> str:
    return subject.scenario.title if subject.made is None else subject.made.design.experiment.title


def _lead(subject: Subject) -> Html:
    if subject.made is None:
        what = f"One simulated run of the scenario {subject.scenario.name}."
    else:
        design = subject.made.design
        planned = len(design.conditions) * design.experiment.replicates
        what = (
            f"A simulation experiment: {len(design.conditions)} conditions, {planned:,} runs "
            f"planned, {len(subject.made.measured):,} finished."
        )
    return tag("p", f"{what} What it shows, what it does not, and how to check it.", class_="lead")
