"""Verify that a bundle is what it was when it was sealed, and follows from its own records.

First every byte is compared with the lists; only then the content is read, of which the lists say
that it is whole. A run that is replayed must give the same records again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from econsim_mesa.errors import BadInput, EconSimError
from econsim_mesa.evidence.bundle_contents import read_contents
from econsim_mesa.evidence.code_version import other_code
from econsim_mesa.evidence.content_check import is_lacking
from econsim_mesa.evidence.derived_files import check_derived_files
from econsim_mesa.evidence.experiment_check import check_experiment
from econsim_mesa.evidence.model_usage import ModelUsage, model_usage
from econsim_mesa.evidence.offline import offline
from econsim_mesa.evidence.run_check import check_run
from econsim_mesa.runs.bundle.file_check import check_files, runs_of
from econsim_mesa.runs.bundle.findings import Finding, Kind, code_of
from econsim_mesa.runs.bundle.manifest import MANIFEST, bundle_id, parse, read_list
from econsim_mesa.runs.folders import PLAN
from econsim_mesa.runs.store import DATABASE

OnProgress = Callable[[str], None]


class Verification(NamedTuple):
    """What came of verifying a folder.

    Attributes:
        folder: The folder.
        bundle: Its id; None: it is not sealed.
        files: Number of files that are listed.
        runs: Number of runs of an experiment, or 1.
        replayed: Whether runs were made again.
        findings: What is wrong; empty: the bundle is sound.
        model_usage: Which models answered the calls of a sound bundle.
        other_code: The code that an unsound bundle was made with, if it is not the running code.
    """

    folder: Path
    bundle: str | None
    files: int
    runs: int
    replayed: bool
    findings: tuple[Finding, ...]
    model_usage: ModelUsage = ModelUsage((), ())
    other_code: str | None = None

    @property
    def code(self) -> int:
        """The exit code: 0 sound, 3 incomplete or unchecked, 4 irreproducible, 5 tampered."""
        return code_of(self.findings)


def verify(
    folder: Path | str,
    *,
    replay: bool = False,
    derived: bool = True,
    on_progress: OnProgress = lambda name: None,
) -> Verification:
    """Verify a run or an experiment.

    Args:
        folder: Its folder.
        replay: Whether to run every run again, with the network blocked.
        derived: Whether to make derived files again too, and to compare them.
        on_progress: Called with the name of the run, or of the folder, that comes next.

    Raises:
        BadInput: The folder is neither that of a run nor of an experiment.
    """
    folder = Path(folder)
    _refuse_other(folder)
    findings = list(check_files(folder))
    listed = parse(read_list(folder / MANIFEST), MANIFEST) if not findings else {}
    runs = runs_of(listed)
    files = len(listed)
    if not findings and not runs and PLAN not in listed:
        on_progress(folder.name)
        findings += _check_run(folder, replay)
    for run in runs:
        on_progress(run)
        files_of_run, findings_of_run = _check_run_within(folder / run, replay)
        files += files_of_run
        findings += [
            finding._replace(where=f"{run}/{finding.where}") for finding in findings_of_run
        ]
    if replay and code_of(findings) < Kind.irreproducible:
        findings += _check_coherence_again(folder, on_progress)
    if PLAN in listed and code_of(findings) < Kind.irreproducible:
        on_progress(folder.name)
        findings += check_experiment(folder)
    findings = _each_lack_once(findings)
    lacking = any(finding.kind is Kind.unchecked for finding in findings)
    if derived and listed and not lacking and code_of(findings) < Kind.tampered:
        findings += list(check_derived_files(folder, findings))
    sound = bool(listed) and not findings
    return Verification(
        folder=folder,
        bundle=bundle_id(folder),
        files=files,
        runs=len(runs) or 1,
        replayed=replay,
        findings=tuple(findings),
        model_usage=model_usage(folder, runs) if sound else ModelUsage((), ()),
        other_code=other_code(folder / (runs[0] if runs else "")) if findings else None,
    )


def _each_lack_once(findings: Sequence[Finding]) -> list[Finding]:
    """Return findings without those of something lacking that an earlier one reports already."""
    first = {finding.what: finding for finding in reversed(findings) if _is_lack(finding)}
    return [
        finding for finding in findings if not _is_lack(finding) or first[finding.what] is finding
    ]


def _is_lack(finding: Finding) -> bool:
    return finding.kind is Kind.unchecked


def check_bytes(folder: Path) -> list[Finding]:
    """Return where lists and files disagree, in an experiment's runs as well.

    Raises ``BadInput`` for what is neither run nor experiment.
    """
    _refuse_other(folder)
    findings = list(check_files(folder))
    if not findings:
        for run in runs_of(parse(read_list(folder / MANIFEST), MANIFEST)):
            findings += _within(run, check_files(folder / run))
    return findings


def _within(run: str, findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings of a run as findings of its experiment."""
    return [finding._replace(where=f"{run}/{finding.where}") for finding in findings]


def _refuse_other(folder: Path) -> None:
    try:
        if not folder.is_dir():
            raise BadInput(f"there is no folder {folder}; give that of a run or an experiment")
        if not any((folder / name).exists() for name in (MANIFEST, DATABASE, PLAN)):
            raise BadInput(f"{folder} is neither the folder of a run nor of an experiment")
    except OSError as error:
        raise BadInput(f"cannot read {folder}: {error.strerror or error}") from error


def _check_run_within(folder: Path, replay: bool) -> tuple[int, list[Finding]]:
    """Check a run within an experiment; return its number of files and what is found."""
    findings = list(check_files(folder))
    if findings:
        return 0, findings
    files = len(parse(read_list(folder / MANIFEST), MANIFEST))
    findings += _check_run(folder, replay)
    return files, findings + (list(check_derived_files(folder)) if not findings else [])


def _check_run(folder: Path, replay: bool) -> Iterator[Finding]:
    """Yield what a run, whole by its lists, says against itself."""
    findings = list(check_run(folder))
    yield from findings
    if replay and code_of(findings) < Kind.tampered:
        yield from _replay(folder)


def _check_coherence_again(folder: Path, on_progress: OnProgress) -> list[Finding]:
    """Make the attached coherence checks again, and return what they do not give."""
    from econsim_mesa.evidence.coherence import COHERENCE
    from econsim_mesa.evidence.coherence.recheck import recheck

    findings: list[Finding] = []
    if not (folder / COHERENCE).is_file():
        return findings
    try:
        contents = read_contents(folder, ())
        if contents.coherence is None:
            return findings
        with offline():
            differences = recheck(folder, contents.coherence, contents.scenarios, on_progress)
            findings.extend(
                Finding(Kind.irreproducible, COHERENCE, difference) for difference in differences
            )
    except Exception as error:  # a table that somebody made may hold anything
        findings.append(_not_again(COHERENCE, error))
    return findings


def _replay(folder: Path) -> Iterator[Finding]:
    """Run a run again, and yield the first record that differs."""
    from econsim_mesa.runs.replay import replay

    try:
        with offline():
            replay(folder)
    except Exception as error:  # what was recorded differs, or cannot even be run
        yield _not_again(DATABASE, error)


def _not_again(where: str, error: Exception) -> Finding:
    """Return the finding for what could not be made again, or not on this machine."""
    name = "" if isinstance(error, EconSimError) else f"{type(error).__name__}: "
    what = f"{name}{' '.join(str(error).split())[:1000]}"
    return Finding(Kind.unchecked if is_lacking(error) else Kind.irreproducible, where, what)
