"""Make derived files again and compare them, so that nobody can write them by hand.

A hash in ``derived.sha256`` says only that a file is the one that somebody listed. The files named
here are functions of the bundle; ``verify`` makes them again and compares them byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from econsim_mesa.evidence.claims import CLAIMS, claims_text
from econsim_mesa.evidence.content_check import guarded, holds
from econsim_mesa.evidence.report import REPORT, report_text
from econsim_mesa.experiment.folder import read_experiment
from econsim_mesa.runs.bundle.derived import read_derived
from econsim_mesa.runs.bundle.findings import Finding, tampered
from econsim_mesa.runs.folders import is_experiment

Generator = Callable[[Path, Sequence[Finding]], str]
"""Returns the text of a derived file, from the folder of its bundle and what was found in it."""

GENERATORS: dict[str, Generator] = {CLAIMS: claims_text, REPORT: report_text}
"""Name of a derived file -> what makes it."""


def check_derived_files(folder: Path, findings: Sequence[Finding] = ()) -> Iterator[Finding]:
    """Yield the derived files that are not what the bundle gives.

    Those of an experiment that was measured by an earlier version are not compared.

    Args:
        folder: The folder of the bundle.
        findings: What else was found in it.
    """
    if is_experiment(folder) and not read_experiment(folder).current:
        return
    _, listed = read_derived(folder)
    for name in sorted(set(listed) & set(GENERATORS)):
        yield from guarded(name, partial(_compare, folder, name, findings))


def _compare(folder: Path, name: str, findings: Sequence[Finding]) -> Iterator[Finding]:
    if not holds(folder / name, GENERATORS[name](folder, findings)):
        yield tampered(name, "is not what the bundle gives; make it anew")
