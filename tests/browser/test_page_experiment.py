"""An experiment opens in the page: what came out, its arms side by side, and its runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from chrome import Page, until
from serving import econsim

from econsim_mesa.experiment.findings import findings
from econsim_mesa.experiment.folder import read_experiment
from econsim_mesa.experiment.tables import tables


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    size = ("--set", "replicates=2", "--set", "steps=36")
    econsim(folder, "experiment", "pizza_place", *size, "--out", "study", "--quiet")
    return folder / "study"


def test_an_experiment_opens_with_what_came_out_and_leads_to_its_runs(
    opened: Callable[..., Page], study: Path
) -> None:
    page = opened(str(study))
    page.wait(".ec-statement", 60)
    made = read_experiment(study)
    found = findings(made.design, tables(made.design, made.measured))
    shown = page.text(".ec-found")
    assert all(one.statement in shown and one.sentence in shown for one in found)
    assert page.text(".ec-mode").lower() == "experiment"
    rows = page.count(".ec-differences tbody tr")
    assert rows == len(made.design.experiment.contrasts)
    assert page.count("[data-chart=arms] path") >= len(made.design.conditions)
    page.choose(".ec-differences select", "posts households")
    until(lambda: "posts households" in page.text("[data-chart=arms]"))
    page.click(".ec-experiment .ec-run")
    until(lambda: page.text(".ec-mode").lower() == "replay", 40, "the run is open")
    page.click(".ec-bar .ec-link")
    page.wait(".ec-statement")
    until(lambda: page.driver.current_url.endswith("study"), why="the address of the experiment")
    page.driver.refresh()
    page.wait(".ec-statement", 60)


def test_runs_and_experiments_are_listed_with_what_they_are(
    opened: Callable[..., Page], tmp_path: Path
) -> None:
    size = ("--set", "steps=24")
    econsim(tmp_path, "run", "pizza_place", *size, "--seed", "5", "--quiet")
    small = ("--set", "replicates=1", *size)
    econsim(tmp_path, "experiment", "pizza_place", *small, "--quiet")
    page = opened("pizza_place")
    page.click(".ec-bar .ec-button.main")
    page.click(".ec-dialog [role=tab]:nth-of-type(2)")
    listed = page.text(".ec-dialog .ec-form")
    facts = ("utility · 30 households · step 24 of 24 · seed 5 · finished", "Experiments")
    assert all(fact in listed for fact in facts), listed
    page.click(".ec-dialog .ec-run")
    page.wait(".ec-statement", 60)
