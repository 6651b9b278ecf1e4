"""Reading a run: its tables as DataFrames, its network, and one text that identifies its content.

A finished run is opened as immutable, so that reading leaves no file behind. Each reading opens
the database and closes it again, so that a live run is never kept from finishing.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import sqlite3
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, overload

import numpy as np
from numpy.typing import NDArray

from econsim_mesa.domains.tables import TABLES
from econsim_mesa.errors import BadInput, EconSimError, UnknownName
from econsim_mesa.notebook import facts_html
from econsim_mesa.runs.soundness import (
    recover,
    refuse_cut,
    refuse_foreign,
    shapes_of,
)
from econsim_mesa.runs.store import DATABASE, MODEL, SCENARIO, in_use
from econsim_mesa.society.records import (
    AGENT_COLUMNS,
    NOT_EXPORTED,
    STORE_TABLES,
    Call,
    HouseholdStart,
    Kind,
)
from econsim_mesa.sqlite import DAMAGE, connect, damaged, quoted

if TYPE_CHECKING:
    import networkx
    import pandas

    from econsim_mesa.scenario import Scenario

_CHUNK = 2_000
_LONGEST_VALUE = 50_000_000  # bytes: more than any reply, less than what fills the memory
_NONE = type(None)
_SEEN: dict[Kind, frozenset[type]] = {
    int: frozenset({int}),
    str: frozenset({str}),
    float: frozenset({float}),
    int | None: frozenset({int, _NONE}),
    str | None: frozenset({str, _NONE}),
    float | None: frozenset({float, _NONE}),
}
"""What a sound column holds; SQLite has no checksums, so this is where damage shows."""
_DTYPES: dict[Kind, str] = {
    int: "int64",
    float: "float64",
    int | None: "Int64",
    float | None: "float64",
}


class Table:
    """A table of a run as a property: read at first use, then kept. Copy it to change it."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        record = (TABLES | STORE_TABLES).get(name)
        self.__doc__ = record.__doc__ if record else "A household at the end of a step."

    @overload
    def __get__(self, run: None, owner: type) -> Table: ...

    @overload
    def __get__(self, run: Run, owner: type) -> pandas.DataFrame: ...

    def __get__(self, run: Run | None, owner: type) -> Table | pandas.DataFrame:
        return self if run is None else run.table(self.name)


