"""The index of an experiment: one SQLite file with every run, its status and its measures.

Tables ``runs`` (one row a run, with a column for each factor), ``totals`` and ``daily`` (one row
a measure), ``decisions`` and ``meta``. A column of a factor holds text: a string as it is, any
other value as JSON. ``pandas.read_sql`` reads the file, and DuckDB with its extension for SQLite;
``econsim export`` writes Parquet files of it, which DuckDB reads without an extension.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple

from econsim_mesa.analysis.result_tables import Row
from econsim_mesa.errors import BadInput, EconSimError
from econsim_mesa.experiment.measures import RunMeasures
from econsim_mesa.runs.folders import INDEX
from econsim_mesa.sqlite import DAMAGE, connect, damaged, quoted, transaction

Status = Literal["waiting", "finished", "interrupted", "incomplete", "failed"]
"""interrupted: stopped by the user; incomplete: stopped, all steps whole, because no server
answered or the budget was spent."""

RULES, MEASURES = "measures", "3"
"""Key and value in ``meta``: the version of the rules by which runs are measured and tables made.

2: the spread of sentiment is that of authors, and the error of a curve is the jackknife's. An
index without the key is older. Runs measured by an older version are measured again, from their
records, when the experiment goes on."""

DAMAGED = (*DAMAGE, KeyError)
"""What reading a damaged index raises; ``KeyError``: measures of a run that it does not list."""

_FIXED_COLUMNS = {
    "run": "TEXT PRIMARY KEY",
    "folder": "TEXT",
    "condition": "INTEGER",
    "seed": "INTEGER",
    "status": "TEXT",
    "message": "TEXT",
    "steps": "INTEGER",
}
_TABLES = (
    "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS totals (run TEXT NOT NULL, measure TEXT NOT NULL, value REAL)",
    "CREATE TABLE IF NOT EXISTS daily "
    "(run TEXT NOT NULL, day TEXT NOT NULL, measure TEXT NOT NULL, value REAL)",
    "CREATE TABLE IF NOT EXISTS decisions "
    "(run TEXT NOT NULL, decider TEXT NOT NULL, outcome TEXT NOT NULL, decisions INTEGER NOT NULL)",
)


class PlannedRun(NamedTuple):
    """A run of the plan; ``row`` gives the value of each factor."""

    run: str
    condition: int
    seed: int
    row: Row


class Index:
    """An index that is open for writing; ``open`` returns one. It belongs to one thread."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path, self._connection = path, connection

    @classmethod
    def open(
        cls, folder: Path, runs: Sequence[PlannedRun], factors: Sequence[str], **meta: str
    ) -> Index:
        """Open the index in a folder, with all planned runs in it; create it if necessary.

        Args:
            folder: The folder of the experiment.
            runs: All runs of the plan; those which the index lacks are added as ``waiting``.
            factors: Names of the factors, each of which has a column beside the fixed ones.
            **meta: Entries of ``meta``; those that the index has already stay.

        Raises:
            BadInput: The file cannot be used.
        """
        path = folder / INDEX
        try:
            index = cls(path, connect(path, "rwc"))
        except sqlite3.Error as error:
            raise _unusable(path, error) from error
        try:
            index._create(runs, factors, meta)
        except BaseException:
            index.close()
            raise
        return index

    def finished(self) -> set[str]:
        """Return the names of the runs that are finished and measured."""
        query = "SELECT run FROM runs WHERE status = 'finished'"
        with self._reading() as connection:
            return {run for (run,) in connection.execute(query)}

    def unfinished(self) -> list[tuple[str, str, str]]:
        """Return (run, status, message) of all unfinished runs, in the order of the plan."""
        with self._reading() as connection:
            return unfinished_of(connection)

    def measured(self) -> dict[str, RunMeasures]:
        """Return the measures of all finished runs, by the name of the run."""
        with self._reading() as connection:
            return measured_of(connection)

    def record(
        self,
        run: str,
        status: Status,
        message: str,
        steps: int,
        measures: RunMeasures | None = None,
    ) -> None:
        """Record the state of a run in one transaction, and replace its earlier measures."""
        with self._transaction() as connection:
            for table in ("totals", "daily", "decisions"):
                connection.execute(f"DELETE FROM {table} WHERE run = ?", (run,))
            if measures is not None:
                _insert_measures(connection, run, measures)
            connection.execute(
                "UPDATE runs SET status = ?, message = ?, steps = ? WHERE run = ?",
                (status, message, steps, run),
            )

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _create(
        self, runs: Sequence[PlannedRun], factors: Sequence[str], meta: Mapping[str, str]
    ) -> None:
        """Create the tables and add the runs that are missing."""
        columns = _FIXED_COLUMNS | dict.fromkeys(factor_columns(factors, _FIXED_COLUMNS), "TEXT")
        body = ", ".join(f"{quoted(name)} {kind}" for name, kind in columns.items())
        marks = ", ".join("?" * len(columns))
        with self._transaction() as connection:
            connection.execute(f"CREATE TABLE IF NOT EXISTS runs ({body})")
            for table in _TABLES:
                connection.execute(table)
            connection.executemany("INSERT OR IGNORE INTO meta VALUES (?, ?)", list(meta.items()))
            if not is_current(connection):  # else not a byte of a sealed file may change
                connection.execute(
                    "UPDATE runs SET status = 'waiting', message = ? WHERE status = 'finished'",
                    ("measured by an earlier version",),
                )
                connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (RULES, MEASURES))
            connection.executemany(
                f"INSERT OR IGNORE INTO runs VALUES ({marks})",
                [(*_waiting(run), *(_text(run.row.get(name)) for name in factors)) for run in runs],
            )

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            yield self._connection
        except DAMAGED as error:
            raise _unusable(self.path, error) from error

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            with transaction(self._connection):
                yield self._connection
        except sqlite3.Error as error:
            if isinstance(error, sqlite3.OperationalError) and self.path.stat().st_size:
                raise EconSimError(
                    f"cannot write {self.path}: {error}; make room if the disk is full, then the "
                    "same command goes on"
                ) from error
            raise _unusable(self.path, error) from error


