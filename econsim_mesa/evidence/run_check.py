"""Check that a run agrees with itself, when every byte of it is as listed.

Lists that were made to fit prove nothing about the content. So the ledger is summed again, and
summary, sample and crate are made anew from the records and compared with their files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from econsim_mesa.errors import NotInstalled, ScenarioError
from econsim_mesa.evidence.calls_check import check_calls
from econsim_mesa.evidence.code_version import (
    gives_same_defaults,
    is_of_this_code,
    reads_replies_alike,
)
from econsim_mesa.evidence.content_check import MOST, guarded, holds, unreadable
from econsim_mesa.evidence.ledger_check import check_ledger
from econsim_mesa.runs.bundle.crate import CRATE
from econsim_mesa.runs.bundle.documents import DOCUMENTS, document
from econsim_mesa.runs.bundle.environment import ENVIRONMENT, read_environments
from econsim_mesa.runs.bundle.files import sha256_of
from econsim_mesa.runs.bundle.findings import Finding, incomplete, tampered
from econsim_mesa.runs.bundle.manifest import MANIFEST, parse, read_list
from econsim_mesa.runs.bundle.run_crate import run_crate
from econsim_mesa.runs.bundle.run_request import REQUEST, read_request
from econsim_mesa.runs.bundle.sample import SAMPLE, sample_text
from econsim_mesa.runs.reader import Run, load_run
from econsim_mesa.runs.store import DATABASE, SCENARIO
from econsim_mesa.runs.summary import (
    KEYS_OF_LATER_CODE,
    SUMMARY,
    Summary,
    summarize,
    summary_text,
)
from econsim_mesa.scenario import recorded_scenario


def check_run(folder: Path) -> Iterator[Finding]:
    """Yield where a run disagrees with itself. Its files must be as they are listed."""
    large = [name for name in _listed(folder) if name != DATABASE and _size(folder, name) > MOST]
    if large:
        yield from (tampered(name, "is larger than such a file can be") for name in large)
        return
    try:
        run = load_run(folder)
        if (unread := _scenario_fault(run)) is not None:
            yield unread
            yield from guarded(ENVIRONMENT, lambda: _check_documents(run))
            return
        summary = summarize(run)
    except Exception as error:  # whatever a file that somebody made holds, it is a finding
        yield unreadable(DATABASE, error)
        return
    if summary.status != "finished" or run.meta.get("status") != "finished":
        made = f"{summary.steps} of {summary.steps_planned} steps are made"
        yield incomplete(DATABASE, f"{made}; go on with: econsim resume {folder}")
    yield from guarded(DATABASE, lambda: check_ledger(run))
    yield from guarded(DATABASE, lambda: check_calls(run, read_alike=reads_replies_alike(run)))
    yield from guarded(REQUEST, lambda: _check_request(run))
    yield from guarded(ENVIRONMENT, lambda: _check_documents(run))
    yield from guarded(SUMMARY, lambda: _check_summary(folder / SUMMARY, summary))
    yield from guarded(SAMPLE, lambda: _check_sample(run))
    yield from guarded(CRATE, lambda: _check_crate(run, summary))


def _scenario_fault(run: Run) -> Finding | None:
    """Return the finding that the scenario of a run cannot be read, or None."""
    try:
        _ = run.scenario
    except Exception as error:
        return unreadable(SCENARIO, error, run.folder)
    return None


def _check_summary(path: Path, summary: Summary) -> Iterator[Finding]:
    """Yield a finding if the summary is not what the records give, by this or by earlier code."""
    if not holds(path, summary_text(summary, without=KEYS_OF_LATER_CODE)):
        yield from _equal(path, summary_text(summary))


def _equal(path: Path, text: str) -> Iterator[Finding]:
    """Yield a finding if a file does not hold what was made anew."""
    if not holds(path, text):
        yield tampered(path.name, "is not what the records give")


def _listed(folder: Path) -> dict[str, str]:
    return parse(read_list(folder / MANIFEST), MANIFEST)


def _size(folder: Path, name: str) -> int:
    return (folder / name).stat().st_size


def _check_request(run: Run) -> Iterator[Finding]:
    """Resolve the scenario as it was given again: it must be the one that was recorded.

    That is skipped where the given one names something that is not on this machine.
    """
    request = read_request(run.folder)
    if request is None or request.content is None or not isinstance(request.changes, dict):
        return
    try:
        with TemporaryDirectory(prefix="econsim-") as place:
            path = Path(place) / REQUEST
            path.write_text(json.dumps(request.content), encoding="utf-8")
            resolved = recorded_scenario(path, set=request.changes)
    except (ScenarioError, NotInstalled):
        # It names a table, or a component of somebody's own, that is not on this machine.
        return
    if resolved != run.scenario and gives_same_defaults(run):
        yield tampered(SCENARIO, f"is not what {REQUEST} gives with its defaults")


def _check_documents(run: Run) -> Iterator[Finding]:
    """Compare the documents about the model and its limits with those of the same code."""
    if is_of_this_code(read_environments(run.folder)[-1]):
        for name in DOCUMENTS:
            if (run.folder / name).read_bytes() != document(name):
                yield tampered(name, "is not the one that ships with the code of this run")


def _check_sample(run: Run) -> Iterator[Finding]:
    text = sample_text(run)
    if text is not None:
        yield from _equal(run.folder / SAMPLE, text)


def _check_crate(run: Run, summary: Summary) -> Iterator[Finding]:
    """Make the crate anew from what is listed, so that all its links resolve."""
    listed = _listed(run.folder)
    if listed.pop(CRATE, None) != sha256_of(run.folder / CRATE):
        yield tampered(CRATE, "is not listed")
        return
    yield from _equal(run.folder / CRATE, run_crate(run, summary, listed))
