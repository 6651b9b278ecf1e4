"""``analyze``: tables and figures beside a run and an experiment, the same bytes each time."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from case_study import Case
from matplotlib.image import imread

from econsim_mesa.analysis.export import write_csv
from econsim_mesa.analysis.figures.forest import Bar, forest
from econsim_mesa.analysis.figures.responses import response_figure
from econsim_mesa.analysis.figures.series import time_series
from econsim_mesa.analysis.figures.style import save
from econsim_mesa.analysis.result_tables import Tables
from econsim_mesa.cli import main
from econsim_mesa.experiment.figures import figures
from econsim_mesa.experiment.level_names import label_of

pytestmark = pytest.mark.soak  # figures of whole studies

FIGURES = ("heat", "days", "coefficients", "dispersion", "ablations")
KINDS = ("svg", "pdf", "png")


@pytest.fixture(scope="module")
def study(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("analyzed") / "study"
    shutil.copytree(case[1], copy)
    assert main(["analyze", str(copy), "--quiet"]) == 0
    return copy


def test_an_experiment(study: Path, case: Case, told: Tables) -> None:
    _, _, measured = case
    folder = study / "analysis"
    assert json.loads((folder / "tables.json").read_text()) == told
    for name, rows in told.items():
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            assert len(list(csv.DictReader(file))) == len(rows)
    for name in FIGURES:
        for kind in KINDS:
            assert (folder / f"{name}.{kind}").stat().st_size > 2_000
        assert np.ptp(imread(folder / f"{name}.png")[:, :, :3]) > 0.5
    with (folder / "described_actions.csv").open(encoding="utf-8", newline="") as file:
        assert {row["run"] for row in csv.DictReader(file)} == set(measured)
    listed = (study / "derived.sha256").read_text()
    assert "analysis/heat.svg" in listed


def test_a_run_gives_the_same_bytes_again(study: Path, tmp_path: Path) -> None:
    run, copy = study / "runs" / "mode-on.s1", tmp_path / "copy"
    shutil.copytree(run, copy)
    for folder in (run, copy):
        assert main(["analyze", str(folder), "--quiet"]) == 0
    first, second = (
        {path.name: path.read_bytes() for path in (folder / "analysis").iterdir()}
        for folder in (run, copy)
    )
    assert {f"{name}.{kind}" for name in ("days", "posts", "stress") for kind in KINDS} <= set(
        first
    )
    daily = [name for name in first if name in ("tables.json", "daily.csv")]
    assert len(daily) == 2
    assert first == second
    assert b"<dc:date>" not in first["days.svg"]


def test_a_fork_is_told_and_drawn_with_its_parent(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parent = shutil.copytree(study / "runs" / "mode-on.s1", tmp_path / "parent")
    fork = tmp_path / "fork"
    change = ["--set", "stress.mode=off", "--out", str(fork), "--quiet"]
    assert main(["fork", str(parent), "--at", "12", *change]) == 0
    capsys.readouterr()
    assert main(["analyze", str(fork), str(parent)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("fork is a fork of parent: the same past up to step 12")
    drawn = (fork / "analysis" / "branches.svg").read_text(encoding="utf-8")
    assert all(f"<!-- {words} -->" in drawn for words in ("fork", "parent", "posts households"))
    assert not (parent / "analysis" / "branches.svg").exists()


def test_json_and_no_files(study: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(study / "runs" / "mode-on.s2", copy)
    before = sorted(path.name for path in copy.iterdir())
    assert main(["analyze", str(copy), "--json", "--no-files"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["written"] == []
    assert told["tables"]["daily copy"][0]["day"] == "2025-12-19"
    assert told["tables"]["described_hours"][0]["hour"] == 9
    assert sorted(path.name for path in copy.iterdir()) == before
    assert main(["analyze", str(copy), "--no-files"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 100
    assert "revenue Pizza" in out


def test_what_a_spreadsheet_takes_for_a_formula_is_text(tmp_path: Path) -> None:
    write_csv(tmp_path / "t.csv", [{"a": "=1+1", "b": -2, "c": None, "d": {"x": 1}}, {"a": "@x"}])
    assert (tmp_path / "t.csv").read_text() == 'a,b,c,d\n\'=1+1,-2,,"{""x"": 1}"\n\'@x,,,\n'


def test_figures_of_what_cannot_be_computed(tmp_path: Path) -> None:
    bars = [Bar("one", None, None, None), Bar("other", 1.0, None, None)]
    rows = [
        {
            "contrast": "pulse",
            "measure": "visits",
            "day": day,
            "mean": mean,
            "low": low,
            "high": low,
        }
        for day, mean, low in ((-1, 0.0, None), (0, 2.0, None), (1, None, None))
    ]
    for name, figure in (("forest", forest([("b2", bars)])), ("responses", response_figure(rows))):
        assert all(path.stat().st_size for path in save(figure, tmp_path, name))


def test_responses_of_two_models_are_drawn_apart(case: Case, told: Tables) -> None:
    design, _, measured = case
    row = {"contrast": "pulse", "measure": "visits", "mean": 1.0, "low": 0.0, "high": 2.0}
    responses = [
        row | {"llm.model": model, "day": day} for model in ("small", "large") for day in (-1, 0, 1)
    ]
    found = {**told, "responses": responses}
    drawn = figures(design, measured, found, label_of)["responses"]
    assert [axes.get_title(loc="left").split("\n")[0] for axes in drawn.axes] == [
        "pulse, small",
        "pulse, large",
    ]


def test_a_day_that_is_not_known_is_a_gap_in_responses() -> None:
    rows = [
        {"contrast": "pulse", "measure": "crowd", "day": day, "mean": mean, "low": low, "high": low}
        for day, mean, low in ((0, 1.0, 0.5), (1, None, None), (2, 3.0, 2.5))
    ]
    (axes,) = response_figure(rows).axes
    drawn = axes.get_lines()[-1].get_xydata()
    assert drawn[:, 0].tolist() == [0, 1, 2]
    assert np.isnan(drawn[:, 1]).tolist() == [False, True, False]


def test_a_series_says_of_shades_only_where_prices_are_known() -> None:
    days = pd.DataFrame({"run": "r", "day": ["12-19", "12-20"], "y": [1.0, 2.0]})
    assert time_series([("", days)], [("y", "y")]).get_supxlabel() == "day"
    priced = days.assign(price=[2000.0, 1200.0])
    assert "lower price" in time_series([("", priced)], [("y", "y")]).get_supxlabel()
