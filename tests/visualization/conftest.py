"""A short run, made once for all tests of the page."""

from __future__ import annotations

import pytest
from econsim_mesa.visualization.replay import Replay
from econsim_mesa.visualization.view import Frame

from econsim_mesa.collection.recorder import Recorder
from econsim_mesa.model import EconModel

PROMOTION = {"type": "promotion", "store": "Daily Mart", "percent": 30, "items": ["Rice"]}


@pytest.fixture(scope="session")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    """A run of two days and a part of the third, with a promotion on the second."""
    folder = tmp_path_factory.mktemp("replayed") / "run"
    model = EconModel("pizza_place", seed=7, steps=30)
    recorder = Recorder(model, folder)
    model.intervene({**PROMOTION, "when": {"between": [14, 18]}})
    model.run_model()
    recorder.close()
    return Replay(folder)


@pytest.fixture
def frame(replayed: Replay) -> Frame:
    """Its last step."""
    return replayed.history.frame()
