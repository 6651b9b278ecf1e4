"""Provenance: with what a run was made, as entries of the table ``meta``."""

from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType

from econsim_mesa.version import __version__

PACKAGES = ("mesa", "numpy", "networkx", "pydantic")
"""Packages on which the records of a run may depend."""

_CHECKOUT = Path(__file__).parents[2]
_GIT_SECONDS = 5.0


@cache
def provenance() -> Mapping[str, str]:
    """Return versions, machine and, in a checkout, the commit of the code, as of the first call."""
    found = {
        "econsim-mesa": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "sqlite": sqlite3.sqlite_version,
    }
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # run from a source tree that is only on the path
            continue
    commit = code_commit(_CHECKOUT)
    return MappingProxyType(found | ({"commit": commit} if commit else {}))


def code_commit(checkout: Path) -> str | None:
    """Return the commit of a git checkout, with ``-dirty`` if files differ from it.

    None: the folder is not the top of a checkout, or git cannot tell.
    """
    if not (checkout / ".git").exists():
        return None
    command = ["git", "-C", str(checkout), "describe", "--always", "--dirty", "--abbrev=40"]
    try:
        done = subprocess.run(
            [*command, "--exclude=*"],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=True,
            timeout=_GIT_SECONDS,
            env=os.environ | {"GIT_OPTIONAL_LOCKS": "0"},  # looking must not touch the index
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None


def now() -> str:
    """Return the time of the machine's clock, UTC, ISO 8601, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
