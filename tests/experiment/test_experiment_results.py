"""An experiment read in Python: the condition of each row, dates, a panel, CSV; runs that lack."""

from __future__ import annotations

import csv
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from studies import study

from econsim_mesa import load_experiment
from econsim_mesa.errors import BadInput, UnknownName
from econsim_mesa.experiment.finalize import finalize_experiment
from econsim_mesa.experiment.folder import read_experiment
from econsim_mesa.experiment.run import run_experiment
from econsim_mesa.experiment.tables import tables


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("results")
    run_experiment(study(place, replicates=2), place / "out", workers=0)
    return place / "out"


def test_rows_of_runs_have_their_condition_and_a_date(folder: Path) -> None:
    results = load_experiment(folder)
    sales = results.table("sales")
    rows = [row for row, _ in results.runs()]
    named = list(rows[0])
    assert list(sales.columns[: len(named)]) == named
    assert set(sales["run"]) <= {row["run"] for row in rows}
    assert pd.api.types.is_datetime64_any_dtype(sales["time"])
    for row, run in results.runs():
        mine = sales[sales["run"] == row["run"]]
        assert len(mine) == len(run.sales)
        assert all((mine[name] == value).all() for name, value in row.items() if value is not None)
    assert list(results.table("runs")["seed"]) == [row["seed"] for row in rows]


def test_the_panel_adds_up_to_the_tables(folder: Path) -> None:
    results = load_experiment(folder)
    panel = results.household_days()
    for row, run in results.runs():
        mine = panel[panel["run"] == row["run"]]
        households = run.scenario.agents.Household.count
        assert len(mine) == households * mine["day"].nunique() == 12
        assert mine["spent"].sum() == run.sales["amount"].sum()
        assert mine["posts"].sum() == run.posts["author"].str.fullmatch(r"H\d+").sum()
        last = run.agents[run.agents["step"] == run.steps - 1].set_index("agent")
        ends = mine.groupby("household").last()
        assert (ends["cash"] == last["cash"].reindex(ends.index)).all()
        assert ends.index[0] == "H0"
    assert {"hunger", "congestion"} <= set(panel.columns)


def test_csv_files_hold_the_same(folder: Path, tmp_path: Path) -> None:
    results = load_experiment(folder)
    paths = results.to_csv(tmp_path / "csv")
    assert {path.stem for path in paths} == {*results.table_names, "household_days"}
    with (tmp_path / "csv/household_days.csv").open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == len(results.household_days())
    [one] = results.to_csv(tmp_path / "one", ["sales"])
    assert one.name == "sales.csv"


def test_what_there_is_not_is_said(folder: Path, tmp_path: Path) -> None:
    results = load_experiment(folder)
    with pytest.raises(UnknownName, match="unknown table 'sails'; did you mean 'sales'"):
        results.table("sails")
    with pytest.raises(BadInput, match="is not the folder of an experiment"):
        load_experiment(tmp_path)
    assert "finished, 0 left out" in results._repr_html_()
    assert not results.left_out


def test_runs_that_are_gone_damaged_or_not_made_are_left_out_and_named(
    folder: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    gone, damaged, failed, *rest = [row["run"] for row, _ in load_experiment(copy).runs()]
    shutil.rmtree(copy / "runs" / gone)
    (copy / "runs" / damaged / "run.sqlite").write_bytes(b"no database" * 1000)
    with closing(sqlite3.connect(copy / "experiment.sqlite", isolation_level=None)) as index:
        index.execute("UPDATE runs SET status = 'failed', message = '<b>' WHERE run = ?", [failed])
    results = load_experiment(copy)
    assert results.left_out == {failed: "failed: <b>"}
    assert "failed: &lt;b&gt;" in results._repr_html_()
    with pytest.warns(RuntimeWarning, match="is left out") as warned:
        sales = results.records("sales")
    assert len(warned) == 2
    assert all(one.filename == __file__ for one in warned)
    assert set(sales["run"]) <= set(rest)
    assert "there is no folder" in results.left_out[gone]
    assert results.left_out.keys() == {gone, damaged, failed}


def test_a_setting_with_the_name_of_a_column_stands_beside_it(tmp_path: Path) -> None:
    design = study(
        tmp_path,
        factors={"decider": ["utility", "random"]},
        set={"agents.Household.count": 3},
        contrasts=[],
        hypotheses=[],
        replicates=1,
    )
    run_experiment(design, tmp_path / "out", workers=0)
    results = load_experiment(tmp_path / "out")
    decisions = results.records("decisions")
    households = decisions[decisions["kind"] == "Household"]
    assert (households["decider (factor)"] == households["decider"]).all()
    assert set(households["decider"]) == {"utility", "random"}
    assert "decider" in results.records("sales").columns
    assert list(decisions.columns[:5]) == ["run", "decider (factor)", "replicate", "seed", "step"]
    assert "decisions" in results.table("decisions").columns


def test_tables_of_a_sealed_experiment_are_read_and_not_made_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = read_experiment(folder)
    made = tables(read.design, read.measured)
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    finalize_experiment(copy, made)
    results = load_experiment(copy)
    monkeypatch.setattr("econsim_mesa.experiment.results.tables", None)
    assert results.table_names == list(made)
    assert "sealed" in results._repr_html_()
