"""One made run and one made experiment, copied by whoever changes them."""

from __future__ import annotations

from pathlib import Path

import pytest
from studies import study
from towns import village

from econsim_mesa.bundle import record_derived
from econsim_mesa.cli import main
from econsim_mesa.collection.recorder import Recorder
from econsim_mesa.experiment.closing import close_experiment
from econsim_mesa.experiment.engine import run_experiment
from econsim_mesa.experiment.tables import tables
from econsim_mesa.model import EconModel
from econsim_mesa.scenario import load_scenario


@pytest.fixture(scope="session")
def made_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run of three days with two derived files. Copy it to change it."""
    folder = tmp_path_factory.mktemp("evidence") / "run"
    words = ["--steps", "36", "--set", "agents.Household.count=8", "--quiet"]
    assert main(["run", "pizza_place", *words, "--out", str(folder)]) == 0
    (folder / "analysis").mkdir()
    (folder / "analysis" / "figure.svg").write_text("<svg/>")
    (folder / "report.html").write_text("<p>What came of it</p>\n")
    record_derived(folder, "analysis", "report.html")
    return folder


@pytest.fixture(scope="session")
def made_experiment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an experiment of four runs. Copy it to change it."""
    home = tmp_path_factory.mktemp("evidence")
    design = study(home, replicates=2, factors={"stress.mode": ["on", "off"]},
                   contrasts=[], hypotheses=[])  # fmt: skip
    report = run_experiment(design, home / "out", workers=1)
    assert close_experiment(home / "out", tables(design, report.measured)) is not None
    return home / "out"


@pytest.fixture(scope="session")
def half_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run that was interrupted after 5 of 12 steps."""
    folder = tmp_path_factory.mktemp("evidence") / "half"
    model = EconModel(load_scenario(village_file(folder.parent)), seed=1)
    recorder = Recorder(model, folder)
    for _ in range(5):
        model.step()
    recorder.close("interrupted")
    return folder


def village_file(folder: Path) -> Path:
    """Write the village and return its file."""
    import json

    path = folder / "village.json"
    path.write_text(json.dumps(village(steps=12)))
    return path
