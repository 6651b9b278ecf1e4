"""Making claims and report of a folder: verified first, written, and listed as derived."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import NamedTuple

from econsim_mesa.errors import BadInput
from econsim_mesa.evidence.claim import Claim
from econsim_mesa.evidence.claims import CLAIMS, claims_of, claims_text
from econsim_mesa.evidence.report import REPORT, report_text
from econsim_mesa.evidence.subject import read_subject
from econsim_mesa.evidence.verify import verify
from econsim_mesa.runs.bundle import deriving
from econsim_mesa.runs.bundle.files import write_whole


class Reported(NamedTuple):
    """What was made: the report, its claims, and the id of the bundle that it is made from.

    Advice in the claims names the folder; in the files it is ``.``, so that a copy is the same.
    """

    report: Path
    claims: tuple[Claim, ...]
    bundle: str | None


def write_report(folder: Path | str) -> Reported:
    """Verify a folder, and write ``claims.json`` and ``report.html`` into it.

    A folder that is not as it was sealed gets a report that says so. Raises ``BadInput`` for what
    is neither run nor experiment, and for a damaged one of which nothing can be said.
    """
    folder = Path(folder)
    made_anew = (CLAIMS, REPORT)
    found = verify(folder, derived=False).findings
    findings = [one for one in found if one.where not in made_anew]
    subject = read_subject(folder, findings)
    try:
        with deriving(folder, CLAIMS, REPORT):
            write_whole(folder / CLAIMS, claims_text(folder, findings))
            write_whole(folder / REPORT, report_text(folder, findings))  # it links to the claims
    except OSError as error:
        raise BadInput(f"cannot write into {folder}: {error.strerror or error}") from error
    here = shlex.quote(str(folder))
    return Reported(folder / REPORT, tuple(claims_of(subject, here)), subject.bundle)
