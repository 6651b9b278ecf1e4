"""Parts of the report about quality and origin: what failed, with what it was made, and again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from econsim_mesa.evidence.report.html import Html, Part, join, link, listed, section, table, tag
from econsim_mesa.evidence.report.scope_part import model_changes
from econsim_mesa.evidence.subject import Subject
from econsim_mesa.experiment.folder import TABLES
from econsim_mesa.experiment.index import INDEX
from econsim_mesa.llm.advice import faults_in_words
from econsim_mesa.runs.bundle.manifest import MANIFEST, parse, read_list
from econsim_mesa.runs.summary import SUMMARY
from econsim_mesa.scenario.read import parse_json
from econsim_mesa.society.actions import OUTCOMES
from econsim_mesa.version import __version__


def quality(subject: Subject) -> Html:
    """Return how decisions came about, and what failed on the way."""
    source = SUMMARY if subject.made is None else TABLES
    rows = [
        (name, *(link(source, outcomes.get(outcome, 0)) for outcome in OUTCOMES))
        for name, outcomes in sorted(subject.decisions.items())
    ]
    parts: list[Part] = [table(("Decider", *(one.replace("_", " ") for one in OUTCOMES)), rows,
                               "Decisions for households, by how they came about")]  # fmt: skip
    parts.append(listed([*_troubles(subject), *model_changes(subject)]))
    return section("Quality", *parts, id_="quality")


def _troubles(subject: Subject) -> Iterator[Part]:
    if subject.made is not None:
        left = subject.made.unfinished
        yield join((link(INDEX, len(subject.made.measured)), " runs finished, ",
                    link(INDEX, len(left)), " did not"))  # fmt: skip
        yield from (f"{run}: {status} {message}".strip() for run, status, message in left[:20])
        return
    total = subject.summary.get("total", {})
    rejected = total.get("rejected_actions")
    yield join((link(SUMMARY, rejected), " actions could not be done, and were rejected"))
    calls = subject.summary.get("calls")
    if calls:
        faults = faults_in_words(calls["faults"])
        yield join((link(SUMMARY, calls["calls"]), " calls to the model, ",
                    link(SUMMARY, calls["repair_turns"]), " of them to mend an answer; failed "
                    "attempts: ", faults or "none"))  # fmt: skip
        yield from calls.get("doubts", ())
        if calls.get("cost") is not None:
            yield join(("US dollars, as the server tells it: ", link(SUMMARY, calls["cost"])))


def provenance(subject: Subject) -> Html:
    """Return the bundle's id and the hash of each file."""
    told: list[Part] = [
        join(("Bundle ", tag("code", subject.bundle or "not sealed"), ": the hash of ",
              link(MANIFEST), ", which lists the hash of every file")),
    ]  # fmt: skip
    if subject.made is not None:
        told.append(join(("Plan ", tag("code", subject.made.plan), ", fixed before the first run: ",
                          link("plan.json"))))  # fmt: skip
    told += list(_environment(subject))
    told.append(join(("Machine-readable description: ", link("ro-crate-metadata.json"))))
    return section("Provenance", listed(told), _hashes(subject), id_="provenance")


class _Made(NamedTuple):
    """With what a folder was made, and the file that says so."""

    file: str
    held: Mapping[str, Any]

    def version(self) -> str:
        """Return name, version and commit of the program."""
        code = self.held.get("code", {})
        words = f"{code.get('name', 'econsim-mesa')} {code.get('version', __version__)}"
        return f"{words}, commit {code['commit']}" if code.get("commit") else words


def _made(subject: Subject) -> _Made | None:
    name = "environment.json"
    if subject.made is not None:
        name = f"runs/{min(subject.made.measured, default='')}/environment.json"
    path = subject.folder / name
    if not path.is_file():
        return None
    held = parse_json(path.read_text(encoding="utf-8"), name)
    return _Made(name, held[-1] if isinstance(held, list) and held else {})


def _environment(subject: Subject) -> Iterator[Part]:
    made = _made(subject)
    if made is None:
        return
    code, packages = made.held.get("code", {}), made.held.get("packages", {})
    words = [
        made.version(),
        "" if code.get("commit") else "no commit known",
        "with files that differ from it" if code.get("dirty") else "",
        str(made.held.get("python", "")),
        f"Mesa {packages['mesa']}" if "mesa" in packages else "",
    ]
    yield join(("Made with: ", ", ".join(filter(None, words)), " (", link(made.file), ")"))


def _hashes(subject: Subject) -> Part:
    path = subject.folder / MANIFEST
    if not path.is_file():
        return None
    listed_files = parse(read_list(path), MANIFEST)
    shown = {name: digest for name, digest in listed_files.items()
             if "/" not in name and not name.startswith(".")}  # fmt: skip
    rows = [(link(name), tag("code", digest)) for name, digest in shown.items()]
    more = len(listed_files) - len(shown)
    caption = join(("SHA-256 of files", *((f"; {more} more in ", link(MANIFEST)) if more else ())))
    return table(("File", "SHA-256"), rows, caption)


def reproduce(subject: Subject) -> Html:
    """Return the three commands that repeat all of this."""
    made = _made(subject)
    version = f"econsim-mesa {__version__}" if made is None else made.version()
    commands = (
        "econsim verify .            # every file as sealed, every sum and table computed again",
        "econsim verify . --replay   # every run again from its inputs, record by record",
        "econsim report .            # this page again, byte for byte",
    )
    told = (
        f"With {version} (in a copy of its source, with Python 3.11 or newer: pip install .), in "
        "the folder of this page. No key and no network is needed. Another version of the program "
        "may compute other tables, and says so."
    )
    shown = tag("pre", tag("code", join(commands, "\n")))
    return section("How to reproduce it", tag("p", told), shown, id_="reproduce")
