"""An RO-Crate 1.1 with Process Run Crate 0.5, as JSON-LD: what all crates have in common.

See https://w3id.org/ro/crate/1.1 and https://w3id.org/ro/wfrun/process/0.5. The crate depends on
the folder that it describes and on nothing else, so that a verifier can make it again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

CRATE = "ro-crate-metadata.json"
"""Name of its file."""

Entity = dict[str, Any]

_CONTEXT = [
    "https://w3id.org/ro/crate/1.1/context",
    {"sha256": "https://w3id.org/ro/terms/workflow-run#sha256"},
]
_PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
_LICENCE = "https://spdx.org/licenses/MIT"
_SOFTWARE = "https://econsim-mesa.invalid/software"  # a name; under .invalid nothing is looked up
_AUTHORS = "#econsim-mesa-authors"
_FORMATS = {
    ".json": "application/json",
    ".sqlite": "application/vnd.sqlite3",
    ".md": "text/markdown",
    ".txt": "text/plain",
    ".csv": "text/csv",
    ".cff": "application/yaml",
    ".sha256": "text/plain",
    ".parquet": "application/vnd.apache.parquet",
}
_MEANINGS = {
    "run.sqlite": "Everything that happened: decisions, records of each step, calls of a model",
    "scenario.json": "The scenario as resolved: every default written out",
    "given.json": "The scenario as given, and what was changed in it",
    "summary.json": "Results by day, who decided, and the quality of decisions and calls",
    "environment.json": "Code, Python, packages and random streams with which the run was made",
    "plan.json": "The plan: factors, replicates, contrasts and hypotheses, fixed before any run",
    "experiment.sqlite": "Index of all runs, with their measures by day and in all",
    "tables.json": "The tables of the experiment",
    "prompt-sample.txt": "One prompt, word for word as the first agent was sent it",
    "ODD.md": "The model: entities, rules, order of events, deviations, origin of coefficients",
    "LIMITS.md": "What the model leaves out, and what its results therefore cannot say",
    "LICENSE": "Licence of the software and of this bundle",
    "CITATION.cff": "How to cite the software",
}


class CreateAction(NamedTuple):
    """The action that a crate records: what was made, by whom and with what.

    ``objects`` and ``results`` are ids of entities. ``start`` and ``end`` are times in ISO 8601.
    ``error`` is None if the action came to its end. ``software`` is (version, commit or None), and
    ``by`` is (name, affiliation) of the author.
    """

    name: str
    description: str
    start: str
    end: str
    error: str | None
    objects: Sequence[str]
    results: Sequence[str]
    by: tuple[str | None, str | None]
    software: tuple[str, str | None]


def crate_text(
    folder: Path,
    made: CreateAction,
    hashes: Mapping[str, str],
    others: Sequence[Entity],
    root: Mapping[str, Any],
) -> str:
    """Return the text of a crate.

    ``hashes`` has the SHA-256 of each file to describe, by name; ``others`` are further
    entities, ``root`` further properties of the folder itself.
    """
    parts = [*_files(folder, hashes), *(one for one in others if one["@type"] == "Dataset")]
    graph = [
        {
            "@id": CRATE,
            "@type": "CreativeWork",
            "conformsTo": _ref("https://w3id.org/ro/crate/1.1"),
            "about": _ref("./"),
        },
        {
            "@id": "./",
            "@type": "Dataset",
            "name": made.name,
            "description": made.description,
            "datePublished": made.end,
            "conformsTo": _ref(_PROFILE),
            "license": _ref(_LICENCE),
            "author": _ref("#maker"),
            "publisher": _ref(_AUTHORS),
            "hasPart": refs(one["@id"] for one in parts),
            "mentions": _ref("#making"),
            **root,
        },
        _action(made),
        *_who(made),
        *_constant(),
        *parts,
        *(one for one in others if one["@type"] != "Dataset"),
    ]
    content = {"@context": _CONTEXT, "@graph": graph}
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def property_value(identifier: str, name: str, value: Any, description: str = "") -> Entity:
    """Return an entity that holds one value under a name."""
    entity = {"@id": identifier, "@type": "PropertyValue", "name": name, "value": value}
    return entity | ({"description": description} if description else {})


def refs(identifiers: Iterable[str]) -> Any:
    """Return references as the crate writes them: a single one is not put in a list."""
    found = [_ref(one) for one in identifiers]
    return found[0] if len(found) == 1 else found


def file_id(name: str) -> str:
    """Return the id of a file: its name, percent-encoded where a URI needs that."""
    return quote(name)


def _ref(identifier: str) -> Entity:
    return {"@id": identifier}


def _files(folder: Path, hashes: Mapping[str, str]) -> Iterator[Entity]:
    for name in sorted(hashes, key=str.encode):
        path = folder / name
        meaning = _MEANINGS.get(name)
        yield {
            "@id": file_id(name),
            "@type": "File",
            "name": name,
            **({"description": meaning} if meaning else {}),
            "encodingFormat": _FORMATS.get(path.suffix, "text/plain"),
            "contentSize": str(path.stat().st_size),
            "sha256": hashes[name],
        }


def _action(made: CreateAction) -> Entity:
    status = "Completed" if made.error is None else "Failed"
    return {
        "@id": "#making",
        "@type": "CreateAction",
        "name": made.name,
        "description": made.description,
        "startTime": made.start,
        "endTime": made.end,
        "actionStatus": f"http://schema.org/{status}ActionStatus",
        **({} if made.error is None else {"error": made.error}),
        "agent": _ref("#maker"),
        "instrument": _ref(_SOFTWARE),
        "object": refs(made.objects),
        "result": refs(made.results),
    }


def _who(made: CreateAction) -> Iterator[Entity]:
    """Yield who made it, as far as they said so, and the software."""
    name, affiliation = made.by
    version, commit = made.software
    yield {
        "@id": "#maker",
        "@type": "Person",
        "name": name or "Not named (ECONSIM_AUTHOR was not set)",
        "affiliation": _ref("#affiliation"),
    }
    yield {
        "@id": "#affiliation",
        "@type": "Organization",
        "name": affiliation or "Not named (ECONSIM_AFFILIATION was not set)",
        "url": _ref("CITATION.cff"),
    }
    yield {
        "@id": _SOFTWARE,
        "@type": "SoftwareApplication",
        "name": "econsim-mesa",
        "softwareVersion": version if commit is None else f"{version} ({commit})",
        "url": _ref("CITATION.cff"),
        "license": _ref(_LICENCE),
        "author": _ref(_AUTHORS),
    }


def _constant() -> list[Entity]:
    return [
        {
            "@id": _AUTHORS,
            "@type": "Organization",
            "name": "The econsim-mesa authors",
            "url": _ref("CITATION.cff"),
        },
        {
            "@id": _LICENCE,
            "@type": "CreativeWork",
            "name": "MIT License",
            "identifier": "MIT",
            "url": _ref("LICENSE"),
        },
        {
            "@id": _PROFILE,
            "@type": "CreativeWork",
            "name": "Process Run Crate",
            "version": "0.5",
        },
    ]
