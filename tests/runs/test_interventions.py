"""Interventions: recorded before they act, and replayed."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from recorded import keep, rows
from towns import make, village

from econsim_mesa.domains.economy.price_events import Promotion
from econsim_mesa.domains.economy.transfer_events import Grant
from econsim_mesa.errors import BadInput, ScenarioError
from econsim_mesa.runs.fork import fork
from econsim_mesa.runs.reader import fingerprint
from econsim_mesa.runs.recorder import Recorder
from econsim_mesa.runs.replay import replay
from econsim_mesa.runs.resume import resume
from econsim_mesa.scenario import When
from econsim_mesa.society.model import EconModel


def grant(step: int, quantity: int = 1) -> dict[str, Any]:
    return {"type": "grant", "when": {"at": step}, "item": "Rice", "quantity": quantity}


def run_to(model: EconModel, step: int) -> None:
    while model.town.t + 1 < step:
        model.step()


def test_events_as_json_and_as_objects_act_and_replay(tmp_path: Path) -> None:
    model = EconModel("pizza_place", seed=5, steps=20)
    recorder = Recorder.begin(model, tmp_path / "run")
    model.intervene(grant(0))
    run_to(model, 4)
    sale = Promotion(when=When(between=(4, 8)), store="Daily Mart", items=("Rice",), percent=50.0)
    model.intervene(sale)
    model.intervene(Grant(when=When(at=5), item="Rice", quantity=2))
    model.run_model()
    recorder.close()
    inputs = rows(tmp_path / "run", "inputs")
    assert [row[:2] for row in inputs] == [(0, "event"), (4, "event"), (4, "event")]
    assert json.loads(inputs[1][2])["percent"] == 50.0
    granted = [row[0] for row in rows(tmp_path / "run", "transfers", 0) if row[5] == "grant"]
    assert sorted(set(granted)) == [0, 5]
    assert [row[0] for row in rows(tmp_path / "run", "prices", 0) if row[2] == "Rice"] == [4, 8]
    assert replay(tmp_path / "run") == 20


def test_an_object_and_its_json_are_one_input(tmp_path: Path) -> None:
    event = Grant(when=When(at=3), item="Rice", quantity=2)
    given = [event, event.model_dump(mode="json"), grant(3, 2), {**grant(3), "quantity": 2}]
    found = []
    for k, one in enumerate(given):
        model = EconModel("pizza_place", seed=5, steps=6)
        model.intervene(one)
        found.append(fingerprint(keep(model, tmp_path / str(k))))
    assert len(set(found)) == 1


def test_values_of_python_and_numpy_are_recorded_as_json(tmp_path: Path) -> None:
    model = EconModel("pizza_place", seed=5, steps=6)
    when = {"at": datetime(2025, 12, 19, 11)}
    model.intervene({"type": "grant", "when": when, "item": "Rice", "quantity": np.int64(2)})
    model.reconfigure({"stress.weights": {"hunger": np.float64(2.0)}, "memory.hide": ("prices",)})
    folder = keep(model, tmp_path / "run")
    content = [json.loads(row[2]) for row in rows(folder, "inputs")]
    assert content[0]["when"]["at"] == "2025-12-19T11:00:00"
    assert content[0]["quantity"] == 2
    assert content[1] == {"memory.hide": ["prices"], "stress.weights": {"hunger": 2.0}}
    assert {row[0] for row in rows(folder, "transfers", 0) if row[5] == "grant"} == {2}
    assert replay(folder) == 6


def test_settings_act_from_the_next_step_on_and_replay(tmp_path: Path) -> None:
    model = EconModel("pizza_place", seed=5, steps=20)
    recorder = Recorder.begin(model, tmp_path / "run")
    run_to(model, 6)
    model.reconfigure({"stress.mode": "off"})
    assert model.config.stress.mode == "on"
    model.step()
    assert model.config.stress.mode == "off"
    run_to(model, 12)
    model.reconfigure({"stress.mode": "on", "social.feed": "blocked"})
    model.reconfigure({"memory.steps": 3})
    model.run_model()
    recorder.close()
    assert [row[0] for row in rows(tmp_path / "run", "inputs")] == [6, 12, 12]
    assert replay(tmp_path / "run") == 20


def test_an_intervention_outlives_a_change_of_the_scenarios_events(tmp_path: Path) -> None:
    for name, events in {"fewer": [], "more": [grant(9), grant(10), *[grant(11)] * 9]}.items():
        model = EconModel("pizza_place", seed=5, steps=16)
        recorder = Recorder.begin(model, tmp_path / name)
        model.intervene(
            {
                "type": "promotion",
                "when": {"between": [2, 12]},
                "store": "Daily Mart",
                "percent": 50.0,
            }
        )
        model.intervene(grant(14))
        run_to(model, 6)
        model.reconfigure({"events": events})
        model.run_model()
        recorder.close()
        begins = {row[0] for row in rows(tmp_path / name, "prices", 0) if row[2] == "Rice"}
        assert begins == {2, 12}, name
        granted = {row[0] for row in rows(tmp_path / name, "transfers", 0) if row[5] == "grant"}
        assert 14 in granted
        assert replay(tmp_path / name) == 16


def test_interventions_of_a_run_are_the_past_of_its_fork_and_resumption(tmp_path: Path) -> None:
    model = EconModel("pizza_place", seed=5, steps=12)
    model.intervene(grant(7, 3))
    parent = keep(model, tmp_path / "run")
    again, recorder = fork(parent, 4, {}, tmp_path / "fork")
    again.run_model()
    recorder.close()
    assert fingerprint(tmp_path / "fork") == fingerprint(parent)
    other = EconModel("pizza_place", seed=5, steps=12)
    other.intervene(grant(7, 3))
    stopped = keep(other, tmp_path / "stopped", until=5)
    resumed, recorder = resume(stopped)
    resumed.run_model()
    recorder.close()
    assert fingerprint(stopped) == fingerprint(parent)


@pytest.mark.parametrize(
    "event",
    [
        {"type": "grant", "when": {"at": 3}, "item": "Gold", "quantity": 1},
        {"type": "grent"},
        {},
        {"type": "grant", "item": "Rice", "quantity": -1},
        {"type": "scripted_posts", "author": "Eve", "account": True, "texts": ["Hello"]},
        {"type": "scripted_posts", "author": "H1", "texts": ["Hello"]},
        {"type": "grant", "item": "Rice", "quantity": object()},
    ],
)
def test_a_bad_event_is_refused_at_once(event: dict[str, Any]) -> None:
    model = EconModel("pizza_place", seed=5, steps=4)
    with pytest.raises(ScenarioError):
        model.intervene(event)
    model.run_model()
    assert not model.town.records["inputs"]


@pytest.mark.parametrize("changes", [{"stress.mode": 7}, {"a.b": 1}, {"memory.steps": object()}])
def test_a_bad_setting_is_refused_at_once(changes: dict[str, Any]) -> None:
    model = EconModel("pizza_place", seed=5, steps=4)
    with pytest.raises(BadInput):
        model.reconfigure(changes)
    model.run_model()


def test_an_author_who_lives_in_the_town_may_post(tmp_path: Path) -> None:
    events = [{"type": "scripted_posts", "author": "Eve", "account": True, "texts": ["One"]}]
    model = make(village(steps=5, events=events), decider="idle")
    told = {"type": "scripted_posts", "when": {"at": 3}, "texts": ["Two\u2028\u202e "]}
    model.intervene({**told, "author": "Eve", "account": True})
    model.intervene({**told, "author": "Cafe"})
    folder = keep(model, tmp_path / "run")
    posts = [(row[0], row[2], row[3]) for row in rows(folder, "posts")]
    assert posts == [(0, "Eve", "One"), (3, "Eve", "Two"), (3, "Cafe", "Two")]
    assert replay(folder) == 5


def test_luck_belongs_to_the_event_whatever_is_added(tmp_path: Path) -> None:
    chance = {"type": "grant", "when": {"every": 1, "probability": 0.5}, "item": "Rice"}
    events = [{**chance, "quantity": 1}, {**chance, "quantity": 2}]

    def amounts(folder: Path, quantity: int) -> list[int]:
        found = [row for row in rows(folder, "transfers", 0) if row[5] == "grant"]
        return sorted({row[0] for row in found if row[4] == quantity})

    parent = EconModel("pizza_place", seed=5, steps=24, set={"events": events}, decider="idle")
    folder = keep(parent, tmp_path / "run")
    model, recorder = fork(folder, 2, {"events": [grant(3, 7), events[1]]}, tmp_path / "fork")
    model.intervene({**chance, "quantity": 4})
    model.run_model()
    recorder.close()
    assert amounts(tmp_path / "fork", 2) == amounts(folder, 2)
    assert 4 < len(amounts(folder, 2)) < 20
    assert amounts(tmp_path / "fork", 4) not in (amounts(folder, 1), amounts(folder, 2))
    assert not [step for step in amounts(tmp_path / "fork", 1) if step >= 2]
    assert replay(tmp_path / "fork") == 24
