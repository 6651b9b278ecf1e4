"""Write the claims and the report of a folder, after verifying it, as derived files."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import NamedTuple

from econsim_mesa.errors import BadInput
from econsim_mesa.evidence.bundle_contents import read_contents
from econsim_mesa.evidence.claim import Claim
from econsim_mesa.evidence.claims import CLAIMS, claims_of, claims_text
from econsim_mesa.evidence.report import REPORT, report_text
from econsim_mesa.evidence.verify import verify
from econsim_mesa.runs.bundle import deriving
from econsim_mesa.runs.bundle.files import write_whole


class WrittenReport(NamedTuple):
    """A report that was written.

    Attributes:
        report: Its file.
        claims: Its claims; their advice names the folder. In the files the folder is ``.``, so
            that a copy of the folder has the same report.
        bundle: The id of the bundle that it is about; None: not sealed.
    """

    report: Path
    claims: tuple[Claim, ...]
    bundle: str | None


def write_report(folder: Path | str) -> WrittenReport:
    """Verify a folder, and write ``claims.json`` and ``report.html`` into it.

    A folder that is not as it was sealed gets a report that says so.

    Raises:
        BadInput: The folder is neither that of a run nor of an experiment, it is too damaged to
            say anything, or it cannot be written to.
    """
    folder = Path(folder)
    verification = verify(folder, derived=False)
    findings = [
        finding for finding in verification.findings if finding.where not in (CLAIMS, REPORT)
    ]
    contents = read_contents(folder, findings)
    try:
        with deriving(folder, CLAIMS, REPORT):
            write_whole(folder / CLAIMS, claims_text(folder, findings))
            write_whole(folder / REPORT, report_text(folder, findings))  # it links to the claims
    except OSError as error:
        raise BadInput(f"cannot write into {folder}: {error.strerror or error}") from error
    here = shlex.quote(str(folder))
    return WrittenReport(folder / REPORT, tuple(claims_of(contents, here)), contents.bundle)
