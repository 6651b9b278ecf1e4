"""Parquet files hold what the index and the runs hold, for pandas and for DuckDB."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from studies import study

from econsim_mesa.cli import main
from econsim_mesa.errors import BadInput
from econsim_mesa.experiment.export import export
from econsim_mesa.experiment.run import run_experiment
from econsim_mesa.runs.folders import INDEX
from econsim_mesa.runs.reader import load_run

pytest.importorskip("pyarrow", reason="pyarrow comes with the extra parquet")
ARMS = {"plain": {}, "trust": {"stress.stressors.trust": {}}}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parquet")
    town = {"decider": "utility", "steps": 24}
    design = study(folder, set=town, arms=ARMS, factors={}, contrasts=[], hypotheses=[],
                   replicates=1)  # fmt: skip
    assert not run_experiment(design, folder / "out", workers=0).unfinished
    assert main(["export", str(folder / "out"), "--quiet"]) == 0
    return folder / "out"


def test_the_index_is_the_same(out: Path) -> None:
    with closing(sqlite3.connect(out / INDEX)) as index, index:
        for table in ("runs", "totals", "daily", "decisions"):
            there = pd.read_sql(f"SELECT * FROM {table}", index)
            here = pd.read_parquet(out / "parquet" / "index" / f"{table}.parquet")
            pd.testing.assert_frame_equal(here, there, check_dtype=False)
    index.close()


def test_tables_are_those_of_all_runs(out: Path) -> None:
    runs = [load_run(path) for path in (out / "runs" / "plain.s1", out / "runs" / "trust.s1")]
    for table in ("sales", "posts", "decisions", "agents", "steps", "meta"):
        here = pd.read_parquet(out / "parquet" / "tables" / f"{table}.parquet")
        parts = [run.table(table).assign(run=run.folder.name) for run in runs]
        there = pd.concat(parts, ignore_index=True)[list(here.columns)]
        assert len(here) > 1
        pd.testing.assert_frame_equal(here, there, check_dtype=False)
    agents = pd.read_parquet(out / "parquet" / "tables" / "agents.parquet")
    assert agents.groupby("run").trust.count().to_dict() == {
        "plain.s1": 0,
        "trust.s1": len(runs[1].agents),
    }


def test_duckdb_reads_them(out: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed")
    found = duckdb.sql(
        f"SELECT condition, sum(quantity) FROM '{out}/parquet/tables/sales.parquet' JOIN "
        f"'{out}/parquet/index/runs.parquet' USING (run) GROUP BY condition ORDER BY condition"
    ).fetchall()
    sold = [int(load_run(out / "runs" / f"{arm}.s1").sales.quantity.sum()) for arm in ARMS]
    assert [int(row[1]) for row in found] == sold


def test_a_single_run_and_a_stranger(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = out / "runs" / "plain.s1"
    assert main(["export", str(run), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {Path(one["file"]).name for one in told["files"]} >= {"sales.parquet", "agents.parquet"}
    assert len(pd.read_parquet(run / "parquet/tables/sales.parquet")) == len(load_run(run).sales)
    assert (out / "derived.sha256").read_text().count("parquet/tables/") > 10
    with pytest.raises(BadInput, match="neither a run nor an experiment"):
        export(out / "runs")
