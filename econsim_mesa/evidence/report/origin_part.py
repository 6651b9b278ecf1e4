"""Parts of the report about quality and origin: what failed, with what it was made, and again."""

from __future__ import annotations

from collections.abc import Iterator

from econsim_mesa.bundle.manifest import MANIFEST, parse, read_list
from econsim_mesa.decision.actions import OUTCOMES
from econsim_mesa.evidence.report.html import Html, Part, join, link, listed, section, table, tag
from econsim_mesa.evidence.report.scope_part import model_changes
from econsim_mesa.evidence.subject import Subject
from econsim_mesa.experiment.closing import TABLES
from econsim_mesa.records.summary import SUMMARY
from econsim_mesa.scenario.read import parse_json
from econsim_mesa.version import __version__

_MOST_FILES = 40


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
        yield join((len(subject.made.measured), " runs finished, ", len(left), " did not"))
        yield from (f"{run}: {status} {message}".strip() for run, status, message in left[:20])
        return
    total = subject.summary.get("total", {})
    rejected = total.get("rejected_actions")
    yield join((link(SUMMARY, rejected), " actions could not be done, and were rejected"))
    calls = subject.summary.get("calls")
    if calls:
        faults = ", ".join(f"{number} {kind}" for kind, number in calls["faults"].items())
        yield join((link(SUMMARY, calls["calls"]), " calls to the model, ",
                    link(SUMMARY, calls["repair_turns"]), " of them to mend an answer; failed "
                    "attempts: ", faults or "none"))  # fmt: skip


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


def _environment(subject: Subject) -> Iterator[Part]:
    name = "environment.json"
    if subject.made is not None:
        name = f"runs/{min(subject.made.measured, default='')}/environment.json"
    path = subject.folder / name
    if not path.is_file():
        return
    held = parse_json(path.read_text(encoding="utf-8"), name)
    last = held[-1] if isinstance(held, list) and held else {}
    code, packages = last.get("code", {}), last.get("packages", {})
    words = [
        f"{code.get('name', 'econsim-mesa')} {code.get('version', 'of unknown version')}",
        f"commit {code['commit']}" if code.get("commit") else "no commit known",
        "with files that differ from it" if code.get("dirty") else "",
        str(last.get("python", "")),
        f"Mesa {packages['mesa']}" if "mesa" in packages else "",
    ]
    yield join(("Made with: ", ", ".join(filter(None, words)), " (", link(name), ")"))


def _hashes(subject: Subject) -> Part:
    path = subject.folder / MANIFEST
    if not path.is_file():
        return None
    listed_files = parse(read_list(path), MANIFEST)
    shown = list(listed_files.items())[:_MOST_FILES]
    rows = [(link(name), tag("code", digest)) for name, digest in shown]
    more = len(listed_files) - len(shown)
    caption = f"SHA-256 of each file{f'; {more} more in {MANIFEST}' if more else ''}"
    return table(("File", "SHA-256"), rows, caption)


def reproduce() -> Html:
    """Return the three commands that repeat all of this."""
    commands = "\n".join((
        f"pip install econsim-mesa=={__version__}",
        "econsim verify . --replay   # every file as sealed; every run again, record by record",
        "econsim report .            # this page again, byte for byte",
    ))  # fmt: skip
    told = "In this folder, with Python 3.11 or newer; no key and no network is needed."
    return section("How to reproduce it", tag("p", told), tag("pre", tag("code", commands)),
                   id_="reproduce")  # fmt: skip
