"""mesa.batch_run drives the model, in one process and in two, on either line of Mesa."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import mesa
import pandas as pd
import pytest
from mesa.batchrunner import batch_run

from econsim_mesa.scenario.overrides import SHORT
from econsim_mesa.society.collector import AGENT_REPORTERS, MODEL_REPORTERS
from econsim_mesa.society.model import EconModel

STEPS = 5
REPLICATES = 2
NEW_LINE = "rng" in inspect.signature(batch_run).parameters
ROW_AN_AGENT = NEW_LINE
"""Mesa 3.3 returns a row a run, since it does not read reporters by type of agent."""


def sweep(processes: int, **parameters: Any) -> pd.DataFrame:
    """Run a sweep of the case study, each point with two seeds, the way this Mesa wants it."""
    if NEW_LINE:
        seeds: dict[str, Any] = {"rng": [11, 12]}
        given = parameters
    else:
        seeds, given = {}, {**parameters, "seed": [11, 12]}
    rows = batch_run(
        EconModel,
        {"config": "pizza_place", "steps": STEPS, **given},
        number_processes=processes,
        max_steps=1000,
        data_collection_period=-1,
        display_progress=False,
        **seeds,
    )
    return pd.DataFrame(rows)


@pytest.mark.parametrize("processes", [1, 2])
def test_a_sweep_of_stress_and_households_has_all_its_rows(processes: int, tmp_path: Path) -> None:
    runs = sweep(processes, households=[3, 6], stress=["on", "off"], decider="random")
    points = runs.groupby(["households", "stress"])
    assert len(points) == 4
    for (households, _), rows in points:
        assert len(rows) == REPLICATES * (households if ROW_AN_AGENT else 1)
        assert rows["RunId"].nunique() == REPLICATES
    assert runs["RunId"].nunique() == 4 * REPLICATES
    assert runs["mean_stress"].between(0, 100).all()
    assert list(tmp_path.iterdir()) == []


def test_a_run_stops_by_itself_and_collects_each_step_once() -> None:
    rows = batch_run(
        EconModel,
        {"config": "pizza_place", "steps": STEPS, "households": 2, "decider": "idle"},
        number_processes=1,
        max_steps=1000,
        data_collection_period=1,
        display_progress=False,
    )
    times = pd.DataFrame(rows)["time"]
    assert times.nunique() == STEPS, f"Mesa {mesa.__version__}"


def test_two_processes_give_what_one_gives() -> None:
    columns = ["seed", "households", "AgentID", "cash", "units_sold"]
    one, two = (sweep(processes, households=[4]) for processes in (1, 2))
    keys = [column for column in columns if column in one]
    frames = [frame[keys].sort_values(keys).reset_index(drop=True) for frame in (one, two)]
    pd.testing.assert_frame_equal(*frames)
    assert len(one) == REPLICATES * (4 if ROW_AN_AGENT else 1)


def test_rng_as_a_parameter_gives_all_conditions_the_same_seeds() -> None:
    """Also where Mesa overwrites a swept ``seed``; so conditions may share their luck."""
    parameters = {"config": "pizza_place", "steps": 9, "households": 8, "stress": ["on", "off"]}
    rows = batch_run(
        EconModel,
        {**parameters, "rng": [11, 12]},
        number_processes=1,
        max_steps=1000,
        data_collection_period=-1,
        display_progress=False,
    )
    found = {(row["stress"], row["rng"]): row["units_sold"] for row in rows}
    alone = {}
    for stress, seed in found:
        model = EconModel("pizza_place", steps=9, households=8, stress=stress, seed=seed)
        model.run_model()
        table = model.datacollector.get_model_vars_dataframe()
        alone[stress, seed] = table["units_sold"].iloc[-1]
    assert len(found) == 4
    assert len(set(found.values())) > 1
    assert found == alone


def test_no_reporter_hides_a_swept_parameter() -> None:
    collected = {*MODEL_REPORTERS, *(name for some in AGENT_REPORTERS.values() for name in some)}
    assert not collected & {*SHORT, "config", "decider", "rng", "store", "set"}
