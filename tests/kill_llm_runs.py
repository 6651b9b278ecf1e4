"""Kill runs by a language model at random moments: each is resumed as if nothing had happened.

``python tests/kill_llm_runs.py`` makes one run that is never killed, against a deterministic
server, then 50 that are killed with SIGKILL: at a random time between their first step and
their end, or, every fifth, at a planned place that a clock rarely hits: all replies of a step
kept and nothing committed, all rows of a step written and not committed, one reply of several
kept, the end but not the table. Each is resumed with ``econsim resume``: its records must be
identical with those of the run that was never killed, and the server must have been asked for
no reply that was kept already. Exit code 0 only if all are.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, NamedTuple

from econsim_mesa.cli import main as main_of_econsim
from econsim_mesa.mock import Latency, MockServer
from econsim_mesa.runs.bundle import seal
from econsim_mesa.runs.reader import fingerprint, load_run
from econsim_mesa.runs.store import SqliteStore

KILLS, AT_ONCE, SEED = 50, 4, 4
HOUSEHOLDS, STEPS = 6, 12
LATENCY = Latency("lognormal", 0.03, 0.6)
SECONDS = 120
PLACES = ("before the commit", "within the commit", "after a reply", "before the table")
FORKS = multiprocessing.get_context("forkserver")
"""Processes that begin with these modules imported: that takes longer than what they do here."""
FORKS.set_forkserver_preload(
    [
        "econsim_mesa.cli.app",
        "econsim_mesa.runs.recorder",
        "econsim_mesa.deciders.llm",
        "econsim_mesa.llm.http_transport",
        "econsim_mesa.mock",
        "econsim_mesa.society.model",
        "econsim_mesa.runs.summary",
        "econsim_mesa.runs.resume",
    ]
)

_ASKING = threading.Lock()
"""Starting a process asks all others for their exit codes, each of which can be read once."""

Command = Callable[..., tuple[int | None, str]]


class Whole(NamedTuple):
    """The run that was never killed."""

    fingerprint: str
    calls: int
    seconds: float  #: from its first sign to its end


class Kill(NamedTuple):
    """Where a run is killed: at a share of its time, or at a place in a step."""

    number: int
    share: float
    place: str | None = None
    step: int = 0
    replies: int = 1


def main() -> int:
    """Kill and resume all runs; say how many came out identical."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="econsim-kills-") as name:
        folder = Path(name)
        whole = never_killed(folder)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            wrong = list(pool.map(lambda kill: killed(kill, folder, whole), kills(KILLS)))
    for what in filter(None, wrong):
        print(what)
    same = sum(not what for what in wrong)
    print(f"{same} of {KILLS} resumed identical in {time.monotonic() - began:.0f} s")
    return 0 if same == KILLS else 1


def kills(count: int, seed: int = SEED) -> list[Kill]:
    """Return so many kills; every fifth is planned."""
    luck = random.Random(seed)
    found = []
    for number in range(count):
        share, step = luck.random(), luck.randrange(STEPS)
        place = luck.choice(PLACES) if number % 5 == 4 else None
        found.append(Kill(number, share, place, step, luck.randint(1, HOUSEHOLDS)))
    return found


def never_killed(folder: Path) -> Whole:
    """Return what a run makes that is left alone."""
    with MockServer(latency=LATENCY) as server:
        process = Started(_run_words(server, folder / "whole"))
        _first_sign(folder / "whole", process)
        began = time.monotonic()
        if process.end() != 0:
            raise SystemExit(f"a run failed: {process.said}")
        calls = server.stats()["requests"]
        return Whole(fingerprint(folder / "whole"), calls, time.monotonic() - began)


def killed(kill: Kill, folder: Path, whole: Whole, go_on: Command | None = None) -> str:
    """Kill one run and resume it; return what is wrong with it: nothing, if all is well.

    ``go_on`` carries out a command line and returns its exit code and its errors; without it
    that is a process of its own.
    """
    out = folder / f"run-{kill.number}"
    with MockServer(latency=LATENCY) as server:
        _kill(kill, out, whole, server)
        steps, kept = _left(out)
        asked = _asked(server)
        code, errors = (go_on or _econsim)("resume", str(out))
        again = server.stats()["requests"] - asked
    where = f"kill {kill.number} ({kill.place or 'by the clock'}, {steps} steps, {len(kept)} kept)"
    if code != 0:
        return f"{where}: resume ended with {code}: {errors.strip()}"
    if not (out / "summary.json").exists() or load_run(out).meta["status"] != "finished":
        return f"{where}: it has no end"
    if fingerprint(out) != whole.fingerprint:
        return f"{where}: the records differ"
    if again != whole.calls - len(kept):
        return f"{where}: {again} calls after it, not {whole.calls - len(kept)}"
    calls = list(load_run(out).rows("calls"))
    keys = {row[3] for row in calls}
    if len(calls) != whole.calls or len(keys) != whole.calls or not kept <= keys:
        return f"{where}: {len(calls)} calls are on record with {len(keys)} keys"
    return ""


