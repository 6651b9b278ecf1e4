"""Check that a run agrees with itself, when every byte of it is as listed.

Lists that were made to fit prove nothing about the content. So the ledger is summed again, and
summary, sample and crate are made anew from the records and compared with their files.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from econsim_mesa.errors import BadInput, EconSimError, NotInstalled, ScenarioError
from econsim_mesa.evidence.calls_check import check_calls
from econsim_mesa.evidence.ledger_check import check_ledger
from econsim_mesa.runs.bundle.crate import CRATE
from econsim_mesa.runs.bundle.documents import DOCUMENTS, document
from econsim_mesa.runs.bundle.environment import ENVIRONMENT, environment
from econsim_mesa.runs.bundle.files import sha256_of
from econsim_mesa.runs.bundle.findings import Finding, incomplete, tampered, unchecked
from econsim_mesa.runs.bundle.manifest import MANIFEST, parse, read_list
from econsim_mesa.runs.bundle.run_crate import code_of, run_crate
from econsim_mesa.runs.bundle.run_request import REQUEST, read_request
from econsim_mesa.runs.bundle.sample import SAMPLE, sample_text
from econsim_mesa.runs.reader import Run, load_run
from econsim_mesa.runs.store import DATABASE, SCENARIO
from econsim_mesa.runs.summary import SUMMARY, Summary, summarize, summary_text
from econsim_mesa.scenario import recorded_scenario

MOST = 50_000_000
"""Largest size in bytes of a file that is read whole; only the records may be larger."""

_READ_REPLIES = (
    *(f"deciders/{name}.py" for name in ("schema", "replies", "fitting", "loose_json")),
    *(f"domains/{name}/actions.py" for name in ("body", "economy", "mobility", "social")),
)
"""Modules that say what the reply of a language model means."""


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
    yield from guarded(DATABASE, lambda: check_calls(run, read_alike=_read_alike(run)))
    yield from guarded(REQUEST, lambda: _check_given(run))
    yield from guarded(ENVIRONMENT, lambda: _check_documents(run))
    yield from guarded(SUMMARY, lambda: _equal(folder / SUMMARY, summary_text(summary)))
    yield from guarded(SAMPLE, lambda: _check_sample(run))
    yield from guarded(CRATE, lambda: _check_crate(run, summary))


def _scenario_fault(run: Run) -> Finding | None:
    """Return the finding that the scenario of a run cannot be read, or None."""
    try:
        _ = run.scenario
    except Exception as error:
        return unreadable(SCENARIO, error, run.folder)
    return None


def guarded(where: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Yield what a check yields, and a finding if it raises an error."""
    try:
        yield from check()
    except Exception as error:  # a file that somebody made may hold anything
        yield unreadable(where, error)


def unreadable(where: str, error: Exception, made_in: Path | None = None) -> Finding:
    """Return the finding for content that cannot be read.

    Content is not at fault if this installation lacks a package, or if other code made it.

    Args:
        where: The file.
        error: What reading it raised.
        made_in: The folder of a run that was made with the same code; None: unknown.
    """
    words = str(error) if isinstance(error, EconSimError) else f"{type(error).__name__}: {error}"
    words = " ".join(words.split())
    if is_lacking(error):
        return unchecked(where, words)
    other = None if made_in is None or not isinstance(error, BadInput) else other_code(made_in)
    if other is not None:
        return unchecked(where, f"was made with {other}; check it with that: {words[:300]}")
    return tampered(where, f"cannot be read: {words[:300]}")


def is_lacking(error: BaseException | None) -> bool:
    """Return whether an error comes from something that is not installed here."""
    while error is not None and not isinstance(error, NotInstalled | ImportError):
        error = error.__cause__ or error.__context__
    return error is not None


def _equal(path: Path, text: str) -> Iterator[Finding]:
    """Yield a finding if a file does not hold what was made anew."""
    if not holds(path, text):
        yield tampered(path.name, "is not what the records give")


def holds(path: Path, text: str) -> bool:
    """Return whether a file has exactly this text; a file of another size is not read."""
    content = text.encode()
    return path.stat().st_size == len(content) and path.read_bytes() == content


def _listed(folder: Path) -> dict[str, str]:
    return parse(read_list(folder / MANIFEST), MANIFEST)


def _size(folder: Path, name: str) -> int:
    return (folder / name).stat().st_size


def _check_given(run: Run) -> Iterator[Finding]:
    """Resolve the scenario as it was given again: it must be the one that was recorded.

    That is skipped where the given one names something that is not on this machine.
    """
    given = read_request(run.folder)
    if given is None or given.content is None or not isinstance(given.changes, dict):
        return
    try:
        with TemporaryDirectory(prefix="econsim-") as place:
            path = Path(place) / REQUEST
            path.write_text(json.dumps(given.content), encoding="utf-8")
            resolved = recorded_scenario(path, set=given.changes)
    except (
        ScenarioError,
        NotInstalled,
    ):  # a table or a component of one's own that is not on this machine
        return
    if resolved != run.scenario and _rules(environment()) == _rules(_made_with(run)):
        yield tampered(SCENARIO, f"is not what {REQUEST} gives with its defaults")


def _check_documents(run: Run) -> Iterator[Finding]:
    """Compare the documents about the model and its limits with those of the same code."""
    if is_of_this_code(_made_with(run, -1)):
        for name in DOCUMENTS:
            if (run.folder / name).read_bytes() != document(name):
                yield tampered(name, "is not the one that ships with the code of this run")


def other_code(folder: Path) -> str | None:
    """Return the version of the code that made a run, if it is not the running code; else None."""
    try:
        made_with = json.loads((folder / ENVIRONMENT).read_text("utf-8"))[-1]
        if made_with["code"]["modules"] == environment()["code"]["modules"]:  # type: ignore[index]
            return None
        version, commit = code_of(made_with)
    except Exception:  # a file that somebody made may hold anything
        return None
    return f"econsim-mesa {version}" + (f" ({commit})" if commit else "")


def is_of_this_code(made_with: Mapping[str, Any]) -> bool:
    """Return whether something was made with the running code, with nothing in it changed."""
    now = environment()["code"]
    clean = isinstance(now, dict) and not now["dirty"]
    return clean and bool(made_with["code"] == now)


def _made_with(run: Run, part: int = 0) -> dict[str, Any]:
    """Return the environment in which a part of a run began: of its first part, or another."""
    parts: list[dict[str, Any]] = json.loads((run.folder / ENVIRONMENT).read_text("utf-8"))
    return parts[part]


def _rules(made_with: Mapping[str, Any]) -> dict[str, str]:
    """Return the hashes of the code that gives a scenario its defaults."""
    modules: Mapping[str, str] = made_with["code"]["modules"]
    return {name: digest for name, digest in modules.items() if name.startswith("scenario/")}


def _read_alike(run: Run) -> bool:
    """Return whether the running code reads replies as the code of every part of a run did."""
    parts = json.loads((run.folder / ENVIRONMENT).read_text("utf-8"))
    now = _code_of_replies(environment())
    return all(_code_of_replies(part) == now for part in parts)


def _code_of_replies(made_with: Mapping[str, Any]) -> list[str | None]:
    """Return the hashes of the code that reads replies."""
    modules: Mapping[str, str] = made_with["code"]["modules"]
    return [modules.get(name) for name in _READ_REPLIES]


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
