"""An experiment read in Python: the condition of each row, dates, a panel, CSV; runs that lack."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pandas as pd
import pytest
from studies import study

from econsim_mesa import load_experiment
from econsim_mesa.errors import BadInput, UnknownName
from econsim_mesa.experiment.run import run_experiment


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
    assert "finished, 0 not" in results._repr_html_()
    assert not results.unfinished


def test_runs_that_are_gone_are_named(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    gone = next(iter(load_experiment(copy).runs()))[0]["run"]
    shutil.rmtree(copy / "runs" / gone)
    with pytest.raises(BadInput, match="there is no folder"):
        load_experiment(copy).table("sales")
