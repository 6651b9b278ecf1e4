"""SQLite files: how they are opened, written whole or not at all, and called damaged."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from econsim_mesa.errors import BadInput

DAMAGE = (sqlite3.Error, UnicodeDecodeError)
"""What reading a damaged file raises; the latter: a message of SQLite quotes damaged bytes."""


def connect(
    path: Path,
    mode: Literal["ro", "rw", "rwc"] = "ro",
    *,
    pragmas: Sequence[str] = (),
    immutable: bool = False,
    any_thread: bool = False,
    timeout_seconds: float = 5.0,
) -> sqlite3.Connection:
    """Open a database in autocommit mode: only ``transaction`` groups statements.

    Args:
        path: the file.
        mode: read only, read and write, or that and make the file if it is not there.
        pragmas: settings such as ``synchronous = OFF``, made in this order.
        immutable: nobody writes to the file, so that no lock and no log is looked for.
        any_thread: whether threads other than this one use the connection too, by turns.
        timeout_seconds: how long to wait for a lock that somebody else holds.

    Raises:
        sqlite3.Error: it cannot be opened.
    """
    uri = f"{path.absolute().as_uri()}?mode={mode}{'&immutable=1' if immutable else ''}"
    connection = sqlite3.connect(
        uri,
        uri=True,
        isolation_level=None,
        timeout=timeout_seconds,
        check_same_thread=not any_thread,
    )
    try:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit what the block writes, or nothing of it if the block raises."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def quoted(name: str) -> str:
    """Return the name of a table or a column as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def has_log(path: Path) -> bool:
    """Whether a log or a journal lies beside a database: it is in use, or its writer was killed."""
    return any(path.with_name(path.name + end).exists() for end in ("-wal", "-journal"))


def leave_log_mode(connection: sqlite3.Connection, patience_seconds: float) -> None:
    """Write the write-ahead log back into the database and remove it.

    Waits so long for readers of the file to finish. If they take longer, the log stays: the next
    who opens the file to write does this then.
    """
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode = DELETE")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            if time.monotonic() > deadline:
                return
        time.sleep(0.02)


def damaged(path: Path, what: object) -> BadInput:
    """Return the error for a database that is not as it was written."""
    return BadInput(f"cannot read {path}: {what}; restore it from a copy")
