"""Whether a run's database is as it was written.

What is foreign, cut short, strange or damaged is refused with ``BadInput``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from econsim_mesa.domains.tables import LATER, TABLES, added, columns
from econsim_mesa.errors import BadInput, NotInstalled
from econsim_mesa.runs.store import (
    APPLICATION_ID,
    DATABASE,
    FORMAT,
    OWN_TABLES,
    in_use,
    shapes_in,
    table_sql,
)
from econsim_mesa.society.records import AGENT_COLUMNS, STORE_TABLES, Kind
from econsim_mesa.sqlite import connect, damaged


def recover(path: Path) -> None:
    """Let SQLite take up what a killed process left, which makes it one file again.

    Nothing changes while another process or thread has it open, or if it may not be written.
    """
    try:
        with closing(connect(path, "rw", timeout_seconds=0)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            connection.execute("PRAGMA journal_mode = DELETE").fetchone()
    except sqlite3.OperationalError:
        return


def refuse_foreign(connection: sqlite3.Connection, folder: Path) -> None:
    """Refuse a database that is not ours, is of another version, or holds no tables yet."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if not tables:
        raise BadInput(f"{folder} holds no run: it was stopped before its first step; delete it")
    if application != APPLICATION_ID:
        raise BadInput(f"{folder / DATABASE} was not written by econsim: give the folder of a run")
    if version != FORMAT:
        raise NotInstalled(
            f"{folder / DATABASE} has format {version}, and this version reads format {FORMAT}; "
            "read it with the version that wrote it (see its table meta)"
        )


def refuse_cut(connection: sqlite3.Connection, folder: Path) -> None:
    """Refuse a finished file that lost its end; SQLite reads a page cut short as zeros."""
    path = folder / DATABASE
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    if path.stat().st_size < pages * size and not in_use(path.parent):
        raise damaged(path, "its end is missing")


def shapes_of(connection: sqlite3.Connection, folder: Path) -> dict[str, dict[str, Kind]]:
    """Return the columns of all tables that a run has.

    Those of ``agents`` say which stressors there are.
    """
    shapes = own_tables(connection, folder)
    for table in (*STORE_TABLES, *TABLES, "agents"):
        found = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        if table in LATER and not found:
            continue
        shape = list(columns(table, found[len(AGENT_COLUMNS) :]).items())
        shapes[table] = dict(shape[: max(len(found), len(shape) - added(table))])
        if list(shapes[table]) != found:
            raise damaged(folder / DATABASE, f"its table {table} has the columns {found}")
    refuse_strange(connection, folder, shapes)
    return shapes


def own_tables(connection: sqlite3.Connection, folder: Path) -> dict[str, dict[str, Kind]]:
    """Return the columns of the tables that are none of a town's, as ``meta`` has them."""
    found = connection.execute("SELECT value FROM meta WHERE key = ?", (OWN_TABLES,)).fetchone()
    if found is None:
        return {}
    try:
        return shapes_in(found[0])
    except (ValueError, KeyError, AttributeError) as error:
        message = f"the entry {OWN_TABLES} of meta says no columns ({error})"
        raise damaged(folder / DATABASE, message) from error


def refuse_strange(
    connection: sqlite3.Connection, folder: Path, shapes: Mapping[str, Mapping[str, Kind]]
) -> None:
    """Refuse whatever the store did not make: a view or a trigger may do anything when read."""
    made = {table: table_sql(table, shape) for table, shape in shapes.items()}
    for name, sql in connection.execute("SELECT name, sql FROM sqlite_master"):
        if sql is not None and made.get(name) != sql:
            raise damaged(folder / DATABASE, f"its {name!r} was not made by econsim")
