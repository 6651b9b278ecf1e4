"""What a reader does to a live town is an event that the model takes."""

from __future__ import annotations

from typing import Any

import pytest
from econsim_mesa.visualization.interventions import INTERVENTIONS, authors, event_from_form
from econsim_mesa.visualization.view import Frame

from econsim_mesa.errors import BadInput
from econsim_mesa.society.model import EconModel

FORMS: dict[str, dict[str, str]] = {
    "promotion": {"store": "Pizza Place", "item": "Pizza", "percent": "25", "steps": "3"},
    "price": {"store": "Daily Mart", "item": "Rice", "price": "900"},
    "closing": {"x": "4", "y": "5", "steps": "2"},
    "post": {"author": "Daily Mart", "text": "Fresh bread"},
    "income": {"amount": "777"},
}


@pytest.mark.parametrize("kind", INTERVENTIONS)
def test_an_intervention_is_an_event_that_the_model_takes(kind: str, frame: Frame) -> None:
    model = EconModel("pizza_place", seed=1, decider="idle")
    model.step()
    model.intervene(event_from_form(kind, frame.scene, FORMS[kind], model.town.t + 1))
    model.step()
    seen: dict[str, Any] = {
        "promotion": ("1500", [r.posted for r in model.town.records["prices"]]),
        "price": ("900", [r.posted for r in model.town.records["prices"]]),
        "closing": ("True", [bool(model.town.mobility.space.closed[4, 5])]),
        "post": ("Fresh bread", [r.text for r in model.town.records["posts"]]),
        "income": ("777", [r.amount for r in model.town.records["transfers"]]),
    }
    wanted, recorded = seen[kind]
    assert wanted in map(str, recorded)
    assert [row.kind for row in model.town.records["inputs"]] == ["event"]


@pytest.mark.parametrize("text", ["", "many", "nan", "inf", "1e400"])
def test_what_is_not_a_number_is_refused(text: str, frame: Frame) -> None:
    with pytest.raises(BadInput, match="amount"):
        event_from_form("income", frame.scene, {"amount": text}, 3)


def test_nobody_posts_for_a_household(frame: Frame) -> None:
    assert not set(authors(frame.scene)) & set(frame.scene.names[: frame.scene.households])