class RunTables:
    """The tables of a run on disk, finished or not, as they were when it was opened.

    ``folder`` is where it lies, ``steps`` the number of committed steps, ``meta`` what depends
    on clock and machine. Every reading may raise ``BadInput``: damaged.
    """

    def __init__(
        self,
        folder: Path,
        shapes_of: Callable[[sqlite3.Connection, Path], dict[str, dict[str, Kind]]],
    ) -> None:
        """Open a folder; ``shapes_of`` returns the columns of its tables."""
        self.folder = folder
        self._frames: dict[str, pandas.DataFrame] | None = {}
        with self._connect() as connection:
            refuse_foreign(connection, folder)
            self._shapes = shapes_of(connection, folder)
            first, self._last, count = connection.execute(
                "SELECT coalesce(min(step), 0), coalesce(max(step), -1), count(*) FROM steps"
            ).fetchone()
            refuse_cut(connection, folder)
            self.meta: dict[str, str] = dict(connection.execute("SELECT key, value FROM meta"))
        if first not in (-1, 0) or self._last - first + 1 != count:
            raise damaged(folder / DATABASE, f"its {count} steps are not numbered without gaps")
        self.steps: int = self._last + 1

    def table(self, name: str) -> pandas.DataFrame:
        """Return any table by name, ``steps`` and ``meta`` too, rows in the order they were made.

        Raises ``UnknownName``.
        """
        import pandas

        if self._frames is None:
            raise BadInput(f"the run {self.folder} is closed; load it again")
        if name not in self._shapes:
            raise UnknownName("table", name, self._shapes)
        if name not in self._frames:
            shape = self._shapes[name]
            held = self._columns(name)
            series = {
                column: pandas.Series(values, dtype=_DTYPES.get(shape[column], object))
                for column, values in zip(shape, held, strict=True)
            }
            self._frames[name] = pandas.DataFrame(series)
        return self._frames[name]

    @property
    def tables(self) -> dict[str, dict[str, Kind]]:
        """The columns of each table with their types, tables of the user's own included."""
        return {table: dict(shape) for table, shape in self._shapes.items()}

    def rows(self, table: str) -> Generator[tuple[Any, ...], None, None]:
        """Yield the rows of a table in the order in which they were made, without pandas.

        Whoever stops before the end closes the generator, and with it the file.
        """
        if table not in self._shapes:
            raise UnknownName("table", table, self._shapes)
        return self._rows(table)

    def columns_by_step(
        self, table: str, columns: Sequence[str]
    ) -> Generator[tuple[int, dict[str, NDArray[Any]]], None, None]:
        """Yield each step that a table has rows of, with some of its columns of numbers."""
        names = ("step", *columns)
        rest = {name: np.empty(0, dtype=np.int64) for name in names}
        with closing(self._chunks(table, names)) as chunks:
            for _, values in chunks:
                read = (
                    np.concatenate((old, np.array(new)))
                    for old, new in zip(rest.values(), values, strict=True)
                )
                part = dict(zip(names, read, strict=True))
                edges = [0, *(np.flatnonzero(np.diff(part["step"])) + 1).tolist()]
                for begin, end in itertools.pairwise(edges):
                    here = {name: part[name][begin:end] for name in columns}
                    yield int(part["step"][begin]), here
                rest = {name: column[edges[-1] :] for name, column in part.items()}
        if len(rest["step"]):
            yield int(rest["step"][0]), {name: rest[name] for name in columns}

    def fields(self, table: str) -> list[str]:
        """Return the names of a table's columns."""
        return list(self._shapes[table])

    def row_counts(self) -> dict[str, int]:
        """Return the number of rows of each table by now, without reading the rows.

        Rows are only ever added, so that their numbers have no gaps.
        """
        counts = ", ".join(
            f"(SELECT coalesce(max(rowid) - min(rowid) + 1, 0) FROM {quoted(name)})"
            for name in self._shapes
        )
        (row,) = self.select(f"SELECT {counts}")
        return dict(zip(self._shapes, row, strict=True))

    def select(
        self, query: str, values: Sequence[Any] | Mapping[str, Any] = ()
    ) -> list[tuple[Any, ...]]:
        """Return the rows of a SQL query, without pandas; ``values`` stand for its marks.

        ``DatabaseError``s are ``BadInput``.
        """
        with self._connect() as connection:
            return connection.execute(query, values).fetchall()

    def close(self) -> None:
        """Forget the tables; the files are open only while they are read."""
        self._frames = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {str(self.folder)!r}: {self.steps} steps>"

    def export(self) -> Iterator[str]:
        """Yield the content as lines of text: all tables but ``meta`` and ``calls``.

        A table begins with a line of its name and columns; a row is a JSON array. Equal content
        gives equal bytes.
        """
        encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
        for name, shape in self._shapes.items():
            if name not in NOT_EXPORTED:
                yield f"table {name} {encode(list(shape))}"
                yield from map(encode, self._rows(name))

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        """Open the database for one reading; what SQLite finds wrong becomes ``BadInput``."""
        path = self.folder / DATABASE
        try:
            with closing(connect(path, immutable=not in_use(path.parent))) as opened:
                opened.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
                yield opened
        except DAMAGE as error:
            raise damaged(path, error) from error

    def _chunks(
        self, table: str, columns: Sequence[str] = ()
    ) -> Generator[tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]], None, None]:
        """Yield part after part of a table, as rows and as columns, to the step last at opening.

        ``columns`` are those read, none: all of them.
        """
        all_columns = self._shapes[table]
        shape = {name: all_columns[name] for name in columns or all_columns}
        names = ", ".join(map(quoted, shape))
        later = f"typeof(step) = 'integer' AND step > {self._last}"  # damaged rows stay in sight
        bound = "step" in all_columns and table != "calls"  # a call may stay, its step be lost
        until = f"WHERE NOT ({later})" if bound else ""
        with self._connect() as connection:
            cursor = connection.execute(f"SELECT {names} FROM {table} {until} ORDER BY rowid")
            while rows := cursor.fetchmany(_CHUNK):
                by_column = list(zip(*rows, strict=True))
                for (name, kind), values in zip(shape.items(), by_column, strict=True):
                    if not _SEEN[kind].issuperset(map(type, values)):
                        raise damaged(
                            self.folder / DATABASE, f"a value of {table}.{name} has a wrong type"
                        )
                yield rows, by_column

    def _rows(self, table: str) -> Generator[tuple[Any, ...], None, None]:
        with closing(self._chunks(table)) as chunks:
            for rows, _ in chunks:
                yield from rows

    def _columns(self, table: str) -> list[list[Any]]:
        """Return the values of each column; texts that are equal are one object."""
        kinds = self._shapes[table].values()
        held: list[list[Any]] = [[] for _ in kinds]
        known: dict[Any, Any] = {}
        for _, columns in self._chunks(table):
            for kind, column, values in zip(kinds, held, columns, strict=True):
                texts = kind in (str, str | None)
                column.extend(map(known.setdefault, values, values) if texts else values)
        return held


