"""An experiment that asks a model says how long the calls that are left will take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from studies import study

from econsim_mesa.experiment.jobs import Job, JobProgress, JobResult
from econsim_mesa.experiment.load import Design
from econsim_mesa.experiment.run import run_experiment
from econsim_mesa.experiment.runner import ExperimentProgress, ProgressCounter
from econsim_mesa.llm.speed import ExpectedTime
from econsim_mesa.mock import MockServer
from econsim_mesa.mock.latency import Latency
from econsim_mesa.runs.costs import most_calls, need_of
from econsim_mesa.scenario import Scenario, load_scenario
from econsim_mesa.society.model import EconModel

STEPS, HOUSEHOLDS = 4, 5
TOWN = {"decider": "llm", "llm.model": "mock", "llm.client": "direct", "steps": STEPS}


def town(**changes: Any) -> Scenario:
    return load_scenario(
        "pizza_place", set={**TOWN, "agents.Household.count": HOUSEHOLDS, **changes}
    )


def counter(*scenarios: Scenario, finished: tuple[str, ...] = ()) -> ProgressCounter:
    plan: Any = None
    jobs = [Job(f"r{n}", Path(), one, 1, {}, plan) for n, one in enumerate(scenarios)]
    return ProgressCounter(jobs, finished, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"decider": "utility"},
        {"llm.summaries": {"every": 2}},
        {"agents.Household.mixed": {"utility": 2}},
        {"agents.Restaurant.Pizza Place.decider": "llm"},
    ],
)
def test_calls_are_known_without_a_model(changes: dict[str, Any]) -> None:
    scenario = town(**changes)
    assert most_calls(scenario) == need_of(EconModel(scenario, seed=1)).calls


def test_how_many_posts_a_model_will_write_is_not_known() -> None:
    assert most_calls(town(decider="utility_llm_words")) is None
    assert counter(town(), town(decider="utility_llm_words")).calls_left() is None


def test_calls_are_left_of_runs_that_go_on() -> None:
    runs = counter(town(), town(), town(decider="utility"), town(), finished=("r3",))
    assert runs.calls_left() == 2 * STEPS * HOUSEHOLDS
    runs.add(JobProgress("r0", 3))
    runs.add(JobProgress("r2", 3))
    assert runs.calls_left() == (1 + STEPS) * HOUSEHOLDS
    runs.add(JobResult("r1", "failed", "", 1))
    assert runs.calls_left() == HOUSEHOLDS
    runs.add(JobResult("r0", "finished", "", STEPS))
    assert runs.calls_left() == 0
    assert not runs.may_be_fewer()
    assert counter(town(attention="on_change")).may_be_fewer()


def test_the_time_is_that_of_the_calls_at_the_speed_of_replies() -> None:
    time = ExpectedTime.of(calls=100, per_minute=10, replies=4)
    assert time == (600, 300, 1200, 4)
    assert time.words == "10 minutes (5 minutes to 20 minutes, by 4 replies)"


@pytest.mark.parametrize(("attention", "says"), [("every_step", "about"), ("on_change", "at most")])
def test_the_progress_of_an_experiment_says_what_is_left(
    tmp_path: Path, attention: str, says: str
) -> None:
    design: Design = study(
        tmp_path,
        set={**TOWN, "llm.max_concurrency": 2, "attention": attention},
        factors={"stress.mode": ["on", "off"]},
        contrasts=[],
        hypotheses=[],
    )
    seen: list[ExperimentProgress] = []
    with MockServer(window=0.0, latency=Latency(mean=0.02)) as server:
        run_experiment(
            design,
            tmp_path / "out",
            operations={"base_url": server.base_url},
            watch=seen.append,
        )
    told = [progress.time_left for progress in seen if progress.time_left]
    assert told
    assert all(one.startswith(says) and one.endswith(("second", "seconds")) for one in told)
    assert seen[0].time_left == seen[-1].time_left == ""
