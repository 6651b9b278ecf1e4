"""Values for the sections about origin: the program, its environment, and hashes of files."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from econsim_mesa.evidence.bundle_contents import BundleContents
from econsim_mesa.evidence.report.simulation import first_run
from econsim_mesa.runs.bundle.environment import ENVIRONMENT
from econsim_mesa.runs.bundle.manifest import MANIFEST, parse, read_list
from econsim_mesa.scenario.read import parse_json
from econsim_mesa.version import __version__


class MadeWith(NamedTuple):
    """The program and its environment.

    Attributes:
        version: Name, version and commit of the program.
        description: Version, Python and packages in words; empty if nothing is known.
        file: The file that says so.
    """

    version: str
    description: str
    file: str


class FileHashes(NamedTuple):
    """SHA-256 of files: file name -> hash; ``more`` files are in the manifest alone."""

    shown: dict[str, str]
    more: int


def made_with(contents: BundleContents) -> MadeWith:
    """Return with what a run, or the first run of an experiment, was made."""
    file = f"{first_run(contents)}{ENVIRONMENT}"
    path = contents.folder / file
    if not path.is_file():
        return MadeWith(f"econsim-mesa {__version__}", "", file)
    parts = parse_json(path.read_text(encoding="utf-8"), file)
    last = parts[-1] if isinstance(parts, list) and parts else {}
    code, packages = last.get("code", {}), last.get("packages", {})
    version = f"{code.get('name', 'econsim-mesa')} {code.get('version', __version__)}"
    if code.get("commit"):
        version += f", commit {code['commit']}"
    words = [
        version,
        "" if code.get("commit") else "no commit known",
        "with files that differ from it" if code.get("dirty") else "",
        str(last.get("python", "")),
        f"Mesa {packages['mesa']}" if "mesa" in packages else "",
    ]
    return MadeWith(version, ", ".join(filter(None, words)), file)


def file_hashes(folder: Path) -> FileHashes | None:
    """Return the hashes of files that lie in a folder itself; None: it has no manifest."""
    if not (folder / MANIFEST).is_file():
        return None
    listed = parse(read_list(folder / MANIFEST), MANIFEST)
    shown = {
        name: digest
        for name, digest in listed.items()
        if "/" not in name and not name.startswith(".")
    }
    return FileHashes(shown, len(listed) - len(shown))