class Run(RunTables):
    """A run of a town on disk, finished or not, as it was when it was opened.

    ``folder`` is where it lies, ``steps`` the number of committed steps, ``meta`` what depends
    on clock and machine. Made by ``load_run``. Every reading may raise ``BadInput``: damaged.
    """

    decisions, rejections, orders, sales, swaps = Table(), Table(), Table(), Table(), Table()
    consumption, transfers, posts, shown, follows = Table(), Table(), Table(), Table(), Table()
    prices, stores, stocks, events, inputs = Table(), Table(), Table(), Table(), Table()
    households, payments, agents = Table(), Table(), Table()
    accounts, calls = Table(), Table()

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, shapes_of)
        self._scenario: Scenario | None = None

    @property
    def scenario(self) -> Scenario:
        """The scenario of the run, every default written out."""
        if self._scenario is None:
            from econsim_mesa.scenario import recorded_scenario

            self._scenario = recorded_scenario(self.folder / SCENARIO, resolved=True)
        return self._scenario

    @property
    def planned_steps(self) -> int:
        """The number of steps that the run is to have, as its last change of settings says."""
        planned = self.scenario.steps
        for _, kind, content in self._rows("inputs"):
            if kind == "settings":
                planned = json.loads(content).get("steps", planned)
        return int(planned)

    @property
    def stressors(self) -> tuple[str, ...]:
        """The names of the stressors: the last columns of ``agents``."""
        return tuple(self._shapes["agents"])[len(AGENT_COLUMNS) :]

    def __getattr__(self, name: str) -> pandas.DataFrame:
        """Return the table of a domain of the user's own, as ``run.loans``."""
        if name in self.__dict__.get("_shapes", ()):
            return self.table(name)
        raise AttributeError(f"a run has no {name!r}")

    @property
    def forked_at(self) -> int:
        """The first step of its own: what stands before it was copied from its parent; 0: all."""
        return int(self.meta.get("forked_at", 0))

    def calls_of(self, agent: str, step: int) -> list[Call]:
        """Return the calls of one agent in one step, in the order in which they ended."""
        names = ", ".join(map(quoted, self._shapes["calls"]))
        with self._connect() as connection:
            found = connection.execute(
                f"SELECT {names} FROM calls WHERE step = ? AND agent = ? ORDER BY rowid",
                (step, agent),
            ).fetchall()
        return [Call(*row) for row in found]

    def network(self, step: int | None = None) -> networkx.DiGraph[str]:
        """Return who follows whom after ``step``; None: at the end; -1: at the start.

        An edge goes from the follower to the followed. Nodes are the names of all agents that may
        post. Their attributes are

        - ``kind``;
        - of households ``home_x`` and ``home_y`` (their home's cell), ``trait_NAME`` (the level of
          each trait of their persona, from 0), ``persona_name`` and ``persona_text`` where they
          have them, and what ``agents`` holds of them after the step: ``x``, ``y``, ``cash``,
          ``asleep`` (1: yes) and the level of each stressor; before step 0 there is none of that;
        - of stores, and of a domain's agents that have a place, ``x`` and ``y``.

        Homes and personas are those of the table ``households``, which older runs lack. Stores are
        known where the scenario of the run can be read, which needs the user's own parts that it
        names. Raises ``BadInput`` for a step that is not in the run.
        """
        import networkx

        last = self._last if step is None else step
        if not hasattr(last, "__index__") or not -1 <= last <= self._last:
            raise BadInput(f"the run {self.folder} has no step {step!r}; it has -1 to {self._last}")
        graph: networkx.DiGraph[str] = networkx.DiGraph()
        for _, name, kind in self._rows("accounts"):
            graph.add_node(name, kind=kind)
        for name, attributes in itertools.chain(self._at_start(), self._after(int(last))):
            graph.add_node(name, **attributes)
        for at, follower, followed, change in self._rows("follows"):
            if at > last:
                break
            if change > 0:
                graph.add_edge(follower, followed)
            elif graph.has_edge(follower, followed):
                graph.remove_edge(follower, followed)
        return graph

    def _at_start(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield households with their homes and personas, and all others that have a place."""
        for row in self._rows("households") if "households" in self._shapes else ():
            start = HouseholdStart(*row)
            try:
                persona = json.loads(start.persona)
                traits = {
                    f"trait_{name}": level for name, level in persona.pop("traits", {}).items()
                }
                said = {f"persona_{key}": text for key, text in persona.items()}
            except (ValueError, AttributeError) as error:
                message = f"the persona of {start.household} is none ({error})"
                raise damaged(self.folder / DATABASE, message) from error
            homes = {"home_x": start.home_x, "home_y": start.home_y}
            yield start.household, {**homes, **traits, **said}
        try:
            scenario = self.scenario
        except EconSimError:
            return
        stores = ((name, spec.at) for _, name, spec in scenario.agents.stores())
        agents = itertools.chain.from_iterable(scenario.domain_agents().values())
        for name, at in (*stores, *((agent.name, agent.at) for agent in agents)):
            if at is not None:
                yield name, {"x": at[0], "y": at[1]}

    def _after(self, step: int) -> Iterator[tuple[str, Mapping[str, int | float | str]]]:
        """Yield each household with its row of ``agents`` after a step, without the other rows.

        A step adds a row for each household, so that the number of a row says its step.
        """
        names = list(self._shapes["agents"])
        columns = ", ".join(map(quoted, names))
        (households,) = self.select("SELECT count(*) FROM accounts WHERE kind = 'Household'")[0]
        query = f"SELECT {columns} FROM agents WHERE rowid > ? AND rowid <= ? AND step = ?"
        for row in self.select(query, (step * households, (step + 1) * households, step)):
            held = dict(zip(names, row, strict=True))
            del held["step"]
            yield held.pop("agent"), held

    def _repr_html_(self) -> str:
        """Return what a notebook shows of it; only what is read at little cost."""
        from econsim_mesa.runs.summary import facts_of

        return facts_html(facts_of(self))


def load_run(folder: Path | str) -> Run:
    """Open a run folder for reading.

    What a killed process left beside the database is put in order first, if nobody uses it. A
    run that goes on is seen as it is now. Raises ``BadInput``: not a run, of another version,
    damaged.
    """
    folder = ready_to_read(folder)
    if (folder / MODEL).is_file():
        raise BadInput(
            f"{folder} holds the run of a Mesa model, not of a town; read it by load_run of "
            "econsim_mesa.toolkit"
        )
    return Run(folder)


def ready_to_read(folder: Path | str) -> Path:
    """Return a folder that holds a run, in order. Raises ``BadInput``, see ``load_run``."""
    folder = Path(folder)
    path = folder / DATABASE
    try:
        if not folder.is_dir():
            raise BadInput(f"there is no folder {folder}; give the folder of a run")
        if not path.is_file():
            raise BadInput(f"{folder} is not the folder of a run: it has no file {DATABASE}")
        if in_use(path.parent):
            recover(path)
    except OSError as error:
        raise BadInput(f"cannot read {folder}: {error}") from error
    except DAMAGE as error:
        raise damaged(path, error) from error
    return folder


def export_text(run: Run | Path | str) -> Iterator[str]:
    """Yield the content of a run as lines of text, see ``Run.export``."""
    return (run if isinstance(run, Run) else load_run(run)).export()


def fingerprint(run: Run | Path | str) -> str:
    """Return the SHA-256, in hexadecimal, of the content of a run: of its export's lines."""
    digest = hashlib.sha256()
    for line in export_text(run):
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()
