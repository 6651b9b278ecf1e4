"""Steps reach the disk whole and in order, or not at all."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from econsim_mesa.domains.tables import TABLES
from econsim_mesa.errors import BadInput, EconSimError
from econsim_mesa.runs.reader import load_run
from econsim_mesa.runs.store import SqliteStore
from econsim_mesa.society.records import Call, StepRecords

Fill = Callable[..., StepRecords]
Make = Callable[..., SqliteStore]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("rows", [1, 24, 25, 26, 137])
def test_every_row_is_written_in_order(make_store: Make, fill: Fill, rows: int) -> None:
    with make_store() as store:
        store.commit(fill(0, rows))
        store.commit(fill(1, rows))
    with closing(sqlite3.connect(store.folder / "run.sqlite")) as connection:
        for table in [*TABLES, "agents"]:
            expected = fill(0, rows)[table] + fill(1, rows)[table]
            assert connection.execute(f"SELECT * FROM {table}").fetchall() == expected


def test_a_closed_run_is_two_files(make_store: Make, fill: Fill) -> None:
    store = make_store()
    store.commit(fill(-1))
    store.commit(fill(0))
    assert "run.sqlite-wal" in names(store.folder)
    store.close()
    store.close()
    assert names(store.folder) == ["run.sqlite", "scenario.json"]
    header = (store.folder / "run.sqlite").read_bytes()[:20]
    assert header[18:] == bytes([1, 1])  # not in log mode: any SQLite reads it without a trace
    assert json.loads((store.folder / "scenario.json").read_bytes()) == {"name": "é"}
    with pytest.raises(EconSimError, match="closed"):
        store.commit(fill(1))


def planted(records: StepRecords, table: str, value: object) -> StepRecords:
    records[table].append((*records[table][0][:-1], value))
    return records


@pytest.mark.parametrize(
    ("table", "value"),
    [
        ("inputs", None),
        ("agents", "x"),
        ("agents", float("nan")),
        ("sales", np.int64(3)),
        ("sales", 2**63),
        ("sales", 1.5),
        ("events", "\ud800"),
        ("inputs", object()),
    ],
)
def test_what_cannot_be_written_leaves_nothing_of_its_step(
    make_store: Make, fill: Fill, table: str, value: object
) -> None:
    with make_store() as store:
        store.commit(fill(0))
        with pytest.raises(EconSimError, match=f"table {table} of step 1 .*steps before"):
            store.commit(planted(fill(1, 60), table, value))
        store.commit(fill(1))
    run = load_run(store.folder)
    assert run.steps == 2
    assert {name: len(run.table(name)) for name in ("agents", "decisions", "inputs")} == {
        "agents": 6,
        "decisions": 6,
        "inputs": 6,
    }


def test_an_interrupt_in_a_step_leaves_nothing_of_it(make_store: Make, fill: Fill) -> None:
    class Rows(list[tuple[Any, ...]]):
        def __getitem__(self, index: Any) -> Any:
            if index.start:
                raise KeyboardInterrupt
            return super().__getitem__(index)

    with make_store() as store:
        store.commit(fill(0))
        records = fill(1, 60)
        records.rows["stocks"] = Rows(records.rows["stocks"])
        with pytest.raises(KeyboardInterrupt):
            store.commit(records)
    run = load_run(store.folder)
    assert (run.steps, len(run.decisions), len(run.stocks)) == (1, 3, 3)


@pytest.mark.parametrize("before", [[], [0], [-1], [-1, 0, 1]])
def test_steps_follow_one_another(make_store: Make, fill: Fill, before: list[int]) -> None:
    with make_store() as store:
        for step in before:
            store.commit(fill(step))
        following = before[-1] + 1 if before else 0
        for step in {-2, -1, 0, 1, 2, 3} - {following} - ({-1} if not before else set()):
            with pytest.raises(EconSimError, match=f"the next is {following}"):
                store.commit(fill(step))
        store.commit(fill(following))


def test_an_unknown_table_is_refused(make_store: Make) -> None:
    records = StepRecords(0, "", TABLES)
    records.rows["sails"] = [(0,)]
    with make_store() as store, pytest.raises(EconSimError, match="sails"):
        store.commit(records)


def test_a_row_too_short_is_refused(make_store: Make) -> None:
    records = StepRecords(0, "", TABLES)
    records["sales"].append((0, "Pizza"))
    with make_store() as store, pytest.raises(EconSimError, match="table sales"):
        store.commit(records)


def test_steps_may_be_committed_from_another_thread(make_store: Make, fill: Fill) -> None:
    with make_store() as store:
        thread = threading.Thread(target=store.commit, args=(fill(0),))
        thread.start()
        thread.join()
    assert load_run(store.folder).steps == 1


def test_a_folder_in_use_is_refused(make_store: Make, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "notes.txt").write_text("mine")
    with pytest.raises(BadInput, match="not empty"):
        make_store()
    assert names(tmp_path / "run") == ["notes.txt"]


def test_a_file_in_the_place_of_the_folder_is_refused(make_store: Make, tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")
    with pytest.raises(BadInput, match="cannot create the run folder"):
        make_store()


def test_an_empty_folder_is_taken(make_store: Make, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    make_store().close()
    assert load_run(tmp_path / "run").steps == 0


@pytest.mark.parametrize("stressors", [["a", "A"], ["x"], ["hunger", "hunger"]])
def test_stressors_need_names_of_their_own(make_store: Make, stressors: list[str]) -> None:
    with pytest.raises(BadInput, match="rename a stressor"):
        make_store(stressors=stressors)


def test_a_stressor_may_have_any_name(make_store: Make, tmp_path: Path) -> None:
    odd = ('a"b', "select", "ö; drop")
    make_store("odd", stressors=odd).close()
    assert load_run(tmp_path / "odd").stressors == odd


def test_a_reader_that_stays_does_not_break_closing(
    make_store: Make, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("econsim_mesa.runs.store.CLOSING_SECONDS", 0.1)
    store = make_store()
    store.commit(fill(0))
    with closing(sqlite3.connect(store.folder / "run.sqlite")) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM sales").fetchone()
        store.close()
    assert load_run(store.folder).steps == 1
    assert names(store.folder) == ["run.sqlite", "scenario.json"]


def test_writing_does_not_load_pandas() -> None:
    code = (
        "import sys, econsim_mesa.society.records, econsim_mesa.runs.store;"
        "sys.exit(str({'pandas', 'networkx', 'numpy', 'mesa'} & set(sys.modules) or ''))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""


def call_of(step: int, number: int, reply: str | None = "{}") -> Call:
    key = f"{number:064x}"
    return Call(step, f"H{number}", 0, key, "ok", "p", reply, "m", 0.2, 1, "", 9, 9, 0, "h:1")


def kept(folder: Path) -> list[tuple[int, str]]:
    with closing(sqlite3.connect(f"file:{folder / 'run.sqlite'}?mode=ro", uri=True)) as other:
        return other.execute("SELECT step, agent FROM calls ORDER BY rowid").fetchall()


def test_a_call_is_there_at_once_without_its_step(make_store: Make, fill: Fill) -> None:
    with make_store() as store:
        store.commit(fill(0))
        store.keep(call_of(1, 4))
        assert kept(store.folder) == [(1, "H4")]
        assert load_run(store.folder).calls["step"].tolist() == [1]  # though step 1 is not there
        store.commit(fill(1))
        assert load_run(store.folder).calls["agent"].tolist() == ["H4"]
    with pytest.raises(EconSimError, match="closed"):
        store.keep(call_of(2, 0))


def test_calls_of_many_threads_are_all_kept(make_store: Make, fill: Fill) -> None:
    with make_store() as store:

        def work(thread: int) -> None:
            for number in range(50):
                store.keep(call_of(0, 50 * thread + number))

        threads = [threading.Thread(target=work, args=(thread,)) for thread in range(8)]
        for thread in threads:
            thread.start()
        store.commit(fill(0, 500))
        for thread in threads:
            thread.join()
    assert sorted(load_run(store.folder).calls["agent"]) == sorted(f"H{n}" for n in range(400))


def test_a_killed_run_has_the_calls_of_its_broken_step(make_store: Make, fill: Fill) -> None:
    store = make_store()
    store.commit(fill(0))
    store.keep(call_of(1, 7))
    shutil.copytree(store.folder, "killed")  # as kill -9 would leave it
    store.close()
    assert load_run("killed").steps == 1
    assert kept(Path("killed")) == [(1, "H7")]


def test_a_call_that_cannot_be_written_is_named(make_store: Make) -> None:
    with make_store() as store:
        with pytest.raises(EconSimError, match=r"call 0 of H3 in step 1 to .*kept"):
            store.keep(call_of(1, 3, "\ud800"))
        store.keep(call_of(1, 3))
        assert kept(store.folder) == [(1, "H3")]
