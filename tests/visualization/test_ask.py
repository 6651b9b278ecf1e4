"""Only a household for which a language model decides can be asked."""

from __future__ import annotations

from econsim_mesa.visualization.components.ask import why_not
from econsim_mesa.visualization.history import History
from econsim_mesa.visualization.view import Frame, Scene

from econsim_mesa.scenario import load_scenario


def test_why_nobody_can_be_asked(frame: Frame) -> None:
    assert "language model decides" in why_not(frame, "H1")
    assert "mock-server" in why_not(frame, "H1"), "and how somebody can"
    model = {"decider": "llm", "llm.model": "any", "llm.base_url": "http://127.0.0.1:1/v1"}
    scene = Scene(load_scenario("pizza_place", set=model), 1)
    assert "before the first step" in why_not(Frame(History(scene), -1), "H1")
