"""Folders that somebody made to harm: every list fits, and verify still says no, at once."""

from __future__ import annotations

import json
import os
import sqlite3
import time
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from econsim_mesa.cli import main
from econsim_mesa.runs.bundle import MANIFEST, record_derived
from econsim_mesa.runs.bundle.derived import DERIVED
from econsim_mesa.runs.bundle.files import files_in, is_regular, sha256_of
from econsim_mesa.runs.bundle.manifest import canonical

Harm = Callable[[Path], object]
ENDLESS = (
    "WITH RECURSIVE n(x) AS (VALUES (0) UNION ALL SELECT x + 1 FROM n) SELECT x AS step, '' AS time"
)


def _sql(*statements: str, database: str = "run.sqlite") -> Harm:
    def harm(folder: Path) -> None:
        with closing(sqlite3.connect(folder / database)) as connection, connection:
            for statement in statements:
                connection.execute(statement)

    return harm


def _write(name: str, content: str | bytes) -> Harm:
    def harm(folder: Path) -> None:
        raw = content.encode() if isinstance(content, str) else content
        (folder / name).write_bytes(raw)

    return harm


def _in_text(name: str, old: str, new: str) -> Harm:
    def harm(folder: Path) -> None:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1))

    return harm


def _line(line: str) -> Harm:
    return lambda folder: (folder / MANIFEST).write_text((folder / MANIFEST).read_text() + line)


DEEP = "[" * 10_000 + "]" * 10_000
INPUT = "INSERT INTO inputs VALUES (3, 'settings', '{}')"

FITTED: dict[str, Harm] = {
    "a view without end": _sql("DROP TABLE steps", f"CREATE VIEW steps AS {ENDLESS}"),
    "a trigger": _sql("CREATE TRIGGER t AFTER INSERT ON posts BEGIN DELETE FROM posts; END"),
    "a generated column": _sql(
        "DROP TABLE meta",
        "CREATE TABLE meta (key TEXT, value TEXT AS (hex(zeroblob(100000000))))",
        "INSERT INTO meta VALUES ('status')",
    ),
    "a text of 60 MB": _sql("UPDATE posts SET text = hex(zeroblob(30000000)) WHERE rowid = 1"),
    "another database": _sql("PRAGMA application_id = 1"),
    "no database": _write("run.sqlite", b"SQLite format 3\0" + bytes(5000)),
    "settings of depth 10,000": _sql(INPUT.format(DEEP)),
    "settings that are a list": _sql(INPUT.format("[1]")),
    "settings with NaN": _sql(INPUT.format('{"steps": NaN}')),
    "a step of 2^63 - 1": _sql(f"INSERT INTO steps VALUES ({2**63 - 1}, '')"),
    "amounts of 2^62": _sql(f"UPDATE transfers SET amount = {2**62}"),
    "a scenario of depth 10,000": _write("scenario.json", DEEP),
    "a scenario with NaN": _in_text("scenario.json", '"seed": 1', '"seed": NaN'),
    "a scenario with 2^64": _in_text("scenario.json", '"seed": 1', f'"seed": {2**64}'),
    "a scenario with a key twice": _in_text("scenario.json", '"seed": 1', '"seed": 1, "seed": 2'),
    "a scenario of 11 MB": _in_text("scenario.json", '"seed": 1', '"seed": 1' + " " * 11_000_000),
    "an environment of depth 10,000": _write("environment.json", DEEP),
    "an environment without code": _write("environment.json", "[{}]"),
    "a crate of depth 10,000": _write("ro-crate-metadata.json", DEEP),
    "a crate of 30 MB": _write("ro-crate-metadata.json", bytes(30_000_000)),
}
"""Harm that is done before the lists are made to fit."""

UNFITTED: dict[str, Harm] = {
    "a name that leaves the folder": _line(f"{'0' * 64}  ../../etc/passwd\n"),
    "a name from the root": _line(f"{'0' * 64}  /etc/passwd\n"),
    "a manifest of 30 MB": _write(MANIFEST, b"0" * 30_000_000),
    "a manifest that is not UTF-8": _write(MANIFEST, b"\xff\xfe"),
    "a manifest that is a pipe": lambda folder: (
        (folder / MANIFEST).unlink(), os.mkfifo(folder / MANIFEST)),
    "a derived list that is a pipe": lambda folder: (
        (folder / DERIVED).unlink(), os.mkfifo(folder / DERIVED)),
    "a pipe": lambda folder: os.mkfifo(folder / "pipe"),
    "a loop of links": lambda folder: (folder / "loop").symlink_to(folder),
    "a link to the root": lambda folder: (
        (folder / "LICENSE").unlink(), (folder / "LICENSE").symlink_to("/etc/passwd")),
    "a folder in place of a file": lambda folder: (
        (folder / "LICENSE").unlink(), (folder / "LICENSE").mkdir()),
    "a name with a line break": lambda folder: (folder / "a\nb").write_text(""),
}  # fmt: skip
"""Harm to the lists, or to what they can say."""


def fit(folder: Path) -> None:
    """Make both lists fit whatever lies in the folder."""
    names = set(files_in(folder)) - {MANIFEST, DERIVED, "report.html", "analysis/figure.svg"}
    hashes = {name: sha256_of(folder / name) for name in names if is_regular(folder, name)}
    (folder / MANIFEST).write_text(canonical(hashes))
    (folder / DERIVED).unlink(missing_ok=True)
    if (folder / "report.html").exists():
        record_derived(folder, "report.html", "analysis")


@pytest.mark.parametrize("what", [*FITTED, *UNFITTED])
def test_a_hostile_folder_is_refused_at_once(
    what: str,
    made_run: Path,
    copy_of: Callable[[Path], Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = copy_of(made_run)
    if what in FITTED:
        FITTED[what](folder)
        fit(folder)
    else:
        UNFITTED[what](folder)
    begin = time.process_time()
    tracemalloc.start()
    code = main(["verify", str(folder)])
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert time.process_time() - begin < 1
    assert most < 256_000_000
    said = capsys.readouterr()
    assert code == 5, said
    assert said.out.splitlines()
    assert all(line.startswith("tampered: ") for line in said.out.splitlines())
    assert len(said.err.splitlines()) == 1


@pytest.mark.parametrize(
    "harm",
    [
        _write("plan.json", DEEP),
        _write("plan.json", "{}"),
        _write("tables.json", DEEP),
        _write("tables.json", json.dumps({"runs": None})),
        _in_text("plan.json", '"replicates": 2', '"replicates": 99999'),
        _sql("DROP TABLE meta", f"CREATE VIEW meta AS {ENDLESS}", database="experiment.sqlite"),
        _sql("UPDATE runs SET status = 'finished', run = '../../run' WHERE rowid = 1",
             database="experiment.sqlite"),
    ],
)  # fmt: skip
def test_a_hostile_experiment_is_refused(
    harm: Harm,
    made_experiment: Path,
    copy_of: Callable[[Path], Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = copy_of(made_experiment)
    harm(folder)
    names = {name for name in files_in(folder) if not name.startswith("runs/")} - {MANIFEST}
    runs = {f"runs/{path.name}/{MANIFEST}" for path in (folder / "runs").iterdir()}
    hashes = {name: sha256_of(folder / name) for name in names | runs}
    (folder / MANIFEST).write_text(canonical(hashes))
    assert main(["verify", str(folder)]) == 5
    said = capsys.readouterr()
    assert all(line.startswith(("tampered: ", "incomplete: ")) for line in said.out.splitlines())
    assert len(said.err.splitlines()) == 1
