"""What the model promises to those who drive it: deciders, interventions, luck, broken steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from econsim_mesa.deciders.utility.plans import BUY, utilities
from econsim_mesa.errors import BadInput, ScenarioError
from econsim_mesa.society.action import Decision
from econsim_mesa.society.model import EconModel
from econsim_mesa.society.view import observe


class Eyes:
    """A decider that is no more than its one method; not even hashable."""

    name = "eyes"
    __hash__ = None  # type: ignore[assignment]

    def __init__(self) -> None:
        self.kinds: set[str] = set()

    def decide(self, requests: Any) -> list[Decision]:
        self.kinds |= {request.kind for request in requests}
        return [Decision(decider=self.name)] * len(requests)


def test_a_decider_object_decides_for_all_households_and_no_store() -> None:
    eyes = Eyes()
    model = EconModel("pizza_place", decider=eyes, set={"agents.Household.mixed": {"utility": 5}})
    model.step()
    assert eyes.kinds == {"Household"}
    deciders = [row.decider for row in model.town.records["decisions"]]
    assert deciders == ["eyes"] * 30 + ["utility"] * 2


def test_an_intervention_without_a_trigger_happens_in_the_next_step() -> None:
    model = EconModel("pizza_place", seed=1, decider="idle")
    for _ in range(3):
        model.step()
    before = model.town.economy.cash().copy()
    model.intervene({"type": "salary", "amount": 500})
    model.step()
    model.step()
    assert (model.town.economy.cash() - before == 500).all()
    with pytest.raises(BadInput, match="the next step is 5"):
        model.intervene({"type": "salary", "amount": 500, "when": {"at": 2}})


def test_settings_that_do_not_fit_together_are_refused_before_the_step() -> None:
    model = EconModel("pizza_place", seed=1, decider="idle")
    model.reconfigure({"market.ttl": 10})
    with pytest.raises(ScenarioError, match="max_ttl"):
        model.reconfigure({"market.max_ttl": 5})
    model.step()
    assert model.config.market.ttl == 10


def test_an_events_luck_does_not_depend_on_other_events() -> None:
    rare = {"type": "salary", "amount": 7, "when": {"every": "step", "probability": 0.3}}
    dose = {"type": "scripted_posts", "author": "Bot", "account": True, "texts": ["hi"],
            "per_day": [0, 2, 4]}  # fmt: skip
    sale = {"type": "promotion", "store": "Pizza Place", "percent": 10,
            "when": {"between": [2, 9]}}  # fmt: skip

    def happened(events: list[dict[str, Any]]) -> list[tuple[int, str]]:
        model = EconModel("pizza_place", seed=1, decider="idle", steps=36, set={"events": events})
        found = []
        while model.running:
            model.step()
            found += [(row.step, row.event) for row in model.town.records["events"]]
        return [one for one in found if one[1] != "promotion"]

    assert happened([sale, rare, dose]) == happened([rare, dose])


def test_nothing_is_bought_where_nothing_is_in_stock() -> None:
    empty = {"agents.Restaurant.Pizza Place.sells.Pizza.stock": 0,
             "agents.Restaurant.Pizza Place.sells.Soda.stock": 0}  # fmt: skip
    model = EconModel("pizza_place", seed=1, set=empty)
    utility = model.scheduler.deciders[0]
    space, rows = model.town.mobility.space, np.arange(30)
    x, y = model.town.mobility.store_cells[0]
    space.place(rows, np.full(30, x), np.full(30, y), 0)
    model.town.begin(0)
    view = observe(model.town)
    seen = utility.perceive(view, rows)  # type: ignore[attr-defined]
    plans = utilities(seen, utility.facts(view))  # type: ignore[attr-defined]
    assert (seen.standing == 0).all()
    assert np.isneginf(plans[:, BUY]).all()
