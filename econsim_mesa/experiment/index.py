"""The index of an experiment: one SQLite file with every run, its state and its measures.

Tables ``runs`` (one row a run; a column for each factor), ``totals`` and ``daily`` (one row a
measure), ``decisions`` and ``meta``. Columns of factors hold text: a word as it is, any other
value as JSON. ``pandas.read_sql`` reads it as it is, and DuckDB with its extension for SQLite;
``econsim export`` makes Parquet files of it, which DuckDB reads without one.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple

from econsim_mesa.analysis.result_tables import Row
from econsim_mesa.errors import BadInput, EconSimError
from econsim_mesa.experiment.measures import Measured
from econsim_mesa.records.store import quoted

INDEX = "experiment.sqlite"
"""Name of its file in an experiment's folder."""
Status = Literal["waiting", "finished", "interrupted", "incomplete", "failed"]
"""interrupted: by the user; incomplete: stopped whole, for want of a server or of budget."""

RULES, MEASURES = "measures", "2"
"""Entry of ``meta``, and the version of what is measured of a run and how tables are made of it: 2
since the spread of sentiment is that of authors and the error of a curve is the jackknife's. An
index without the entry was made before. Runs of an older version are measured anew, from their
records, when the experiment goes on."""

DAMAGED = (sqlite3.Error, KeyError)
"""What reading a damaged index raises; the latter: measures of a run that it does not hold."""

_FIXED = ("run", "folder", "condition", "seed", "status", "message", "steps")
_TABLES = (
    "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS totals (run TEXT NOT NULL, measure TEXT NOT NULL, value REAL)",
    "CREATE TABLE IF NOT EXISTS daily "
    "(run TEXT NOT NULL, day TEXT NOT NULL, measure TEXT NOT NULL, value REAL)",
    "CREATE TABLE IF NOT EXISTS decisions "
    "(run TEXT NOT NULL, decider TEXT NOT NULL, outcome TEXT NOT NULL, decisions INTEGER NOT NULL)",
)
_KINDS = ["TEXT PRIMARY KEY", "TEXT", "INTEGER", "INTEGER", "TEXT", "TEXT", "INTEGER"]


class Entry(NamedTuple):
    """A run in the index; ``row`` names its condition by factor."""

    run: str
    condition: int
    seed: int
    row: Row


class Index:
    """The index in a folder, made if it is not there. Belongs to one thread.

    ``factors`` are the names of the columns beside the fixed ones. Raises ``BadInput`` if the
    file cannot be used.
    """

    def __init__(
        self, folder: Path, entries: Sequence[Entry], factors: Sequence[str], **meta: str
    ) -> None:
        self.path = folder / INDEX
        try:
            self._connection = sqlite3.connect(self.path, isolation_level=None)
        except sqlite3.Error as error:
            raise _unusable(self.path, error) from error
        try:
            self._make(entries, factors, meta)
        except BaseException:
            self.close()
            raise

    def _make(
        self, entries: Sequence[Entry], factors: Sequence[str], meta: Mapping[str, str]
    ) -> None:
        """Make the tables and add the runs that are not there."""
        columns = [*_FIXED, *_columns(factors)]
        with self._transaction() as connection:
            shape = zip(columns, [*_KINDS, *["TEXT"] * len(factors)], strict=True)
            body = ", ".join(f"{quoted(name)} {kind}" for name, kind in shape)
            connection.execute(f"CREATE TABLE IF NOT EXISTS runs ({body})")
            for table in _TABLES:
                connection.execute(table)
            connection.executemany("INSERT OR IGNORE INTO meta VALUES (?, ?)", list(meta.items()))
            if not is_current(connection):  # else not a byte of a sealed file changes
                connection.execute(
                    "UPDATE runs SET status = 'waiting', message = ? WHERE status = 'finished'",
                    ("measured by an earlier version",),
                )
                connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (RULES, MEASURES))
            marks = ", ".join("?" * len(columns))
            connection.executemany(
                f"INSERT OR IGNORE INTO runs VALUES ({marks})",
                [
                    (*_begin(one), *(_text(one.row.get(factor)) for factor in factors))
                    for one in entries
                ],
            )

    def finished(self) -> set[str]:
        """Return the runs that are finished and measured."""
        query = "SELECT run FROM runs WHERE status = 'finished'"
        with self._reading() as connection:
            return {run for (run,) in connection.execute(query)}

    def unfinished(self) -> list[tuple[str, str, str]]:
        """Return (run, status, message) of all others, in their order."""
        with self._reading() as connection:
            return unfinished_of(connection)

    def note(
        self, run: str, status: Status, message: str, steps: int, measured: Measured | None
    ) -> None:
        """Keep what became of a run, all or nothing."""
        with self._transaction() as connection:
            for table in ("totals", "daily", "decisions"):
                connection.execute(f"DELETE FROM {table} WHERE run = ?", (run,))
            if measured is not None:
                connection.executemany(
                    "INSERT INTO totals VALUES (?, ?, ?)",
                    [(run, name, value) for name, value in measured.total.items()],
                )
                connection.executemany(
                    "INSERT INTO daily VALUES (?, ?, ?, ?)",
                    [
                        (run, day, name, value)
                        for day, values in measured.days.items()
                        for name, value in values.items()
                    ],
                )
                connection.executemany(
                    "INSERT INTO decisions VALUES (?, ?, ?, ?)",
                    [(run, *key, count) for key, count in measured.decisions.items()],
                )
            connection.execute(
                "UPDATE runs SET status = ?, message = ?, steps = ? WHERE run = ?",
                (status, message, steps, run),
            )

    def measured(self) -> dict[str, Measured]:
        """Return the measures of all finished runs."""
        with self._reading() as connection:
            return measured_of(connection)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            yield self._connection
        except DAMAGED as error:
            raise _unusable(self.path, error) from error

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        except BaseException as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.OperationalError) and self.path.stat().st_size:
                raise EconSimError(
                    f"cannot write {self.path}: {error}; make room if the disk is full, then the "
                    "same command goes on"
                ) from error
            if isinstance(error, sqlite3.Error):
                raise _unusable(self.path, error) from error
            raise


