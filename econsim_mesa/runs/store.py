"""The run store: everything that happened, one SQLite transaction a step.

A step is there whole or not at all, also after ``kill -9``: SQLite's write-ahead log sees to it.
Rows are in the order in which they were made, so ``rowid`` grows with ``step`` in each table; an
index on ``step`` would cost 40 % more time to write and says nothing new.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from econsim_mesa.domains.tables import LATER, TABLES, added, columns
from econsim_mesa.errors import BadInput, EconSimError
from econsim_mesa.society.records import STORE_TABLES, Call, Kind, StepRecords
from econsim_mesa.sqlite import connect, has_log, leave_log_mode, quoted, transaction

if TYPE_CHECKING:
    from econsim_mesa.scenario import Scenario

DATABASE, SCENARIO = "run.sqlite", "scenario.json"
"""Names of the files of a run that this module writes."""
MODEL = "model.json"
"""Name of the file that says which Mesa model made a run, where it is not a town."""
WAITING = "inputs_waiting"
"""Entry of ``meta``: a JSON list of step, kind and content of inputs that no whole step holds."""
OWN_TABLES = "own_tables"
"""Entry of ``meta``: the columns of tables that domains of the user's own fill, as JSON."""
APPLICATION_ID = 0x45434F4E
"""Marks an SQLite file as one of ours: "ECON"."""
FORMAT = 2
"""Version of the tables; a reader of another version refuses the file."""

_BATCH = 25  # rows of one INSERT: a statement a row costs 30 % more
CLOSING_SECONDS = 5.0
"""Time to wait, when a store is closed, for others who read its file."""
_CHECKPOINT_PAGES = 2000
"""Pages of the log after which a step writes it back: that takes tens of milliseconds and more,
for which no reply that arrived must wait."""
_WRITING = ("journal_mode = WAL", "synchronous = NORMAL", "wal_autocheckpoint = 0")
_NEW_FILE = (
    "synchronous = OFF",  # there is nothing yet to lose, and each wait for the disk takes long
    "page_size = 8192",
    "journal_mode = WAL",
    f"application_id = {APPLICATION_ID}",
    f"user_version = {FORMAT}",
)
_SQL_TYPES: dict[Kind, str] = {
    int: "INTEGER NOT NULL",
    str: "TEXT NOT NULL",
    float: "REAL NOT NULL",
    int | None: "INTEGER",
    str | None: "TEXT",
    float | None: "REAL",
}

_KIND_NAMES: dict[Kind, str] = {
    int: "int",
    str: "str",
    float: "float",
    int | None: "int | None",
    str | None: "str | None",
    float | None: "float | None",
}
"""How the entry ``own_tables`` names the type of a column."""


@runtime_checkable
class RunStore(Protocol):
    """Where the records of a run go."""

    def commit(self, records: StepRecords) -> None:
        """Keep all records of one step, or none if this raises."""

    def keep(self, call: Call) -> None:
        """Keep a call of a language model at once: it was paid, and its step may be lost."""

    def close(self) -> None:
        """Finish; a closed store takes no more steps. A second call does nothing."""


@runtime_checkable
class KeepsPrompts(Protocol):
    """A store that keeps the prompts in use as well."""

    def keep_prompts(self, scenario: Scenario, step: int) -> None:
        """Keep the texts by which a language model is asked from ``step`` on."""


@runtime_checkable
class KeepsInputs(Protocol):
    """A store that keeps inputs as well before the step in which they act is whole."""

    def keep_inputs(self, waiting: Iterable[tuple[int, str, str]]) -> None:
        """Keep step, kind and content of all inputs that stand in no whole step yet."""


@runtime_checkable
class KeepsServer(Protocol):
    """A store that keeps what a server says of the model as well."""

    def keep_server(self, step: int, told: str | None) -> None:
        """Keep what a server, asked before a step, says of the model; None: nothing."""

    def keep_refused_parameters(self, step: int, names: Sequence[str]) -> None:
        """Keep what the model, asked in a step, refuses of requests, so that it is left out."""


