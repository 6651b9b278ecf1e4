"""What was written is what is read, and nothing is left behind."""

from __future__ import annotations

import ctypes
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from econsim_mesa.domains.tables import TABLES, columns
from econsim_mesa.errors import BadInput, UnknownName
from econsim_mesa.runs.reader import export_text, fingerprint, load_run
from econsim_mesa.runs.store import FORMAT, SqliteStore
from econsim_mesa.scenario import load_scenario, to_json
from econsim_mesa.society.records import STORE_TABLES, Call, StepRecords

Fill = Callable[..., StepRecords]
Make = Callable[..., SqliteStore]

WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
VALUES = {
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False),
    str: WORDS | st.sampled_from(["'", '"', "';--", "a\nb", "\u2028", "مرحبا", "🍕", "None", "0"]),
}
COUNT = iter(range(10**9))


@st.composite
def steps(draw: st.DrawFn) -> list[StepRecords]:
    made = []
    for step in range(draw(st.integers(1, 3))):
        records = StepRecords(step, draw(WORDS), TABLES)
        for table in [*TABLES, "agents"]:
            kinds = list(columns(table, ["hunger"]).values())[1:]
            values = st.tuples(st.just(step), *(VALUES[kind] for kind in kinds))
            records[table].extend(draw(st.lists(values, max_size=2)))
        made.append(records)
    return made


@contextmanager
def unprivileged(folder: Path) -> Iterator[Callable[[str], str]]:
    """Run code in a process that may not write to the folder, even if the tests run as root."""
    libc = ctypes.CDLL(None)

    def obey_permissions() -> None:
        libc.prctl(24, 1, 0, 0, 0)  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE: taken away at exec

    def run(code: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", f"folder = {str(folder)!r}\n{code}"],
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=obey_permissions,
        )
        return done.stdout + done.stderr

    folder.chmod(0o555)
    for path in folder.iterdir():
        path.chmod(0o444)
    try:
        yield run
    finally:
        folder.chmod(0o755)


SHOW = "from econsim_mesa import load_run\nrun = load_run(folder)\nprint(len(run.sales))"


@settings(max_examples=25)
@given(steps())
def test_every_value_comes_back(
    tmp_path_factory: pytest.TempPathFactory, made: list[StepRecords]
) -> None:
    folder = tmp_path_factory.getbasetemp() / f"run {next(COUNT)} %20?#"
    accounts = [("H0 é", "household"), ("'; --", "scripted")]
    with SqliteStore.create(
        folder,
        stressors=["hunger"],
        scenario_json="{}",
        meta={"k": "'v\n"},
        accounts=accounts,
    ) as store:
        for records in made:
            store.commit(records)
    run = load_run(folder)
    for table in [*TABLES, "agents"]:
        expected = [row for records in made for row in records[table]]
        shown = run.table(table)
        assert list(shown) == list(columns(table, ["hunger"]))
        assert list(shown.itertuples(index=False, name=None)) == expected
    assert [(name, kind) for _, name, kind in run.accounts.itertuples(index=False)] == accounts
    assert list(run.table("steps")["time"]) == [records.time for records in made]
    assert run.meta == {"k": "'v\n"}
    assert sum(1 for _ in run.export()) == len(TABLES) + 3 + len(accounts) + len(made) + sum(
        len(rows) for records in made for rows in records.rows.values()
    )
    shutil.rmtree(folder)


def test_tables_have_types_also_when_empty(make_store: Make) -> None:
    make_store().close()
    run = load_run(Path("run"))
    assert str(run.sales["amount"].dtype) == "int64"
    assert str(run.agents["fatigue"].dtype) == "float64"
    assert str(run.calls["input_tokens"].dtype) == "Int64"
    assert run.steps == 0
    assert all(len(run.table(table)) == 0 for table in TABLES)


def test_a_table_is_read_once_and_not_after_closing(make_store: Make, fill: Fill) -> None:
    with make_store() as store:
        store.commit(fill(0))
    with load_run("run") as run:
        assert run.sales is run.sales is run.table("sales")
        assert run.stressors == ("hunger", "fatigue")
        assert repr(run) == "<Run 'run': 1 steps>"
        with pytest.raises(UnknownName, match="did you mean 'sales'"):
            run.table("sails")
    with pytest.raises(BadInput, match="closed"):
        _ = run.sales


