"""Tables of all runs as CSV: what the records hold, without anything to install."""

from __future__ import annotations

import csv
import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest
from case_study import Case

from econsim_mesa.cli import main
from econsim_mesa.runs.reader import load_run


def test_csv_holds_what_the_runs_hold(
    case: Case,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, given, measured = case
    folder = shutil.copytree(given, tmp_path / "study")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert main(["export", str(folder), "--csv"]) == 0
    assert "csv: " in capsys.readouterr().out
    sales = pd.read_csv(folder / "csv" / "tables" / "sales.csv", keep_default_na=False)
    assert set(sales["run"]) == set(measured)
    name = next(iter(measured))
    there = load_run(folder / "runs" / name).sales
    here = sales[sales["run"] == name].drop(columns="run").reset_index(drop=True)
    pd.testing.assert_frame_equal(here[list(there.columns)], there, check_dtype=False)
    with (folder / "csv" / "index" / "runs.csv").open(encoding="utf-8", newline="") as file:
        assert {row["run"] for row in csv.DictReader(file)} == set(measured)
    assert "csv/tables/sales.csv" in (folder / "derived.sha256").read_text()


def test_parquet_without_pyarrow_names_the_other_way(
    case: Case, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    assert main(["export", str(Path(case[1]))]) == 2
    assert "--csv" in capsys.readouterr().err
