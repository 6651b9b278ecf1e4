"""A database is written whole or not at all, and read without leaving a trace."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from econsim_mesa.sqlite import DAMAGE, connect, has_log, leave_log_mode, quoted, transaction


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a database of one row, in a folder whose name an address must escape."""
    path = tmp_path / "50% of it?" / "a.sqlite"
    path.parent.mkdir()
    with closing(connect(path, "rwc")) as connection, transaction(connection):
        connection.execute("CREATE TABLE t (n INTEGER)")
        connection.execute("INSERT INTO t VALUES (1)")
    return path


def rows(path: Path) -> list[tuple[int]]:
    with closing(connect(path)) as connection:
        return connection.execute("SELECT n FROM t").fetchall()


def test_a_block_that_raises_leaves_nothing(path: Path) -> None:
    with closing(connect(path, "rw")) as connection:
        with pytest.raises(sqlite3.ProgrammingError), transaction(connection):
            connection.executemany("INSERT INTO t VALUES (?)", [(2,), ()])  # the second has no n
        with transaction(connection):
            connection.execute("INSERT INTO t VALUES (3)")
    assert rows(path) == [(1,), (3,)]


def test_a_statement_alone_is_written_at_once(path: Path) -> None:
    with closing(connect(path, "rw")) as connection:
        connection.execute("INSERT INTO t VALUES (2)")
        assert rows(path) == [(1,), (2,)]


def test_who_reads_cannot_write_nor_make_a_file(path: Path) -> None:
    with closing(connect(path)) as connection, pytest.raises(DAMAGE, match="readonly"):
        connection.execute("INSERT INTO t VALUES (2)")
    with pytest.raises(sqlite3.OperationalError):
        connect(path.with_name("absent"))
    with pytest.raises(sqlite3.OperationalError):
        connect(path.with_name("absent"), "rw")
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_log_goes_when_it_is_left_and_stays_while_somebody_reads(path: Path) -> None:
    with closing(connect(path, "rw", pragmas=["journal_mode = WAL"])) as writer:
        writer.execute("INSERT INTO t VALUES (2)")
        with closing(connect(path)) as reader:
            assert reader.execute("SELECT count(*) FROM t").fetchone() == (2,)
            leave_log_mode(writer, patience_seconds=0)
            assert has_log(path)
        leave_log_mode(writer, patience_seconds=5)
        assert not has_log(path)


def test_a_file_that_cannot_be_set_up_is_not_held_open(path: Path) -> None:
    path.write_bytes(b"no database" * 100)
    with pytest.raises(DAMAGE, match="not a database"):
        connect(path, "rw", pragmas=["journal_mode = WAL"])
    path.unlink()  # on Windows this fails for a file that is open


def test_a_name_is_quoted_for_sql() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        name = 'a "b" c'
        connection.execute(f"CREATE TABLE t ({quoted(name)} INTEGER)")
        assert [row[1] for row in connection.execute("PRAGMA table_info(t)")] == [name]
