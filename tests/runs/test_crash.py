"""A run survives what happens to processes and disks: whole steps, or a clear message."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from econsim_mesa.errors import BadInput, EconSimError
from econsim_mesa.runs.reader import fingerprint, load_run
from econsim_mesa.runs.store import SqliteStore
from econsim_mesa.society.records import StepRecords

Fill = Callable[..., StepRecords]
Make = Callable[..., SqliteStore]

ROWS = 400
WRITER = f"""
import itertools, sys
from pathlib import Path
from econsim_mesa.domains.tables import TABLES
from econsim_mesa.runs.store import SqliteStore
from econsim_mesa.society.records import StepRecords
for number in itertools.count():
    store = SqliteStore(Path(sys.argv[1], str(number)), stressors=["hunger"], scenario_json="{{}}",
                        meta={{}}, accounts=[("H0", "household")])
    print("ready", flush=True)
    for step in range(int(sys.argv[2])):
        records = StepRecords(step, "", TABLES)
        for i in range({ROWS}):
            records["decisions"].append((step, f"H{{i}}", "household", "d", "o", "", "[]" * 50))
            records["agents"].append((step, f"H{{i}}", 1, 2, 3, 0, 0.5))
        store.commit(records)
    store.close()
"""


def kill_writer(folder: str, steps: int, seconds: float) -> None:
    """Let a process write runs of so many steps, one after another, and kill it."""
    command = [sys.executable, "-c", WRITER, folder, str(steps)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        time.sleep(seconds)
        os.kill(child.pid, signal.SIGKILL)
    assert child.returncode == -signal.SIGKILL


def whole_steps(folder: Path) -> int:
    """Check that a run has whole steps only and is one clean file; return their number."""
    run = load_run(folder)
    assert sorted(os.listdir(folder)) == ["run.sqlite", "scenario.json"]
    expected = [step for step in range(run.steps) for _ in range(ROWS)]
    assert list(run.decisions["step"]) == list(run.agents["step"]) == expected
    assert list(run.table("steps")["step"]) == list(range(run.steps))
    return run.steps


@pytest.mark.soak
def test_a_killed_run_has_whole_steps_and_leaves_no_file() -> None:
    draws = random.Random(7)
    counts = []
    for attempt in range(20):
        kill_writer(f"kill{attempt}", 10**6, draws.uniform(0.02, 0.2))
        counts.append(whole_steps(Path(f"kill{attempt}", "0")))
    assert max(counts) > 10, counts  # else the children were killed before they did anything


@pytest.mark.soak
def test_a_run_killed_while_it_begins_or_ends_is_whole_or_said_to_be_none() -> None:
    draws = random.Random(8)
    finished = 0
    problems = []
    for attempt in range(10):
        kill_writer(f"kill{attempt}", 2, draws.uniform(0.1, 0.4))
        *before, last = sorted(Path(f"kill{attempt}").iterdir(), key=lambda path: int(path.name))
        assert {whole_steps(folder) for folder in before} <= {2}
        finished += len(before)
        try:
            assert whole_steps(last) <= 2
        except BadInput as error:
            problems.append(str(error))
    assert finished >= 5
    assert all("no run" in text or "no file run.sqlite" in text for text in problems), problems


def test_a_run_killed_while_it_closes_is_whole(make_store: Make, fill: Fill) -> None:
    """The states of the files during closing, each put together as a kill would leave it."""
    store = make_store()
    for step in range(5):
        store.commit(fill(step))
    shutil.copytree("run", "before")
    content = fingerprint("run")
    store.close()
    shutil.copytree("before", "written back")  # the log is in the file, and still there too
    shutil.copy("run/run.sqlite", "written back")
    shutil.copytree("before", "index gone")
    os.remove("index gone/run.sqlite-shm")
    for folder in ("before", "index gone", "written back"):
        assert fingerprint(folder) == content
        assert sorted(os.listdir(folder)) == ["run.sqlite", "scenario.json"]


def test_a_torn_log_gives_the_steps_before_the_tear(make_store: Make, fill: Fill) -> None:
    store = make_store()
    for step in range(5):
        store.commit(fill(step, 40))
    shutil.copytree("run", "whole")
    store.close()
    size = os.path.getsize("whole/run.sqlite-wal")
    seen = set()
    for part in range(1, 20):
        shutil.copytree("whole", f"torn{part}")
        os.truncate(f"torn{part}/run.sqlite-wal", size * part // 20)
        try:
            run = load_run(f"torn{part}")
        except EconSimError:
            continue  # torn before the tables were there
        assert list(run.sales["step"]) == [s for s in range(run.steps) for _ in range(40)]
        assert len(run.agents) == len(run.posts) == 40 * run.steps
        seen.add(run.steps)
    assert seen > {1, 2, 3}


def read_all(folder: Path) -> str:
    """Read everything; return what is wrong, or nothing."""
    try:
        run = load_run(folder)
        assert list(run.sales["step"]) == [s for s in range(run.steps) for _ in range(40)]
        fingerprint(run)
        run.network()
        _ = run.calls, run.meta
    except EconSimError as error:
        return str(error)
    return ""


@pytest.fixture
def finished(make_store: Make, fill: Fill) -> bytes:
    with make_store() as store:
        for step in range(3):
            store.commit(fill(step, 40))
    return Path("run/run.sqlite").read_bytes()


def test_a_truncated_file_gives_a_clear_error(finished: bytes) -> None:
    path = Path("run/run.sqlite")
    assert read_all(path.parent) == ""
    for part in range(40):
        path.write_bytes(finished[: len(finished) * part // 40])
        message = read_all(path.parent)
        assert "run.sqlite" in message or "stopped before" in message, part


def test_a_lost_end_is_noticed_at_once(finished: bytes) -> None:
    Path("run/run.sqlite").write_bytes(finished[:-1])
    with pytest.raises(BadInput, match="its end is missing"):
        load_run("run")


def test_a_value_of_another_type_is_noticed(finished: bytes) -> None:
    with closing(sqlite3.connect("run/run.sqlite", isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET sql = replace(sql, ' STRICT', '')")
        connection.execute("PRAGMA writable_schema = RESET")
        connection.execute("UPDATE sales SET quantity = 'many' WHERE rowid = 50")
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET sql = sql || ' STRICT' WHERE sql IS NOT NULL")
    run = load_run("run")
    assert len(run.posts) == 120
    with pytest.raises(BadInput, match=r"a value of sales.quantity has a wrong type"):
        _ = run.sales
    with pytest.raises(BadInput, match=r"sales.quantity"):
        fingerprint(run)


@pytest.mark.soak
def test_flipped_bits_give_a_clear_error_or_readable_tables(finished: bytes) -> None:
    path, draws = Path("run/run.sqlite"), random.Random(3)
    messages = []
    for _ in range(200):
        damaged = bytearray(finished)
        start = draws.choice([0, draws.randrange(len(damaged) - 64)])
        for place in draws.sample(range(start, start + 64), 4):
            damaged[place] ^= 1 << draws.randrange(8)
        path.write_bytes(damaged)
        try:
            messages.append(read_all(path.parent))
        except AssertionError:  # a changed number: only the hashes of the bundle see that
            messages.append("")
        assert sorted(os.listdir(path.parent)) == ["run.sqlite", "scenario.json"]
    assert all("run" in message for message in filter(None, messages))
    assert sum(map(bool, messages)) > 50
