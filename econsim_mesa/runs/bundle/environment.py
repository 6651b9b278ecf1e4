"""The environment of a run: the code, module by module, Python, packages, streams, the author.

It is written beside the records when a run begins, and again where the run is resumed in another
environment. It does not depend on the time.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sqlite3
import sys
from functools import cache
from pathlib import Path
from typing import NotRequired, TypedDict

from econsim_mesa.runs.bundle.files import write_whole
from econsim_mesa.runs.provenance import code_commit
from econsim_mesa.society.rng import SITES
from econsim_mesa.version import __version__

ENVIRONMENT = "environment.json"
"""Name of its file in a run's folder: a list, with the step from which on each entry holds."""

_PACKAGE = Path(__file__).parents[2]
_CODE = (".py", ".md", ".html", ".css")
_NAMED_BY = ("ECONSIM_AUTHOR", "ECONSIM_AFFILIATION")


class Code(TypedDict):
    """The code of this package: ``commit`` and ``dirty`` are null outside a git repository."""

    name: str
    version: str
    commit: str | None
    dirty: bool | None
    modules: dict[str, str]


class Environment(TypedDict):
    """An entry of the file. In ``made_by``, null stands for a variable that is not set."""

    from_step: NotRequired[int]
    made_by: list[str | None]
    code: Code
    python: str
    platform: str
    sqlite: str
    packages: dict[str, str]
    streams: dict[str, str]


def note_environment(folder: Path, from_step: int) -> None:
    """Write the environment that holds from a step on, unless the folder has it already."""
    path = folder / ENVIRONMENT
    noted = read_environments(path.parent) if path.is_file() else []
    now = environment()
    if noted and {**noted[-1], "from_step": 0} == {**now, "from_step": 0}:
        return
    noted.append({"from_step": from_step, **now})
    write_whole(path, json.dumps(noted, indent=1, ensure_ascii=False) + "\n")


def read_environments(folder: Path) -> list[Environment]:
    """Return the environment in which each part of a run began, in their order."""
    noted: list[Environment] = json.loads((folder / ENVIRONMENT).read_text(encoding="utf-8"))
    return noted


def environment() -> Environment:
    """Return the environment of this process, as JSON holds it.

    ``made_by`` has the values of the variables ``ECONSIM_AUTHOR`` and ``ECONSIM_AFFILIATION``.
    """
    return {
        "made_by": [os.environ.get(name, "").strip() or None for name in _NAMED_BY],
        "code": _code(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "platform": platform.platform(),
        "sqlite": sqlite3.sqlite_version,
        "packages": _packages(),
        "streams": {name: site.meaning for name, site in sorted(SITES.items())},
    }


@cache
def _code() -> Code:
    """Return version, commit, whether files differ from it, and a hash of each file of code."""
    commit, _, dirty = (code_commit(_PACKAGE.parent) or "").partition("-")
    files = sorted(path for path in _PACKAGE.rglob("*") if path.suffix in _CODE)
    return {
        "name": "econsim-mesa",
        "version": __version__,
        "commit": commit or None,
        "dirty": bool(dirty) if commit else None,
        "modules": {
            path.relative_to(_PACKAGE).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
        },
    }


@cache
def _packages() -> dict[str, str]:
    """Return name -> version of every package that is installed, from the names of its records."""
    found: dict[str, str] = {}
    for place in sys.path:
        try:
            names = os.listdir(place or ".")
        except OSError:
            continue
        for name in names:
            stem, _, end = name.rpartition(".")
            if end == "dist-info" and "-" in stem:
                package, _, version = stem.rpartition("-")
                found.setdefault(package.lower().replace("_", "-"), version)
    return dict(sorted(found.items()))