def test_unknown_values_of_calls_stay_unknown(make_store: Make, fill: Fill) -> None:
    faults = "http_503,timeout"
    call = Call(0, "H0", 0, "k", "timed_out", "p", None, "m", None, 3, faults, None, 7, None, "h")
    with make_store() as store:
        store.keep(call)
        store.commit(fill(0))
    calls = load_run("run").calls
    assert calls["faults"][0] == faults
    assert calls["reply"][0] is None
    assert calls["input_tokens"].isna().all()
    assert calls["seconds"].isna().all()
    assert calls["output_tokens"][0] == 7


def test_reading_leaves_no_file_and_changes_none(make_store: Make, fill: Fill) -> None:
    with make_store() as store:
        store.commit(fill(0))
    before = {path: path.read_bytes() for path in Path("run").iterdir()}
    run = load_run("run")
    assert len(run.sales) == 3
    assert {path: path.read_bytes() for path in Path("run").iterdir()} == before


def test_a_live_run_is_seen_as_it_was_when_opened(make_store: Make, fill: Fill) -> None:
    store = make_store()
    store.commit(fill(0))
    run = load_run("run")
    store.commit(fill(1))
    assert (run.steps, len(run.sales), len(run.table("steps"))) == (1, 3, 1)
    assert (load_run("run").steps, len(load_run("run").sales)) == (2, 6)
    content = fingerprint(run)
    store.close()
    assert fingerprint(run) == content
    assert sorted(os.listdir("run")) == ["run.sqlite", "scenario.json"]


def test_opening_a_live_run_in_its_own_process_keeps_its_locks(
    make_store: Make, fill: Fill
) -> None:
    store = make_store()
    store.commit(fill(0))
    load_run("run")
    code = "from econsim_mesa import load_run; print(load_run('run').steps)"
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (seen.stdout, seen.stderr) == (b"1\n", b"")
    assert "run.sqlite-wal" in os.listdir("run")  # a reader that saw no lock would remove it
    store.commit(fill(1))
    store.close()
    assert load_run("run").steps == 2


def follow(step: int, *changes: tuple[str, str, int]) -> StepRecords:
    records = StepRecords(step, "", TABLES)
    records.rows["follows"] = [(step, *change) for change in changes]
    return records


def test_network_is_that_after_a_step(make_store: Make) -> None:
    with make_store() as store:
        store.commit(follow(-1, ("H0", "H1", 1)))
        store.commit(follow(0))
        store.commit(follow(1, ("H0", "H1", -1), ("H1", "Pizza Place", 1)))
        store.commit(follow(2, ("H0", "H1", 1)))
    run = load_run("run")
    first, last = ("H0", "H1"), ("H1", "Pizza Place")
    assert [list(run.network(step).edges) for step in (-1, 0, 1)] == [[first], [first], [last]]
    assert list(run.network().edges) == list(run.network(step=2).edges) == [first, last]
    assert dict(run.network(0).nodes(data="kind")) == {
        "H0": "household",
        "H1": "household",
        "Pizza Place": "store",
    }
    for step in (-2, 3):
        with pytest.raises(BadInput, match=f"no step {step}; it has -1 to 2"):
            run.network(step)


def written(make_store: Make, name: str, *steps: StepRecords, **changes: Any) -> str:
    with make_store(name, **changes) as store:
        for records in steps:
            store.commit(records)
    return fingerprint(store.folder)


def test_fingerprint_is_that_of_the_content(make_store: Make, fill: Fill) -> None:
    plain = written(make_store, "a", fill(0), fill(1))
    assert written(make_store, "b", fill(0), fill(1), meta={"host": "elsewhere"}) == plain
    assert written(make_store, "c", fill(0), fill(1), stressors=("hunger", "thirst")) != plain
    assert written(make_store, "d", fill(0), fill(1), accounts=[("H0", "household")]) != plain
    assert written(make_store, "e", fill(0)) != plain
    later = fill(1)
    later.time = "2030-01-01"
    assert written(make_store, "f", fill(0), later) != plain
    for table in fill(1).rows.keys() - {"follows"}:
        swapped = fill(1)
        swapped[table].reverse()
        assert written(make_store, f"g{table}", fill(0), swapped) != plain


