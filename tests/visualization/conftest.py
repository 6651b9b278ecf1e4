"""A short run, made once for all tests of the page."""

from __future__ import annotations

import pytest
from econsim_mesa.visualization.replay import Replay
from econsim_mesa.visualization.view import Frame
from made_run import Made

from econsim_mesa.runs.recorder import Recorder
from econsim_mesa.society.model import EconModel

PROMOTION = {"type": "promotion", "store": "Daily Mart", "percent": 30, "items": ["Rice"]}


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A run of two days and a part of the third, with a promotion on the second.

    Half of its households do what they like, so that there are swaps and rejections.
    """
    folder = tmp_path_factory.mktemp("replayed") / "run"
    swapping = {"agents.Household.mixed": {"utility": 15, "random": 15}, "market.swaps": True}
    model = EconModel("pizza_place", seed=7, steps=30, set=swapping)
    recorder = Recorder.begin(model, folder)
    model.intervene({**PROMOTION, "when": {"between": [14, 18]}})
    model.run_model()
    recorder.close()
    return Made(model, folder)


@pytest.fixture(scope="session")
def replayed(made: Made) -> Replay:
    """That run, opened."""
    return Replay.open(made.folder)


@pytest.fixture
def frame(replayed: Replay) -> Frame:
    """Its last step."""
    return replayed.history.frame()
