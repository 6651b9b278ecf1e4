"""Questions and answers of a run, in a small database beside its records."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

from econsim_mesa.errors import BadInput, EconSimError
from econsim_mesa.runs.bundle import deriving
from econsim_mesa.sqlite import connect, transaction

ASKS = "asks.sqlite"
"""Name of the file in the folder of a run."""
_APPLICATION_ID = 0x45434153  # "ECAS"
_TABLE = """
CREATE TABLE IF NOT EXISTS asks (
    asked TEXT NOT NULL, agent TEXT NOT NULL, step INTEGER NOT NULL, question TEXT NOT NULL,
    text TEXT, status TEXT NOT NULL, model TEXT NOT NULL, host TEXT NOT NULL,
    seconds REAL NOT NULL, attempts INTEGER NOT NULL, faults TEXT NOT NULL,
    input_tokens INTEGER, output_tokens INTEGER, cached_tokens INTEGER,
    system TEXT NOT NULL, prompt TEXT NOT NULL, reply TEXT
) STRICT"""


class Answer(NamedTuple):
    """What an agent answered to a question; None: not known, or none came.

    ``text`` is the answer, None if the call failed: then ``status`` says how (``timed_out``,
    ``refused``, ``unparseable``, ...). ``asked`` is the time of the machine's clock, UTC.
    ``system`` and ``prompt`` are the two messages as sent, ``reply`` the raw reply.
    """

    asked: str
    agent: str
    step: int
    question: str
    text: str | None
    status: str
    model: str
    host: str
    seconds: float
    attempts: int
    faults: str
    input_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None
    system: str
    prompt: str
    reply: str | None


def asked(folder: Path | str) -> list[Answer]:
    """Return the questions that were put to agents of a run, oldest first, with their answers.

    Raises ``BadInput``: the file is damaged.
    """
    path = Path(folder) / ASKS
    if not path.is_file():
        return []
    with _opened(path, "ro") as connection:
        names = ", ".join(Answer._fields)
        found = connection.execute(f"SELECT {names} FROM asks ORDER BY rowid").fetchall()
    return [Answer(*row) for row in found]


def keep_answer(folder: Path, answer: Answer) -> None:
    """Add an answer. Raises ``EconSimError`` if it cannot be written."""
    path = folder / ASKS
    try:
        with deriving(folder, ASKS), _opened(path, "rwc") as connection, transaction(connection):
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute(_TABLE)
            marks = ", ".join("?" * len(answer))
            names = ", ".join(Answer._fields)
            connection.execute(f"INSERT INTO asks ({names}) VALUES ({marks})", answer)
    except (BadInput, OSError) as error:
        raise EconSimError(f"the answer could not be kept: {error}") from error


@contextmanager
def _opened(path: Path, mode: Literal["ro", "rwc"]) -> Iterator[sqlite3.Connection]:
    """Open the database; it leaves no other file beside it."""
    try:
        with closing(connect(path, mode)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise BadInput(
            f"cannot use {path}: {error}; restore it from a copy, or remove it"
        ) from error
