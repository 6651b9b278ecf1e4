"""Every setting that a fork may change makes a difference from the step on in which it does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from recorded import content, go_on, keep, rows

from econsim_mesa.prompts import render
from econsim_mesa.runs.fork import fork
from econsim_mesa.runs.reader import load_run
from econsim_mesa.runs.replay import replay
from econsim_mesa.society.model import EconModel
from econsim_mesa.society.requests import Requests
from econsim_mesa.society.view import observe

pytestmark = pytest.mark.soak  # a run for each setting

AT, STEPS = 16, 32
LATE = {"clock.start": "2025-12-22T09:00"}
"""``pizza_place`` from its fourth day on: the promotion is on from step 12 to 47."""
SALE = "events.2"
DIFFERENT: dict[str, dict[str, Any]] = {
    "stress off": {"stress.mode": "off"},
    "stress frozen": {"stress.mode": "frozen"},
    "stress shuffled": {"stress.mode": "shuffled"},
    "hidden hunger": {"stress.hide": ["hunger"]},
    "scope": {"stress.scope": "own"},
    "weights": {"stress.weights": {"hunger": 50.0}},
    "target of hunger": {"stress.stressors.hunger.target": 30.0},
    "limit of fatigue": {"stress.stressors.fatigue.limit": 2.0},
    "radius of congestion": {"stress.stressors.congestion.radius": 3},
    "buffer of money": {"stress.stressors.money.buffer": 500.0},
    "no memory": {"memory.hide": ["all"]},
    "no memory of crowds": {"memory.hide": ["crowding"]},
    "walking forgotten": {"choice.memory_hours": 0.2},
    "feed blocked": {"social.feed": "blocked"},
    "feed shuffled": {"social.feed": "shuffled"},
    "short timeline": {"social.timeline.hours": 1},
    "suggestions": {"social.recommender.suggestions": 0},
    "no capacity": {"agents.Restaurant.Pizza Place.capacity_per_step": 0},
    "answered orders": {"agents.Retailer.Daily Mart.acceptance": "decide"},
    "decider of a store": {"agents.Retailer.Daily Mart.decider": "random"},
    "ttl": {"market.ttl": 5},
    "tax": {"market.consumption_tax": 0.25},
    "distance": {"choice.go.distance.value": -3.0},
    "timeline term": {"choice.go.timeline.value": 9.0},
    "meal": {"choice.meal": 9.0},
    "overnight": {"clock.overnight": "stay"},
    "another percent": {f"{SALE}.percent": 90.0},
    "other items": {f"{SALE}.items": ["Soda"]},
    "an earlier end": {f"{SALE}.when.between": ["2025-12-23T00:00", "2025-12-24T00:00"]},
    "no events": {"events": []},
    "decider": {"decider": "random"},
    "mixed": {"agents.Household.mixed": {"idle": 25}},
}
BESIDE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "short memory": ({"choice.go.crowd.value": -9.0}, {"memory.steps": 1}),
    "temperature": (
        {"choice.follow.look.value": 1.0},
        {"social.recommender.temperature": 50.0},
    ),
}
"""Settings that matter much only where another one is large: that one, and the setting."""


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    model = EconModel("pizza_place", seed=5, steps=STEPS, set=LATE)
    return keep(model, tmp_path_factory.mktemp("parent") / "run")


def branch(parent: Path, folder: Path, changes: dict[str, Any], at: int = AT) -> Path:
    return go_on(*fork(parent, at, changes, folder))


@pytest.mark.parametrize("name", list(DIFFERENT))
def test_a_setting_changes_what_happens(name: str, parent: Path, tmp_path: Path) -> None:
    folder = branch(parent, tmp_path / "fork", DIFFERENT[name])
    assert content(folder, end=AT) == content(parent, end=AT)
    assert content(folder, begin=AT) != content(parent, begin=AT)
    assert replay(folder) == STEPS


@pytest.mark.parametrize("name", list(BESIDE))
def test_a_setting_changes_what_happens_beside_another(
    name: str, parent: Path, tmp_path: Path
) -> None:
    other, changes = BESIDE[name]
    plain = branch(parent, tmp_path / "plain", other)
    folder = branch(parent, tmp_path / "fork", {**other, **changes})
    assert content(folder, begin=AT) != content(plain, begin=AT)
    assert replay(folder) == STEPS


def test_partial_fill_serves_what_is_left(tmp_path: Path) -> None:
    stock = {f"agents.Retailer.Daily Mart.sells.{item}.stock": 1 for item in ("Rice", "Bread")}
    bulk = {"choice.item.second.value": 9.0, "choice.item.constant.value": 9.0}
    model = EconModel("pizza_place", seed=5, steps=30, set={**stock, **bulk})
    parent = keep(model, tmp_path / "run")
    changes = {"agents.Retailer.Daily Mart.partial_fill": True}
    folder = branch(parent, tmp_path / "fork", changes, 1)
    assert content(folder, begin=1) != content(parent, begin=1)
    assert replay(folder) == 30


def test_a_tax_is_taken_from_the_change_on(parent: Path, tmp_path: Path) -> None:
    folder = branch(parent, tmp_path / "fork", {"market.consumption_tax": 0.25})
    sales = rows(folder, "sales", AT)
    assert sales
    for sale in sales:
        amount, net, tax = sale[6:9]
        assert net == (amount * 8_000 + 5_000) // 10_000
        assert tax == amount - net
    assert {sale[8] for sale in rows(folder, "sales", end=AT)} == {0}


def test_a_tax_by_event_survives_another_change(tmp_path: Path) -> None:
    model = EconModel("two_towns", seed=5, steps=100)
    for _ in range(93):  # 6 March, 00:00: step 89
        model.step()
    assert model.town.economy.market.tax_rate_bp == 1500
    model.reconfigure({"stress.mode": "off"})
    model.step()
    assert model.town.economy.market.tax_rate_bp == 1500
    model.reconfigure({"market.consumption_tax": 0.2})
    model.step()
    assert model.town.economy.market.tax_rate_bp == 2000


def test_a_promotion_that_is_on_changes_its_percent(parent: Path, tmp_path: Path) -> None:
    folder = branch(parent, tmp_path / "fork", {f"{SALE}.percent": 90.0})
    prices = [row[1:] for row in rows(folder, "prices", AT)]
    assert prices[-1] == ("Pizza Place", "Pizza", 2000, 200)
    assert [row[1:] for row in rows(folder, "events", AT, AT + 1)][:2] == [
        ("promotion", "promotion at Pizza Place ends"),
        ("promotion", "90 % off at Pizza Place: Pizza"),
    ]
    sold = [sale for sale in rows(folder, "sales", AT + 1) if sale[3] == "Pizza"]
    assert {sale[5] for sale in sold} <= {200}


def test_a_promotion_that_is_on_is_removed(parent: Path, tmp_path: Path) -> None:
    with load_run(parent) as run:
        events = [event.model_dump(mode="json") for event in run.scenario.events]
    assert events[2]["type"] == "promotion"
    folder = branch(parent, tmp_path / "fork", {"events": events[:2] + events[3:]})
    assert rows(folder, "prices", AT) == [(AT, "Pizza Place", "Pizza", 2000, 2000)]
    named = [row[1] for row in rows(folder, "events", AT + 1)]
    assert "promotion" not in named
    assert {"salary", "restock", "scripted_posts"} <= set(named) | {"salary"}
    assert replay(folder) == STEPS


def test_no_event_happens_when_all_are_removed(parent: Path, tmp_path: Path) -> None:
    folder = branch(parent, tmp_path / "fork", {"events": []})
    assert [row[1:] for row in rows(folder, "events", AT)] == [
        ("promotion", "promotion at Pizza Place ends")
    ]
    assert not rows(folder, "transfers", AT)


def test_events_that_stay_keep_their_state_when_others_go(tmp_path: Path) -> None:
    model = EconModel("pizza_place", seed=5, steps=STEPS, set=LATE)
    parent = keep(model, tmp_path / "run")
    events = [event.model_dump(mode="json") for event in model.config.events]
    kept = [events[4], events[2], events[1], events[3], events[5]]  # without salary, another order
    folder = branch(parent, tmp_path / "fork", {"events": kept})
    posts = [row[3] for row in rows(folder, "posts", AT) if row[4] == "Restaurant"]
    assert posts == [row[3] for row in rows(parent, "posts", AT) if row[4] == "Restaurant"]
    assert not rows(folder, "prices", AT)  # the promotion went on
    assert not [row for row in rows(folder, "transfers", AT) if row[5] == "income"]


def test_an_event_that_is_added_happens(parent: Path, tmp_path: Path) -> None:
    with load_run(parent) as run:
        events = [event.model_dump(mode="json") for event in run.scenario.events]
    events.insert(0, {"type": "grant", "when": {"at": AT + 1}, "item": "Rice", "quantity": 1})
    folder = branch(parent, tmp_path / "fork", {"events": events})
    granted = [
        row for row in rows(folder, "transfers", AT) if row[3] == "Rice" and row[1] == "world"
    ]
    assert {row[2] for row in granted if row[2].startswith("H")} == {f"H{i}" for i in range(30)}
    assert {row[0] for row in granted if row[2].startswith("H")} == {AT + 1}
    assert not rows(folder, "prices", AT)
    assert replay(folder) == STEPS


def levels(model: EconModel) -> Any:
    """Return what is felt in the step to come."""
    return model.town.stress.felt(model.town.t + 1).levels.copy()


def test_frozen_in_a_fork_is_as_it_was_when_the_fork_began(parent: Path, tmp_path: Path) -> None:
    model, recorder = fork(parent, AT, {"stress.mode": "frozen"}, tmp_path / "fork")
    begin = model.town.stress.own.copy()
    for _ in range(5):
        model.step()
        assert np.array_equal(levels(model), begin)
        assert not np.array_equal(model.town.stress.own, begin)
    recorder.close("interrupted")
    recorded = [row[6:] for row in rows(parent, "agents", AT - 1, AT)]
    assert np.array_equal(begin, np.array(recorded))


def test_a_fork_of_a_frozen_fork_stays_frozen_as_it_was(parent: Path, tmp_path: Path) -> None:
    first = go_on(*fork(parent, AT, {"stress.mode": "frozen"}, tmp_path / "first"), AT + 6)
    model, recorder = fork(first, AT + 3, {"social.feed": "blocked"}, tmp_path / "second")
    model.step()
    recorder.close("interrupted")
    recorded = [row[6:] for row in rows(parent, "agents", AT - 1, AT)]
    assert np.array_equal(levels(model), np.array(recorded))


def test_frozen_at_step_0_is_as_after_the_first_update(parent: Path, tmp_path: Path) -> None:
    model, recorder = fork(parent, 0, {"stress.mode": "frozen"}, tmp_path / "fork")
    model.step()
    first = model.town.stress.own.copy()
    for _ in range(4):
        model.step()
        assert np.array_equal(levels(model), first)
    recorder.close("interrupted")


def shown(model: EconModel) -> list[str]:
    """Return the prompts of all households in the step just made."""
    view = observe(model.town)
    return [render(request).user for request in Requests(view, range(model.town.roster.households))]


@pytest.mark.parametrize(
    ("changes", "gone"),
    [
        ({"stress.mode": "off"}, r"\[stress\]"),
        ({"stress.threshold": 60.0}, r"(fatigue|hunger) [1-5]\d:"),
        ({"stress.hide": ["money"]}, r"money \d+:"),
        ({"memory.characters": 0}, r"\[memory\]\n"),
        ({"memory.hide": ["thoughts", "posts_read"]}, " read "),
        ({"social.feed": "blocked"}, r"\[posts\]"),
    ],
)
def test_a_setting_changes_what_is_shown(changes: dict[str, Any], gone: str) -> None:
    all_levels = {"stress.threshold": 0.0}
    model, other = (EconModel("pizza_place", seed=5, set=all_levels) for _ in range(2))
    for _ in range(14):
        model.step()
        other.step()
    other.reconfigure(changes)
    model.step()
    other.step()
    model.town.begin(15)
    other.town.begin(15)
    assert any(re.search(gone, text) for text in shown(model))
    assert not any(re.search(gone, text) for text in shown(other))


def test_keywords_count_from_the_change_on() -> None:
    model = EconModel("pizza_place", seed=5, steps=40)
    for _ in range(20):
        model.step()
    model.reconfigure({"keywords": []})
    model.run_model()
    counted = model.datacollector.get_model_vars_dataframe()["keyword_posts"].tolist()
    assert sum(counted[:20]) > 0
    assert sum(counted[20:]) == 0
