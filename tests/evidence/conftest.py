"""One made run and one made experiment, copied by whoever changes them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from claimed import CLAIMED, coherent, targets_file
from studies import study, write
from towns import village

from econsim_mesa.cli import main
from econsim_mesa.evidence import run_check
from econsim_mesa.evidence.coherence import write_table
from econsim_mesa.evidence.reporting import write_report
from econsim_mesa.evidence.verify import verify
from econsim_mesa.experiment import load_design
from econsim_mesa.experiment.finalize import finalize_experiment
from econsim_mesa.experiment.plan import scenario_hash
from econsim_mesa.experiment.run import run_experiment
from econsim_mesa.experiment.tables import tables
from econsim_mesa.mock import MockServer
from econsim_mesa.runs.bundle import record_derived
from econsim_mesa.runs.recorder import Recorder
from econsim_mesa.society.model import EconModel

CANARY = "sk-Canary+7/Zq=9xW_kk-0418"
"""Stands for an API key; it must be nowhere."""
SMALL: dict[str, Any] = {
    "factors": {"stress.mode": ["on", "off"]},
    "contrasts": [{"name": "stress", "a": {"stress.mode": "on"}, "b": {"stress.mode": "off"}}],
}
"""What makes the study of four runs."""


@pytest.fixture(scope="session")
def made_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run of three days with two derived files. Copy it to change it."""
    folder = tmp_path_factory.mktemp("evidence") / "run"
    words = ["--steps", "36", "--set", "agents.Household.count=8", "--quiet"]
    assert main(["run", "pizza_place", *words, "--out", str(folder)]) == 0
    (folder / "analysis").mkdir()
    (folder / "analysis" / "figure.svg").write_text("<svg/>")
    (folder / "notes.html").write_text("<p>What came of it</p>\n")
    record_derived(folder, "analysis", "notes.html")
    return folder


@pytest.fixture(scope="session")
def made_experiment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an experiment of four runs, begun from files that are gone. Copy it to change it."""
    home = tmp_path_factory.mktemp("evidence")
    design = study(home / "given", **SMALL)
    shutil.rmtree(home / "given")
    report = run_experiment(design, home / "out", workers=0)
    assert finalize_experiment(home / "out", tables(design, report.measured)) is not None
    return home / "out"


@pytest.fixture(scope="session")
def llm_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run in which a language model decided, with the canary as its key."""
    folder = tmp_path_factory.mktemp("evidence") / "llm"
    with pytest.MonkeyPatch.context() as patch, MockServer() as server:
        patch.setenv("OPENAI_API_KEY", CANARY)
        words = ["--base-url", server.base_url, "--model", "mock", "--decider", "llm",
                 "--steps", "6", "--set", "agents.Household.count=4",
                 "--set", "llm.client=direct", "--quiet"]  # fmt: skip
        assert main(["run", "pizza_place", *words, "--out", str(folder)]) == 0
    return folder


@pytest.fixture
def study_file(tmp_path: Path) -> Path:
    """Return the file of the small study."""
    return write(tmp_path / "given", **SMALL)


@pytest.fixture(scope="session")
def half_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run that was interrupted after 5 of 12 steps. Copy it to change it."""
    home = tmp_path_factory.mktemp("evidence")
    (home / "village.json").write_text(json.dumps(village(steps=12)))
    model = EconModel(home / "village.json", seed=1)
    recorder = Recorder.begin(model, home / "run")
    for _ in range(5):
        model.step()
    recorder.close("interrupted")
    return home / "run"


@pytest.fixture
def copy_of(tmp_path: Path) -> Callable[[Path], Path]:
    """Return what copies a folder into that of the test."""

    def copy(folder: Path) -> Path:
        return Path(shutil.copytree(folder, tmp_path / "copy" / folder.name))

    return copy


@pytest.fixture
def of_this_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every run for one of this code, also where the checkout has edits."""
    monkeypatch.setattr(run_check, "is_of_this_code", lambda made_with: True)


@pytest.fixture(scope="session")
def made_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an experiment with ablation, rivals and external evidence; copy it to change it."""
    home = tmp_path_factory.mktemp("study")
    (home / "study.json").write_text(json.dumps(CLAIMED))
    (home / "observed.json").write_text(json.dumps(targets_file()))
    town = village(steps=24, decider="utility", agents__Household={"count": 3, "cash": 1000})
    (home / "village.json").write_text(json.dumps(town))
    design = load_design(home / "study.json")
    report = run_experiment(design, home / "out", workers=0)
    assert finalize_experiment(home / "out", tables(design, report.measured)) is not None
    write_table(home / "out", coherent(scenario_hash(design.scenarios[0]), "utility"))
    write_report(home / "out")
    assert verify(home / "out").code == 0
    return home / "out"