def measured_of(connection: sqlite3.Connection) -> dict[str, RunMeasures]:
    """Return the measures of all finished runs of an index, by the name of the run.

    Raises ``KeyError`` for measures of a run that is not finished.
    """
    select = connection.execute
    finished = select("SELECT run FROM runs WHERE status = 'finished' ORDER BY rowid")
    measured = {run: RunMeasures({}, {}, {}) for (run,) in finished}
    for run, name, value in select("SELECT run, measure, value FROM totals ORDER BY rowid"):
        measured[run].total[name] = value
    for run, day, name, value in select(
        "SELECT run, day, measure, value FROM daily ORDER BY rowid"
    ):
        measured[run].days.setdefault(day, {})[name] = value
    for run, decider, outcome, count in select("SELECT * FROM decisions ORDER BY rowid"):
        measured[run].decisions[decider, outcome] = count
    return measured


def unfinished_of(connection: sqlite3.Connection) -> list[tuple[str, str, str]]:
    """Return (run, status, message) of all runs of an index that are not finished."""
    query = "SELECT run, status, message FROM runs WHERE status <> 'finished' ORDER BY rowid"
    return connection.execute(query).fetchall()


def unfinished_in(folder: Path) -> set[str]:
    """Return the unfinished runs by the index in a folder; none if the index is damaged."""
    try:
        with closing(connect(folder / INDEX)) as connection:
            return {run for run, *_ in unfinished_of(connection)}
    except sqlite3.Error:
        return set()


def status_in(folder: Path) -> dict[str, tuple[str, str]]:
    """Return run -> (status, message) of all runs of the index in a folder.

    Raises ``BadInput`` if the index cannot be read.
    """
    path = folder / INDEX
    query = "SELECT run, status, message FROM runs ORDER BY rowid"
    try:
        with closing(connect(path)) as connection:
            return {run: (status, text) for run, status, text in connection.execute(query)}
    except DAMAGE as error:
        raise damaged(path, error) from error


def is_outdated(folder: Path) -> bool:
    """Whether a folder has an index whose runs were measured by the rules of another version."""
    try:
        return (folder / INDEX).is_file() and meta_of(folder).get(RULES) != MEASURES
    except BadInput:  # opening it for writing reports the damage
        return False


def is_current(connection: sqlite3.Connection) -> bool:
    """Whether the runs of an index were measured by the rules of this version."""
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (RULES,)).fetchone()
    return row is not None and row[0] == MEASURES


def meta_of(folder: Path) -> dict[str, str]:
    """Return the entries of ``meta``. Raises ``BadInput`` if the index cannot be read."""
    path = folder / INDEX
    try:
        with closing(connect(path)) as connection:
            return dict(connection.execute("SELECT key, value FROM meta"))
    except DAMAGE as error:
        raise damaged(path, error) from error


def _insert_measures(connection: sqlite3.Connection, run: str, measures: RunMeasures) -> None:
    connection.executemany(
        "INSERT INTO totals VALUES (?, ?, ?)",
        [(run, name, value) for name, value in measures.total.items()],
    )
    connection.executemany(
        "INSERT INTO daily VALUES (?, ?, ?, ?)",
        [
            (run, day, name, value)
            for day, values in measures.days.items()
            for name, value in values.items()
        ],
    )
    connection.executemany(
        "INSERT INTO decisions VALUES (?, ?, ?, ?)",
        [(run, *key, count) for key, count in measures.decisions.items()],
    )


def _unusable(path: Path, error: Exception) -> BadInput:
    return BadInput(f"cannot use {path}: {error}; move it away, and it is made anew")


def _waiting(run: PlannedRun) -> tuple[str | int, ...]:
    """Return the fixed columns of a run that has not begun."""
    return run.run, f"runs/{run.run}", run.condition, run.seed, "waiting", "", 0


def factor_columns(factors: Iterable[str], others: Iterable[str]) -> list[str]:
    """Return the names of the factors' columns, which differ from those of the others.

    >>> factor_columns(["decider", "stress.mode"], ["step", "decider"])
    ['decider (factor)', 'stress.mode']
    """
    taken = {name.casefold() for name in others}
    names = []
    for factor in factors:
        name = factor if factor.casefold() not in taken else f"{factor} (factor)"
        taken.add(name.casefold())
        names.append(name)
    return names


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
