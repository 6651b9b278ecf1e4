"""Who was shown which post, against what the observations of a run hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from recorded import keep

from econsim_mesa import EconModel, load_run, load_scenario
from econsim_mesa.deciders.utility import Utility
from econsim_mesa.domains.social.exposure import Exposure
from econsim_mesa.runs.replay import replay
from econsim_mesa.society.action import Decision
from econsim_mesa.society.requests import Requests


class Noting(Utility):
    """Decides as the embedded decider, and notes the posts of every observation."""

    def __init__(self, scenario: Any) -> None:
        super().__init__(scenario)
        self.seen: dict[tuple[str, int], int] = {}

    def decide(self, requests: Requests) -> list[Decision]:
        for request in requests:
            observation = request.observation()
            for post in observation.social.posts:
                self.seen.setdefault((observation.name, post.id), observation.t)
        return super().decide(requests)


def test_each_is_shown_a_post_for_the_first_time_once() -> None:
    exposure = Exposure()
    everybody = np.array([True, True, True])
    first = np.array([[7, 5, -1], [5, -1, 7], [-1, -1, -1]], dtype=np.int32)
    assert exposure.first_shown(first, everybody, 0) == ([0, 0, 1, 1], [5, 7, 5, 7])
    second = np.array([[8, 7, 5], [9, 7, -1], [9, 5, -1]], dtype=np.int32)
    some = np.array([True, False, True])
    assert exposure.first_shown(second, some, 5) == ([0, 2, 2], [8, 5, 9])
    third = np.where(second == 5, -1, second)
    assert exposure.first_shown(third, everybody, 7) == ([1], [9])
    assert exposure.first_shown(third, everybody, 7) == ([], [])
    assert exposure.first_shown(np.empty((3, 0), np.int32), everybody, 9) == ([], [])


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"social.feed": "shuffled"},
        {"attention": "on_change"},
        {"clock.active": None, "social.timeline.hours": 3, "social.discovery": 2},
    ],
)
def test_a_run_records_what_its_observations_held(settings: Any, tmp_path: Path) -> None:
    scenario = load_scenario("pizza_place", steps=40, set=settings)
    decider = Noting(scenario)
    folder = keep(EconModel(scenario, seed=2, decider=decider), tmp_path / "run")
    shown = load_run(folder).shown
    recorded = {(row.agent, row.post): row.step for row in shown.itertuples()}
    assert recorded == decider.seen
    assert len(recorded) == len(shown) > 100


@pytest.mark.parametrize("mode", ["on", "shuffled", "blocked"])
def test_a_replay_compares_who_was_shown_what(mode: str, tmp_path: Path) -> None:
    model = EconModel("pizza_place", seed=2, steps=14, set={"social.feed": mode})
    folder = keep(model, tmp_path / "run")
    assert replay(folder) == 14
    assert (len(load_run(folder).shown) == 0) == (mode == "blocked")
