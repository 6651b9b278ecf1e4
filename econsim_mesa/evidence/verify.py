"""Verify: is a bundle what it was when it was sealed, and does it follow from its own records?

First every byte against the lists; only then what is in the files, so that content is read of
which the lists say that it is whole. A run that is replayed must give the same records again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from econsim_mesa.errors import BadInput, EconSimError
from econsim_mesa.evidence.experiment_check import check_experiment
from econsim_mesa.evidence.offline import offline
from econsim_mesa.evidence.remake import check_remade
from econsim_mesa.evidence.run_check import check_run, is_lacking, other_code
from econsim_mesa.evidence.served import Answering, answering
from econsim_mesa.evidence.subject import read_subject
from econsim_mesa.runs.bundle.file_check import check_files, runs_of
from econsim_mesa.runs.bundle.findings import Finding, Kind, code_of, incomplete
from econsim_mesa.runs.bundle.manifest import MANIFEST, bundle_id, parse, read_list
from econsim_mesa.runs.bundle.seal import PLAN
from econsim_mesa.runs.store import DATABASE

Watch = Callable[[str], None]
"""Told what is being checked: the name of a run, or of the folder."""


class Verdict(NamedTuple):
    """What came of a check: ``bundle`` is the id, None where there is none.

    ``files`` counts what is listed, ``runs`` the runs of an experiment, or 1.
    """

    folder: Path
    bundle: str | None
    files: int
    runs: int
    replayed: bool
    findings: tuple[Finding, ...]
    answering: Answering = Answering((), ())
    """What answered the calls of a sound bundle."""
    other_code: str | None = None
    """The code with which a bundle was made that is not sound here, if it was other code."""

    @property
    def code(self) -> int:
        """The exit code: 0 sound, 3 incomplete or unchecked, 4 irreproducible, 5 tampered."""
        return code_of(self.findings)


def verify(
    folder: Path | str,
    *,
    replay: bool = False,
    derived: bool = True,
    watch: Watch = lambda name: None,
) -> Verdict:
    """Check a run or an experiment; ``replay`` runs every run again with the network blocked.

    ``derived`` says whether what is a function of the bundle is made anew and compared as well.

    Raises ``BadInput`` for what is neither.
    """
    folder = Path(folder)
    _refuse_other(folder)
    findings = list(check_files(folder))
    listed = parse(read_list(folder / MANIFEST), MANIFEST) if not findings else {}
    runs = runs_of(listed)
    files = len(listed)
    if not findings and not runs and PLAN not in listed:
        watch(folder.name)
        findings += _check_one(folder, replay)
    for run in runs:
        watch(run)
        within, found = _check_within(folder / run, replay)
        files += within
        findings += [one._replace(where=f"{run}/{one.where}") for one in found]
    if replay and code_of(findings) < Kind.irreproducible:
        findings += _check_again(folder, watch)
    if PLAN in listed and code_of(findings) < Kind.irreproducible:
        watch(folder.name)
        findings += check_experiment(folder)
    findings = _each_lack_once(findings)
    lacking = any(one.kind is Kind.unchecked for one in findings)
    if derived and listed and not lacking and code_of(findings) < Kind.tampered:
        findings += list(check_remade(folder, findings))
    told = answering(folder, runs) if listed and not findings else Answering((), ())
    other = other_code(folder / (runs[0] if runs else "")) if findings else None
    return Verdict(
        folder=folder,
        bundle=bundle_id(folder),
        files=files,
        runs=len(runs) or 1,
        replayed=replay,
        findings=tuple(findings),
        answering=told,
        other_code=other,
    )


def _each_lack_once(findings: Sequence[Finding]) -> list[Finding]:
    """Leave out where else something is lacking that an earlier finding says to be lacking."""
    first = {one.what: one for one in reversed(findings) if one.kind is Kind.unchecked}
    return [one for one in findings if one.kind is not Kind.unchecked or first[one.what] is one]


def check_bytes(folder: Path) -> list[Finding]:
    """Return what does not agree between lists and files, of an experiment's runs as well.

    Raises ``BadInput`` for what is neither run nor experiment.
    """
    _refuse_other(folder)
    findings = list(check_files(folder))
    if not findings:
        for run in runs_of(parse(read_list(folder / MANIFEST), MANIFEST)):
            found = check_files(folder / run)
            findings += [one._replace(where=f"{run}/{one.where}") for one in found]
    return findings


def _refuse_other(folder: Path) -> None:
    try:
        if not folder.is_dir():
            raise BadInput(f"there is no folder {folder}; give that of a run or an experiment")
        if not any((folder / name).exists() for name in (MANIFEST, DATABASE, PLAN)):
            raise BadInput(f"{folder} is neither the folder of a run nor of an experiment")
    except OSError as error:
        raise BadInput(f"cannot read {folder}: {error.strerror or error}") from error


def _check_within(folder: Path, replay: bool) -> tuple[int, list[Finding]]:
    """Check a run within an experiment; return its number of files and what is found."""
    findings = list(check_files(folder))
    if findings:
        return 0, findings
    files = len(parse(read_list(folder / MANIFEST), MANIFEST))
    findings += _check_one(folder, replay)
    return files, findings + (list(check_remade(folder)) if not findings else [])


def _check_one(folder: Path, replay: bool) -> Iterator[Finding]:
    """Yield what a run, whole by its lists, says against itself."""
    findings = list(check_run(folder))
    yield from findings
    if replay and code_of(findings) < Kind.tampered:
        yield from _replay(folder)


def _check_again(folder: Path, watch: Watch) -> Iterator[Finding]:
    """Make the coherence checks again that are attached; yield what they do not give."""
    from econsim_mesa.evidence.coherence import COHERENCE
    from econsim_mesa.evidence.coherence.again import made_again

    if not (folder / COHERENCE).is_file():
        return
    try:
        subject = read_subject(folder, ())
        scenarios = [subject.scenario, *(subject.made.design.scenarios if subject.made else ())]
        with offline():
            table = subject.coherence
            for words in made_again(folder, table, scenarios, watch) if table else ():
                yield Finding(Kind.irreproducible, COHERENCE, words)
    except Exception as error:  # a table that somebody made may hold anything
        yield _not_again(COHERENCE, error)


def _replay(folder: Path) -> Iterator[Finding]:
    """Run a run again; yield the first record that differs."""
    from econsim_mesa.runs.replay import replay

    try:
        with offline():
            replay(folder)
    except Exception as error:  # what was recorded differs, or cannot even be run
        yield _not_again(DATABASE, error)


def _not_again(where: str, error: Exception) -> Finding:
    """Return the finding for what could not be made again, or not here."""
    name = "" if isinstance(error, EconSimError) else f"{type(error).__name__}: "
    what = f"{name}{' '.join(str(error).split())[:1000]}"
    return Finding(Kind.unchecked if is_lacking(error) else Kind.irreproducible, where, what)


__all__ = ["Verdict", "Watch", "check_bytes", "incomplete", "verify"]
