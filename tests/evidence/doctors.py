"""Ways to doctor a bundle, and the tools of a forger who makes all lists fit."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from econsim_mesa.runs.bundle.derived import DERIVED, derived_text, read_derived
from econsim_mesa.runs.bundle.files import sha256_of
from econsim_mesa.runs.bundle.manifest import MANIFEST, canonical, id_of
from econsim_mesa.runs.bundle.seal import own_files

Doctor = Callable[[Path], None]


def reseal(folder: Path) -> None:
    """Make all lists of a folder, and of the runs in it, fit what lies there."""
    if (folder / "runs").is_dir():
        for run in sorted((folder / "runs").iterdir()):
            reseal(run)
    _, listed = read_derived(folder)
    names = own_files(folder) - set(listed)
    text = canonical({name: sha256_of(folder / name) for name in names})
    (folder / MANIFEST).write_text(text)
    if (folder / DERIVED).is_file():
        derived = {name: sha256_of(folder / name) for name in listed}
        (folder / DERIVED).write_text(derived_text(id_of(text), derived))


def edit(name: str, change: Callable[[Any], None], *, sealed: bool = True) -> Doctor:
    """Return a doctor that changes what a JSON file holds."""

    def doctor(folder: Path) -> None:
        path = folder / name
        held = json.loads(path.read_text())
        change(held)
        path.write_text(json.dumps(held, indent=1, ensure_ascii=False) + "\n")
        if sealed:
            reseal(folder)

    return doctor


def put(name: str, old: str, new: str, *, sealed: bool = True) -> Doctor:
    """Return a doctor that replaces text in a file."""

    def doctor(folder: Path) -> None:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new))
        if sealed:
            reseal(folder)

    return doctor


def sql(name: str, *statements: str) -> Doctor:
    """Return a doctor that changes a database."""

    def doctor(folder: Path) -> None:
        for path in folder.glob(name):
            with closing(sqlite3.connect(path)) as connection, connection:
                for statement in statements:
                    connection.execute(statement)
        reseal(folder)

    return doctor


def without_run(folder: Path) -> str:
    """Delete the first run, and return its name."""
    run = sorted((folder / "runs").iterdir())[0]
    shutil.rmtree(run)
    return run.name


def weaken_limits(folder: Path) -> None:
    """Let a folder's text on limits speak of none."""
    (folder / "LIMITS.md").write_text("# Limits\n\nNone worth mentioning.\n")
    reseal(folder)


def all_holds(tables: Any) -> None:
    """Let every pattern be there in the full condition, and lack in all rivals."""
    for row in tables["curves"]:
        full = row["arm"] == "full"
        row |= {"verdict": "inverted U" if full else "linear", "why": None}
        row |= {"b1": 1.0, "b1_low": 0.5 if full else -1.0, "b1_high": 1.5}
    spread = {"measure": "variance", "void": None, "slope": 1.0, "slope_low": 0.5}
    tables["dispersion"] = [
        {**dict(list(row.items())[: list(row).index("role")]), **spread, "slope_high": 1.5}
        for row in tables["curves"]
        if row["role"] == "primary"
    ]
    for row in tables["ablations"]:
        row |= {"difference": -1.0, "low": -1.5, "high": -0.5, "p": 0.001}
    for row in tables["family"]:
        row |= {"p": 0.001, "adjusted": 0.003, "holds": True}
    for row in tables["decisions"]:
        row["decider"] = "llm"
