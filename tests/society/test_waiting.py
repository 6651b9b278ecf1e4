"""Seats, queues and waiting: who is served when, who sees it, and who remembers it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from recorded import keep
from towns import Script, make, put, run, village

from econsim_mesa.domains.economy.actions import PlaceOrder
from econsim_mesa.domains.mobility.actions import MoveTo
from econsim_mesa.errors import ScenarioError
from econsim_mesa.prompts import render
from econsim_mesa.runs.replay import replay
from econsim_mesa.scenario import load_scenario
from econsim_mesa.society.model import EconModel
from econsim_mesa.society.requests import Request
from econsim_mesa.society.view import View

AT_CAFE = (1, 1)
CAFE = "agents__Restaurant__Cafe__"


def order(*names: str, item: str = "Pie", ttl: int = 4) -> dict[str, Any]:
    return {name: (PlaceOrder("Cafe", item, 1, ttl),) for name in names}


def town(acts: Any, seats: int | None = 1, steps: int = 1, **changes: Any) -> EconModel:
    seating = {f"{CAFE}seats": seats, f"{CAFE}seat_steps": steps}
    model = make(village(**seating, **changes), decider=Script(acts))
    put(model, dict.fromkeys(range(3), AT_CAFE))
    return model


def sales(records: dict[str, list[Any]]) -> list[tuple[int, str, int]]:
    return [(sale.step, sale.buyer, sale.waited) for sale in records["sales"]]


def test_who_is_served_food_sits_and_the_others_wait() -> None:
    records = run(town({0: order("H0", "H1", "H2")}, steps=1), 4)
    served = sales(records)
    assert [(step, waited) for step, _, waited in served] == [(0, 0), (1, 1), (2, 2)]
    assert {buyer for _, buyer, _ in served} == {"H0", "H1", "H2"}
    slow = run(town({0: order("H0"), 1: order("H1", ttl=2)}, steps=3), 5)
    assert sales(slow) == [(0, "H0", 0)]
    (refused,) = slow["rejections"]
    assert (refused.step, refused.agent, refused.cause) == (2, "H1", "expired: no seat")
    words = "Cafe could not serve 1 Pie: no seat was free; come when it is less busy"
    assert refused.reason == words


def test_who_sits_may_order_more_and_who_leaves_frees_the_seat() -> None:
    more = {0: order("H0"), 1: {**order("H0"), **order("H1")}}
    assert sales(run(town(more, steps=2), 4)) == [(0, "H0", 0), (1, "H0", 0), (3, "H1", 2)]
    leaves = {0: {"H0": (PlaceOrder("Cafe", "Pie", 1, 1), MoveTo("2,2"))}, 1: order("H1")}
    assert sales(run(town(leaves, steps=9), 3)) == [(0, "H0", 0), (1, "H1", 0)]
    back = {**leaves, 1: {"H0": (MoveTo("Cafe"),), **order("H1")}, 2: order("H0", ttl=1)}
    assert sales(run(town(back, steps=9), 4)) == [(0, "H0", 0), (1, "H1", 0)]


def test_what_is_no_food_needs_no_seat_and_without_seats_nobody_waits() -> None:
    sells = {f"{CAFE}sells": {"Pie": {"stock": 9}, "Cart": {"stock": 9}}}
    acts = {0: {**order("H0"), **order("H1", item="Cart")}}
    assert sorted(sales(run(town(acts, steps=9, **sells), 2))) == [(0, "H0", 0), (0, "H1", 0)]
    everybody = run(town({0: order("H0", "H1", "H2")}, seats=None), 1)
    assert len(everybody["sales"]) == 3
    assert run(town({0: order("H0", ttl=1)}, seats=0), 1)["sales"] == []


def said(view: View, agent: int) -> str:
    return render(Request(view, agent, "Household")).user


def test_the_queue_is_seen_at_the_store_and_by_deciders() -> None:
    acts = {0: order("H0", "H1", "H2", ttl=6)}
    model = town(acts, steps=9)
    run(model, 1)
    view = model.look()
    assert (view.economy.queue.tolist(), view.economy.free_seats.tolist()) == ([2, 0], [0, -1])
    line = next(line for line in said(view, 0).split("\n") if line.startswith("[here]"))
    assert line.endswith("2 others here; 0 of 1 seats free; 2 orders of 2 households waiting")
    plain = town(acts, seats=None)
    run(plain, 1)
    told = said(plain.look(), 0)
    assert told.count("waiting") + told.count("seats") == 0


def test_waiting_is_remembered_and_so_is_leaving_without() -> None:
    acts = {
        0: order("H0", "H1", "H2", ttl=2),
        4: {name: (MoveTo("5,5"),) for name in ("H0", "H1", "H2")},
    }
    model = town(acts)
    records = run(model, 6)
    second = next(buyer for _, buyer, waited in sales(records) if waited == 1)
    last = records["rejections"][0].agent
    memory, view = model.town.visit_memory.view(), model.look()
    slots = {name: model.town.roster.number[name] for name in (second, last)}
    for name, number in slots.items():
        text = said(view, number)
        assert memory.waited[number].tolist().count(1) == 1, name
        assert (
            "[known] Cafe: 2 cells away; seen Mon 03:00 with 2 others; waited 1 step there" in text
        )
    served, left = (said(view, slots[name]) for name in (second, last))
    assert "waited 1 step for 1 Pie at Cafe, bought for 100 coin" in served
    assert "no seat was free; come when it is less busy; waited, and left without it" in left
    first = next(buyer for _, buyer, waited in sales(records) if waited == 0)
    assert "waited" not in said(view, model.town.roster.number[first])


def test_seats_of_a_retailer_are_refused() -> None:
    with pytest.raises(ScenarioError, match="sells to take away"):
        load_scenario("pizza_place", set={"agents.Retailer.Daily Mart.seats": 3})


def test_a_town_with_everything_about_places_on_is_replayed(tmp_path: Path) -> None:
    place = "agents.Restaurant.Pizza Place"
    settings = {
        f"{place}.seats": 2,
        f"{place}.seat_steps": 2,
        f"{place}.opens": {"fri": ["11:00", "21:00"], "sat": ["10:00", "20:00"]},
        "clock.meals": [{"name": "lunch", "from": "11:30", "to": "14:00"}],
        "stress.stressors.congestion.homes": False,
    }
    model = EconModel("pizza_place", seed=3, steps=20, set=settings)
    folder = keep(model, tmp_path / "run")
    assert replay(folder) == 20
    waits = model.town.visit_memory.waited
    assert waits.max() > 0