def measured_of(connection: sqlite3.Connection) -> dict[str, Measured]:
    """Return the measures of all finished runs of an index."""
    rows = connection.execute
    finished = rows("SELECT run FROM runs WHERE status = 'finished' ORDER BY rowid")
    found = {run: Measured({}, {}, {}) for (run,) in finished}
    for run, name, value in rows("SELECT run, measure, value FROM totals ORDER BY rowid"):
        found[run].total[name] = value
    for run, day, name, value in rows("SELECT run, day, measure, value FROM daily ORDER BY rowid"):
        found[run].days.setdefault(day, {})[name] = value
    for run, decider, outcome, count in rows("SELECT * FROM decisions ORDER BY rowid"):
        found[run].decisions[decider, outcome] = count
    return found


def unfinished_of(connection: sqlite3.Connection) -> list[tuple[str, str, str]]:
    """Return (run, status, message) of all runs of an index that are not finished."""
    query = "SELECT run, status, message FROM runs WHERE status <> 'finished' ORDER BY rowid"
    return connection.execute(query).fetchall()


def is_outdated(folder: Path) -> bool:
    """Whether a folder has an index whose measures are of another version."""
    try:
        return (folder / INDEX).is_file() and meta_of(folder).get(RULES) != MEASURES
    except BadInput:  # who opens it says so
        return False


def is_current(connection: sqlite3.Connection) -> bool:
    """Whether the measures of an index are those of this version."""
    found = connection.execute("SELECT value FROM meta WHERE key = ?", (RULES,)).fetchone()
    return found is not None and found[0] == MEASURES


def unfinished_in(folder: Path) -> set[str]:
    """Return the runs that the index in a folder calls unfinished; one that is damaged: none."""
    uri = f"{(folder / INDEX).absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            return {run for run, *_ in unfinished_of(connection)}
    except sqlite3.Error:
        return set()


def meta_of(folder: Path) -> dict[str, str]:
    """Return the entries ``meta`` of the index in a folder, which nothing else changes.

    Raises ``BadInput`` if it cannot be read.
    """
    path = folder / INDEX
    try:
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            return dict(connection.execute("SELECT key, value FROM meta"))
    except sqlite3.Error as error:
        raise BadInput(f"cannot read {path}: {error}; restore it from a copy") from error


def _unusable(path: Path, error: Exception) -> BadInput:
    return BadInput(f"cannot use {path}: {error}; move it away, and it is made anew")


def _begin(entry: Entry) -> tuple[str | int, ...]:
    """Return the fixed columns of a run that has not begun."""
    return entry.run, f"runs/{entry.run}", entry.condition, entry.seed, "waiting", "", 0


def _columns(factors: Sequence[str]) -> list[str]:
    """Return names of columns: those of factors, told apart from the fixed ones."""
    taken = {name.casefold() for name in _FIXED}
    names = []
    for factor in factors:
        name = factor if factor.casefold() not in taken else f"{factor} (factor)"
        taken.add(name.casefold())
        names.append(name)
    return names


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
