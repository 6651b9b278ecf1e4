"""Check by hashes alone whether the files of an experiment are those that were sealed.

A sealed experiment in which anything was changed, lost or added is refused: its tables would
describe files that no longer exist. While an experiment is not sealed, a damaged run counts as a
failed run, and the other runs are carried out. In neither case is a file touched.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from econsim_mesa.errors import BadInput, EconSimError
from econsim_mesa.experiment.index import unfinished_in
from econsim_mesa.runs.bundle.file_check import altered
from econsim_mesa.runs.bundle.findings import Finding
from econsim_mesa.runs.bundle.manifest import MANIFEST
from econsim_mesa.runs.bundle.seal import is_sealed

_MAX_LISTED = 10
"""Most findings that a message names."""


class Tampered(EconSimError):
    """An experiment has changed since it was sealed. The message names the files and a remedy."""

    exit_code = 5


def refuse_damaged(folder: Path) -> None:
    """Raise ``Tampered`` if files of a sealed folder have changed.

    A run that was unfinished when the folder was sealed may have been resumed since.
    """
    findings = altered(folder) if is_sealed(folder) else []
    if findings:
        resumable = {f"runs/{run}/{MANIFEST}" for run in unfinished_in(folder)}
        findings = [finding for finding in findings if finding.where not in resumable]
    if findings:
        raise Tampered(
            f"{folder} is not what was sealed, and nothing in it was touched; restore from a copy "
            f"what is named here, or move it (of a run: its whole folder) and {MANIFEST} out of "
            f"{folder}, and the same command makes it anew:" + _listed(findings, "\n  ")
        )


def refuse_unplanned(folder: Path, planned: Iterable[str]) -> None:
    """Raise ``BadInput`` for a folder among the runs that the plan does not name.

    No seal may cover it. A sealed experiment was checked when it was sealed.
    """
    runs = folder / "runs"
    if is_sealed(folder) or not runs.is_dir():
        return
    unplanned = sorted({path.name for path in runs.iterdir() if path.is_dir()} - set(planned))
    if unplanned:
        more = f" and {len(unplanned) - 1:,} more" if len(unplanned) > 1 else ""
        raise BadInput(
            f"{runs / unplanned[0]}{more} is no run of this experiment; move it out of {folder}"
        )


def damage_to(run: Path) -> str:
    """Describe how a run has changed since it was sealed; empty if it has not."""
    findings = altered(run) if is_sealed(run) else []
    if not findings:
        return ""
    return (
        "not what was sealed, and not touched; restore it from a copy, or move the folder "
        f"{run} out of the experiment, and the same command makes it anew:{_listed(findings, ' ')}"
    )


def _listed(findings: list[Finding], separator: str) -> str:
    lines = [f"{finding.where} {finding.what}" for finding in findings[:_MAX_LISTED]]
    if len(findings) > _MAX_LISTED:
        lines.append(f"and {len(findings) - _MAX_LISTED:,} more")
    return separator + f";{separator}".join(lines)