def test_export_is_one_line_a_row_with_floats_by_repr(make_store: Make, fill: Fill) -> None:
    records = fill(0, 0)
    records["agents"].append((0, "H\n0", -1, 2, 3, 0, 0.1 + 0.2, 1e300))
    with make_store() as store:
        store.commit(records)
    lines = list(export_text("run"))
    table = lines.index('table agents ["step","agent","x","y","cash","asleep","hunger","fatigue"]')
    assert lines[table + 1 :] == ['[0,"H\\n0",-1,2,3,0,0.30000000000000004,1e+300]']
    assert lines[:2] == ['table steps ["step","time"]', '[0,"2025-12-19T00:00:00"]']
    assert not any(line.startswith(("table meta", "table calls")) for line in lines)
    assert sum(line.startswith("table ") for line in lines) == len(TABLES | STORE_TABLES) - 1


def test_a_folder_that_may_not_be_written_is_read(make_store: Make, fill: Fill) -> None:
    with make_store() as store:
        store.commit(fill(0))
    with unprivileged(Path("run").absolute()) as run:
        assert "Permission" in run("open(folder + '/x', 'w')")
        assert run(SHOW) == "3\n"
    assert sorted(os.listdir("run")) == ["run.sqlite", "scenario.json"]


def test_a_killed_run_that_may_not_be_written_is_read(make_store: Make, fill: Fill) -> None:
    store = make_store()
    store.commit(fill(0))
    shutil.copytree("run", "killed")
    store.close()
    with unprivileged(Path("killed").absolute()) as run:
        assert run(SHOW) == "3\n"
    os.remove("killed/run.sqlite-shm")
    with unprivileged(Path("killed").absolute()) as run:
        assert "BadInput: cannot read" in run(SHOW)
    assert len(load_run("killed").sales) == 3
    assert sorted(os.listdir("killed")) == ["run.sqlite", "scenario.json"]


def _sqlite(path: str, *commands: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for command in commands:
            connection.execute(command)


def test_what_is_not_a_run_is_refused(make_store: Make) -> None:
    Path("file").write_text("")
    Path("empty").mkdir()
    for name, content in [("text", b"hello" * 500), ("nothing", b"")]:
        Path(name).mkdir()
        Path(name, "run.sqlite").write_bytes(content)
    Path("other").mkdir()
    _sqlite("other/run.sqlite", "CREATE TABLE sales (step)")
    for name, command in [
        ("newer", f"PRAGMA user_version = {FORMAT + 1}"),
        ("fewer", "DROP TABLE sales"),
        ("wider", "ALTER TABLE sales ADD COLUMN colour TEXT"),
        ("gap", "INSERT INTO steps VALUES (5, '')"),
    ]:
        make_store(name).close()
        _sqlite(f"{name}/run.sqlite", command)
    make_store("mixed").close()
    _sqlite(
        "mixed/run.sqlite", "INSERT INTO steps VALUES (0, '')", "INSERT INTO steps VALUES (2, '')"
    )
    for folder, message in {
        "absent": "no folder absent",
        "file": "no folder file",
        "a\0b": "no folder",
        "empty": "has no file run.sqlite",
        "text": "file is not a database",
        "nothing": "holds no run",
        "other": "not written by econsim",
        "newer": f"has format {FORMAT + 1}, and this version reads format {FORMAT}",
        "fewer": "its table sales has the columns",
        "wider": "its table sales has the columns",
        "gap": "without gaps",
        "mixed": "without gaps",
    }.items():
        with pytest.raises(BadInput, match=message):
            load_run(folder)


def test_scenario_is_that_of_the_run(make_store: Make) -> None:
    scenario = load_scenario("pizza_place", set={"agents.Household.count": 7})
    make_store(scenario_json=to_json(scenario)).close()
    run = load_run("run")
    assert run.scenario == scenario
    assert run.scenario is run.scenario