class SqliteStore:
    """A run folder with ``run.sqlite`` and ``scenario.json``; made by ``create`` or ``reopen``.

    May be used from several threads.
    """

    def __init__(
        self,
        folder: Path,
        connection: sqlite3.Connection,
        widths: Mapping[str, int],
        last: int | None,
    ) -> None:
        """Take the open database of a folder.

        Args:
            folder: The folder of the run.
            connection: Its database, open for writing.
            widths: Number of columns of each table.
            last: The last committed step; None: none.
        """
        self.folder = folder
        self.last = last
        self._connection: sqlite3.Connection | None = connection
        self._widths = widths
        self._lock = threading.Lock()

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        stressors: Sequence[str],
        scenario_json: str,
        meta: Mapping[str, str],
        accounts: Sequence[tuple[str, str]],
        own_tables: Mapping[str, Mapping[str, Kind]] = MappingProxyType({}),
    ) -> SqliteStore:
        """Make the folder of a new run of a town.

        Args:
            folder: A new or empty folder.
            stressors: The further columns of ``agents``.
            scenario_json: The scenario, as its file is to hold it.
            meta: What depends on the clock or the machine.
            accounts: Name and kind of all agents that may post, in the order of their numbers.
            own_tables: Tables of domains of the user's own, with their columns.

        Raises:
            BadInput: The folder is not empty, or cannot be written.
        """
        shapes = {name: columns(name, stressors) for name in (*TABLES, "agents", *STORE_TABLES)}
        _refuse_equal_names(shapes["agents"], len(stressors))
        shapes |= {name: dict(shape) for name, shape in own_tables.items()}
        if own_tables:
            meta = {**meta, OWN_TABLES: shapes_text(own_tables)}
        return cls.make(folder, shapes, {SCENARIO: scenario_json}, meta, accounts)

    @classmethod
    def make(
        cls,
        folder: Path,
        shapes: Mapping[str, Mapping[str, Kind]],
        files: Mapping[str, str],
        meta: Mapping[str, str],
        accounts: Sequence[tuple[str, str]],
    ) -> SqliteStore:
        """Make the folder of a new run with any tables.

        Args:
            folder: A new or empty folder.
            shapes: The columns of each table, those of ``STORE_TABLES`` among them.
            files: Texts to lie beside the database, by the names of their files.
            meta: What depends on the clock or the machine.
            accounts: Name and kind of all agents that are known from the beginning.

        Raises:
            BadInput: The folder is not empty, or cannot be written.
        """
        folder, connection = Path(folder), None
        try:
            _write_new(folder, files)
            connection = _open_to_write(folder / DATABASE, _NEW_FILE)
            widths = {name: len(shape) for name, shape in shapes.items()}
            store = cls(folder, connection, widths, last=None)
            store._create(shapes, meta, accounts)
        except (OSError, ValueError, sqlite3.Error) as error:
            if connection is not None:
                connection.close()
            raise BadInput(
                f"cannot create the run folder {folder}: {error}; name another folder"
            ) from error
        return store

    @classmethod
    def reopen(cls, folder: Path) -> SqliteStore:
        """Open the store of a run that was stopped, to go on after its last whole step.

        Raises:
            BadInput: It cannot be written.
        """
        folder = Path(folder)
        try:
            connection = _open_to_write(folder / DATABASE)
            tables = [
                name
                for (name,) in connection.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table'"
                )
            ]
            widths = {
                name: len(connection.execute(f"PRAGMA table_info({quoted(name)})").fetchall())
                for name in tables
            }
            (last,) = connection.execute("SELECT max(step) FROM steps").fetchone()
        except sqlite3.Error as error:
            raise BadInput(f"cannot go on in {folder}: {error}") from error
        return cls(folder, connection, widths, last)

    def commit(self, records: StepRecords) -> None:
        """Write one step in one transaction; steps follow one another, from -1 or 0.

        Raises ``EconSimError`` if it cannot; then nothing of the step is in the store.
        """
        table = "steps"
        with self._lock:
            connection = self._open()
            self._refuse_gap(records.step)
            try:
                connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
                with transaction(connection):
                    for table, rows in records.rows.items():
                        if table in self._widths or table not in LATER:
                            self._insert(connection, table, rows)
                    self._insert(connection, "steps", [(records.step, records.time)])
            except (sqlite3.Error, ValueError, OverflowError, KeyError) as error:
                raise EconSimError(
                    f"cannot write the table {table} of step {records.step} to "
                    f"{self.folder / DATABASE}: {error}; all steps before it are whole"
                ) from error
            finally:
                connection.execute("PRAGMA wal_autocheckpoint = 0")
            self.last = records.step

    def annotate(self, entries: Mapping[str, str]) -> None:
        """Set entries of ``meta``, which hold what depends on the clock or the machine."""
        with self._lock:
            try:
                self._open().executemany(
                    "INSERT INTO meta VALUES (?, ?) "
                    "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                    list(entries.items()),
                )
            except sqlite3.Error as error:
                raise EconSimError(
                    f"cannot write the table meta to {self.folder / DATABASE}: {error}"
                ) from error

    def keep(self, call: Call) -> None:
        """Write one call of a language model in a transaction of its own, whatever its step.

        Raises ``EconSimError`` if it cannot.
        """
        with self._lock:
            connection = self._open()
            try:
                self._insert(connection, "calls", [call])  # a statement alone is a transaction
            except (sqlite3.Error, ValueError, OverflowError) as error:
                raise EconSimError(
                    f"cannot write call {call.call} of {call.agent} in step {call.step} to "
                    f"{self.folder / DATABASE}: {error}; all calls before it are kept"
                ) from error

    def close(self) -> None:
        """Leave one clean database file: log written back, no file beside it."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is None:
                return
            try:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                leave_log_mode(connection, CLOSING_SECONDS)
            except sqlite3.Error as error:
                raise EconSimError(
                    f"cannot finish {self.folder / DATABASE}: {error}; every committed step is "
                    "in it or in its -wal file: keep both, load_run puts them together"
                ) from error
            finally:
                connection.close()

    def __enter__(self) -> SqliteStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _create(
        self,
        shapes: Mapping[str, Mapping[str, Kind]],
        meta: Mapping[str, str],
        accounts: Iterable[tuple[str, str]],
    ) -> None:
        connection = self._open()
        named = [(number, name, kind) for number, (name, kind) in enumerate(accounts)]
        with transaction(connection):
            for table, shape in shapes.items():
                connection.execute(table_sql(table, shape))
            self._insert(connection, "meta", list(meta.items()))
            self._insert(connection, "accounts", named)

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            raise EconSimError(f"the run store {self.folder} is closed; make a new one")
        return self._connection

    def _refuse_gap(self, step: int) -> None:
        wanted = (-1, 0) if self.last is None else (self.last + 1,)
        if step not in wanted:
            raise EconSimError(
                f"step {step} cannot be committed to {self.folder} after step {self.last}: "
                f"the next is {wanted[-1]}"
            )

    def _insert(
        self, connection: sqlite3.Connection, table: str, rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Write rows of one width: a batch a statement, and what is left over one by one.

        The table of an older run may have fewer columns: it gets what it has a place for.
        """
        if not rows:
            return
        width = self._widths[table]
        if added(table):
            rows = [row[:width] for row in rows]
        whole = len(rows) - len(rows) % _BATCH
        if whole:
            connection.executemany(_insert_sql(table, width, _BATCH), _batches(rows, whole))
        if whole < len(rows):
            connection.executemany(_insert_sql(table, width, 1), rows[whole:])


