"""The recorder keeps every step of a model and says how the run ended."""

from __future__ import annotations

from pathlib import Path

import pytest
from recorded import BUNDLE

from econsim_mesa import EconModel
from econsim_mesa.errors import BadInput
from econsim_mesa.runs.bundle import bundle_id
from econsim_mesa.runs.reader import load_run
from econsim_mesa.runs.recorder import Recorder


def _model() -> EconModel:
    return EconModel("pizza_place", seed=1, steps=4, households=5, decider="idle")


def test_a_finished_run() -> None:
    model = _model()
    recorder = Recorder.begin(model, Path("run"), {"note": "mine"})
    assert recorder.steps == 0
    assert load_run("run").meta["status"] == "running"
    model.run_model()
    run = load_run("run")
    assert recorder.steps == run.steps == 4
    assert (run.meta["status"], run.meta["note"]) == ("finished", "mine")
    assert {path.name for path in Path("run").iterdir()} == BUNDLE
    assert recorder.sealed is not None
    assert recorder.sealed.id == bundle_id("run")
    assert list(run.accounts.kind) == ["Household"] * 5 + ["Restaurant", "Retailer"]


def test_a_run_closed_before_its_end_says_why_and_the_first_reason_stays() -> None:
    model = _model()
    recorder = Recorder.begin(model, Path("run"))
    model.step()
    recorder.close("failed")
    recorder.close("interrupted")
    run = load_run("run")
    assert (run.meta["status"], run.steps) == ("failed", 1)


def test_a_used_folder_is_refused() -> None:
    Recorder.begin(_model(), Path("run")).close()
    with pytest.raises(BadInput, match="not empty"):
        Recorder.begin(_model(), Path("run"))
