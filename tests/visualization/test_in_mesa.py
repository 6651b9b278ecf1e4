"""Our components in Mesa's SolaraViz: they follow its steps and its reset."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import solara
from econsim_mesa.visualization.in_mesa import Town, history_of_model
from ipywidgets import Widget
from mesa.visualization import solara_viz
from mesa.visualization.utils import force_update

from econsim_mesa import EconModel
from econsim_mesa.errors import BadInput, ScenarioError
from econsim_mesa.runs.reader import load_run
from econsim_mesa.runs.recorder import Recorder
from econsim_mesa.runs.replay import replay

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "solaraviz.py"


def walk(widget: Any) -> Iterator[Any]:
    """Yield a widget and all within it, in Mesa's grid too."""
    yield widget
    for child in (*getattr(widget, "children", ()), *getattr(widget, "items", ())):
        if isinstance(child, Widget):
            yield from walk(child)


def with_trait(box: Any, trait: str) -> list[Any]:
    return [widget for widget in walk(box) if widget.has_trait(trait)]


def test_the_example_shows_our_components_in_mesas_page() -> None:
    page = runpy.run_path(str(EXAMPLE))["page"]
    box, context = solara.render(page, handle_error=False)
    try:
        shown = with_trait(box, "now")
        assert [len(one.now.data["level"]) for one in shown] == [30, 30]
        assert {one.now.data["step"] for one in shown} == {-1}
        assert len(with_trait(box, "chart")) > 5
    finally:
        context.close()
    assert len(EXAMPLE.read_text(encoding="utf-8").splitlines()) <= 22


def test_components_follow_the_steps_that_mesa_makes_and_a_new_model() -> None:
    model = EconModel("pizza_place", seed=1, steps=4)
    box, context = solara.render(Town(model), handle_error=False)
    try:
        model.step()
        model.step()
        force_update()
        (town,) = with_trait(box, "now")
        assert town.now.data["step"] == 1
        assert town.now.data["x"] == model.town.mobility.space.x.tolist()
        context.render(Town(EconModel("pizza_place", seed=1, households=7)))
        (town,) = with_trait(box, "now")
        assert (town.now.data["step"], len(town.now.data["x"])) == (-1, 7)
    finally:
        context.close()


def test_mesa_makes_the_model_anew_at_a_reset() -> None:
    model = EconModel("pizza_place", seed=1)
    given = {"config": "pizza_place", "seed": 1, "households": 7, "stress": False}
    solara_viz._check_model_params(EconModel.__init__, given)
    if hasattr(solara_viz, "_build_model_init_kwargs"):  # Mesa 3.5
        given = solara_viz._build_model_init_kwargs(
            model, given, add_scenario_when_empty=True, require_model_accepts_scenario=True
        )
        assert "scenario" in given
    again = EconModel(**given)
    assert again.town.roster.households == 7
    assert again.config.stress.mode == "off"
    with pytest.raises(ScenarioError, match="unknown override 'scenario'"):
        EconModel(scenario="pizza_place")


def test_a_recorded_model_is_recorded_while_it_is_watched(tmp_path: Path) -> None:
    model = EconModel("pizza_place", seed=3, steps=4)
    recorder = Recorder.begin(model, tmp_path / "run")
    history = history_of_model(model)
    assert history_of_model(model) is history
    model.run_model()
    recorder.close()
    assert replay(tmp_path / "run") == 4
    sales = [tuple(row) for row in load_run(tmp_path / "run").rows("sales")]
    assert [tuple(row) for row in history.frame().so_far("sales")] == sales


def test_a_model_that_is_under_way_is_refused() -> None:
    model = EconModel("pizza_place", seed=3, steps=4)
    model.step()
    with pytest.raises(BadInput, match="made 1 step;"):
        history_of_model(model)