def _kill(kill: Kill, out: Path, whole: Whole, server: MockServer) -> None:
    """Start a run and kill it; by the clock it is tried again, earlier, where it was too late."""
    if kill.place is not None:
        process = Started(_run_words(server, out), kill)
        if process.end() != -signal.SIGKILL:
            raise SystemExit(f"{kill} was not carried out: {process.exit_code} {process.said}")
        return
    process = Started(_run_words(server, out))
    _first_sign(out, process)
    time.sleep(kill.share * 0.95 * whole.seconds)
    process.kill()
    if process.end() != -signal.SIGKILL or _is_complete(out):
        out.rename(out.with_name(f"{out.name}-{kill.share}"))
        _kill(kill._replace(share=kill.share * 0.8), out, whole, server)


def _is_complete(out: Path) -> bool:
    """Whether a run had nothing left to do when it was killed, on its way out."""
    return (out / "summary.json").exists() and load_run(out).meta["status"] == "finished"


def _left(out: Path) -> tuple[int, set[str]]:
    """Return what a killed run holds: whole steps, and keys of the replies kept.

    Read from a copy, so that ``resume`` finds what the kill left.
    """
    with tempfile.TemporaryDirectory() as name:
        for part in out.glob("run.sqlite*"):
            (Path(name) / part.name).write_bytes(part.read_bytes())
        with closing(sqlite3.connect(Path(name) / "run.sqlite")) as opened:
            (steps,) = opened.execute("SELECT count(*) FROM steps WHERE step >= 0").fetchone()
            keys = opened.execute("SELECT key FROM calls WHERE status = 'ok'").fetchall()
    return steps, {key for (key,) in keys}


def _asked(server: MockServer) -> int:
    """Return the requests that reached a server, when the last of a dead client is over."""
    last: dict[str, Any] = {}
    while not last or last["in_flight"]:
        time.sleep(0.1)
        last = server.stats()
    return int(last["requests"])


def _run_words(server: MockServer, out: Path) -> list[str]:
    town = {"agents.Household.count": HOUSEHOLDS, "llm.client": "direct"}
    return [
        "run", "pizza_place", "--decider", "llm", "--model", "mock",
        "--base-url", server.base_url, "--steps", str(STEPS), "--quiet", "--out", str(out),
        *(word for key, value in town.items() for word in ("--set", f"{key}={json.dumps(value)}")),
    ]  # fmt: skip


class Started:
    """``econsim WORDS`` in a process of its own, which dies by itself where a kill is planned."""

    def __init__(self, words: Sequence[str], kill: Kill | None = None) -> None:
        descriptor, name = tempfile.mkstemp(prefix="econsim-said-")
        os.close(descriptor)
        self._file, self.said = Path(name), ""
        told = list(words), name, kill
        self._process = FORKS.Process(target=_be_econsim, args=told, daemon=True)
        with _ASKING:
            self._process.start()

    @property
    def exit_code(self) -> int | None:
        """The exit code; minus the signal that killed it; None while it lives."""
        with _ASKING:
            return self._process.exitcode

    def kill(self) -> None:
        """Send SIGKILL."""
        self._process.kill()

    def end(self) -> int | None:
        """Wait for its end and return its exit code; ``said`` is then what it printed."""
        wait([self._process.sentinel], SECONDS)
        self.said = self._file.read_text(encoding="utf-8")
        self._file.unlink()
        return self.exit_code


def _be_econsim(words: list[str], said: str, kill: Kill | None) -> None:
    """Carry out a command line in this process; all that it prints goes to a file."""
    with open(said, "wb") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    if kill is not None:
        _die_as_planned(kill)
    sys.exit(main_of_econsim(words))


def _die_as_planned(kill: Kill) -> None:
    """Make this process kill itself at a place in a step."""
    commit, insert, keep, left = (
        SqliteStore.commit, SqliteStore._insert, SqliteStore.keep, [kill.replies]
    )  # fmt: skip

    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def committing(self: SqliteStore, records: Any) -> None:
        if kill.place == "before the commit" and records.step == kill.step:
            die()
        commit(self, records)

    def inserting(self: SqliteStore, connection: Any, table: str, rows: Any) -> None:
        insert(self, connection, table, rows)
        if kill.place == "within the commit" and table == "steps" and rows[0][0] == kill.step:
            die()

    def keeping(self: SqliteStore, call: Any) -> None:
        keep(self, call)
        if kill.place == "after a reply" and call.step == kill.step:
            left[0] -= 1
            if not left[0]:
                die()

    if kill.place == "before the table":
        seal.summarize = die
    SqliteStore.commit, SqliteStore._insert, SqliteStore.keep = committing, inserting, keeping


def _first_sign(out: Path, process: Started) -> None:
    """Wait until a run is on disk as it stands before its first step."""
    while not _is_begun(out / "run.sqlite"):
        if process.exit_code is not None:
            raise SystemExit(f"a run ended before it began: {process.end()} {process.said}")
        time.sleep(0.005)


def _is_begun(database: Path) -> bool:
    """Whether a database, which another process writes, holds the state before step 0."""
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as opened:
            return bool(opened.execute("SELECT count(*) FROM steps").fetchone()[0])
    except sqlite3.Error:  # there is no file yet, or no table
        return False


def _econsim(*words: str) -> tuple[int | None, str]:
    process = Started(words)
    return process.end(), process.said


if __name__ == "__main__":
    sys.exit(main())
