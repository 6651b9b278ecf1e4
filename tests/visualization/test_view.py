"""A history is filled by the records of a run alone; a frame of it says how the town stood."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from econsim_mesa.visualization.replay import Replay
from econsim_mesa.visualization.view import Frame

from econsim_mesa.errors import BadInput
from econsim_mesa.runs.reader import load_run
from econsim_mesa.runs.recorder import Recorder
from econsim_mesa.society.model import EconModel

STEPS, KEEP_OUT = 8, [[4, 0], [4, 1]]


@dataclass
class Seen:
    """What a model itself said after each step, to compare frames with."""

    folder: Path
    x: list[Any] = field(default_factory=list)
    cash: list[Any] = field(default_factory=list)
    overall: list[Any] = field(default_factory=list)
    closed: list[set[tuple[int, int]]] = field(default_factory=list)
    edges: list[set[tuple[str, str]]] = field(default_factory=list)
    stock: list[Any] = field(default_factory=list)
    posted: list[Any] = field(default_factory=list)

    def note(self, model: EconModel) -> None:
        town = model.town
        self.x.append(town.mobility.space.x.copy())
        self.cash.append(town.economy.cash().copy())
        self.overall.append(town.stress.overall().copy())
        self.closed.append({(int(x), int(y)) for x, y in np.argwhere(town.mobility.space.closed)})
        self.edges.append(set(town.social.graph.graph.edges))
        self.stock.append(town.economy.stock().copy())
        self.posted.append(town.economy.prices.posted.copy())


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    folder = tmp_path_factory.mktemp("run") / "busy"
    changes = {"market.swaps": True, "grid.closed": [[0, 9]], "stress.weights": {"hunger": 3.0}}
    model = EconModel("pizza_place", seed=5, decider="random", steps=STEPS, set=changes)
    recorder = Recorder.begin(model, folder)
    found = Seen(recorder.folder)
    while model.running:
        if model.town.t == 2:
            model.intervene({"type": "keep_out", "cells": KEEP_OUT, "when": {"between": [3, 6]}})
            model.intervene(
                {
                    "type": "promotion",
                    "store": "Daily Mart",
                    "percent": 50,
                    "when": {"between": [3, 5]},
                }
            )
        model.step()
        found.note(model)
    return found


@pytest.fixture(scope="module")
def replay(seen: Seen) -> Replay:
    return Replay.open(seen.folder)


def test_a_frame_says_how_the_town_stood(seen: Seen, replay: Replay) -> None:
    scene = replay.history.scene
    for step in range(STEPS):
        frame = replay.history.frame(step)
        assert (frame.x == seen.x[step]).all()
        assert (frame.cash == seen.cash[step]).all()
        assert frame.stress() == pytest.approx(seen.overall[step], abs=1e-4)
        named = {(scene.names[u], scene.names[v]) for u, v in frame.follows}
        assert named == seen.edges[step]
        for index, store in enumerate(frame.stores):
            for item in scene.stores[index].items:
                column = list(scene.scenario.items).index(item)
                assert store.stock[item] == seen.stock[step][index, column]
                assert store.posted[item] == seen.posted[step][index, column]
    assert len(seen.edges[-1]) != len(seen.edges[0]), "nobody followed: the test shows nothing"


def test_closed_cells_come_from_the_scenario_and_from_interventions(
    seen: Seen, replay: Replay
) -> None:
    closed = [set(replay.history.frame(step).closed) for step in range(STEPS)]
    assert closed == seen.closed
    assert {len(cells) for cells in closed} == {1, 3}


def test_before_the_first_step_everybody_is_at_home(replay: Replay) -> None:
    frame, scene = replay.history.frame(-1), replay.history.scene
    assert (frame.x == scene.home_x).all()
    assert (frame.y == scene.home_y).all()
    assert not frame.asleep.any()
    assert frame.stores[0].posted == {"Pizza": 2000, "Soda": 150}
    assert frame.time == replay.history.frame(0).time


def test_records_of_a_step_and_up_to_it(seen: Seen, replay: Replay) -> None:
    with load_run(seen.folder) as run:
        for table in ("posts", "rejections", "sales"):
            recorded = [tuple(row) for row in run.rows(table)]
            steps = Counter(row[0] for row in recorded)
            assert recorded, f"no {table}: the test shows nothing"
            assert [tuple(row) for row in replay.history.frame().so_far(table)] == recorded
            for step in range(STEPS):
                assert len(replay.history.frame(step).new(table)) == steps[step]


def test_a_replay_goes_step_by_step_to_its_end(replay: Replay) -> None:
    shown, frame = [], replay.next(-1)
    while frame is not None:
        shown.append(frame.step)
        frame = replay.next(frame.step)
    assert shown == list(range(STEPS))
    assert (replay.planned, replay.history.last) == (STEPS, STEPS - 1)


def test_a_series_is_worked_out_once_a_step(replay: Replay) -> None:
    asked: list[int] = []

    def measure(frame: Frame) -> int:
        asked.append(frame.step)
        return int(frame.x.sum())

    early = replay.history.frame(2).series(measure)
    late = replay.history.frame(5).series(measure)
    assert asked == list(range(6))
    assert late[:3] == early
    assert late[5] == replay.history.frame(5).x.sum()


def test_decisions_are_counted_by_who_decided(replay: Replay) -> None:
    assert replay.history.frame(0).outcomes == {"random": {"accepted": 30}}
    assert sum(replay.history.frame().outcomes["random"].values()) <= 30 * STEPS


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not the folder of a run"):
        Replay.open(tmp_path)