@cache
def _insert_sql(table: str, width: int, rows: int) -> str:
    """Return the statement that inserts rows of a width into a table."""
    row = f"({', '.join('?' * width)})"
    return f"INSERT INTO {quoted(table)} VALUES {', '.join([row] * rows)}"


def shapes_text(shapes: Mapping[str, Mapping[str, Kind]]) -> str:
    """Return the columns of tables as the entry ``own_tables`` of ``meta`` holds them."""
    named = {
        table: {column: _KIND_NAMES[kind] for column, kind in shape.items()}
        for table, shape in shapes.items()
    }
    return json.dumps(named, ensure_ascii=False)


def shapes_in(text: str) -> dict[str, dict[str, Kind]]:
    """Return the columns of tables from an entry of ``meta``.

    Raises:
        ValueError, KeyError, AttributeError: The entry does not say columns.
    """
    kinds = {name: kind for kind, name in _KIND_NAMES.items()}
    return {
        table: {column: kinds[name] for column, name in shape.items()}
        for table, shape in json.loads(text).items()
    }


def in_use(folder: Path) -> bool:
    """Whether a log or a journal lies beside the database: live, killed, or still read."""
    return has_log(folder / DATABASE)


_KEYED = frozenset({"steps", "accounts", "meta"})


def table_sql(table: str, shape: Mapping[str, Kind]) -> str:
    """Return the statement that makes a table; SQLite keeps it word for word."""
    body = ", ".join(f"{quoted(name)} {_SQL_TYPES[kind]}" for name, kind in shape.items())
    body = body.replace(" NOT NULL", " PRIMARY KEY", 1) if table in _KEYED else body
    return f"CREATE TABLE {quoted(table)} ({body}) STRICT"


def _batches(rows: Sequence[tuple[Any, ...]], whole: int) -> Iterator[tuple[Any, ...]]:
    for start in range(0, whole, _BATCH):
        yield tuple(chain.from_iterable(rows[start : start + _BATCH]))


def _refuse_equal_names(agents: Mapping[str, Kind], stressors: int) -> None:
    """Refuse stressors that share a name, which SQL compares without regard to case."""
    fixed = len(columns("agents"))
    if len({name.casefold() for name in agents}) != fixed + stressors:
        raise BadInput(
            f"the columns of the table agents, {', '.join(agents)}, need different names; "
            "rename a stressor"
        )


def _write_new(folder: Path, files: Mapping[str, str]) -> None:
    """Make the folder, its files and an empty file for the database."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise BadInput(
            f"the folder {folder} is not empty; a run needs a new or an empty one, or "
            "overwrite=True (--overwrite) in the place of another run"
        )
    (folder / DATABASE).touch(exist_ok=False)  # of two processes only one gets past this line
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def _open_to_write(path: Path, first: Sequence[str] = ()) -> sqlite3.Connection:
    return connect(path, "rw", pragmas=(*first, *_WRITING), any_thread=True)
