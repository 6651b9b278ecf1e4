"""What a user of Python may do with a model, and what is said where it cannot be."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import mesa
import numpy as np
import pytest

from econsim_mesa import EconModel, load_run
from econsim_mesa.errors import BadInput

FEW: dict[str, Any] = {"households": 3, "steps": 3, "seed": 1}


@pytest.mark.parametrize("seed", [float("inf"), float("-inf"), float("nan"), "five", 1.5, -1])
def test_a_seed_that_is_none_is_refused(seed: Any) -> None:
    with pytest.raises(BadInput, match="is not a whole number from 0"):
        EconModel(seed=seed)


def test_scalars_of_numpy_are_taken() -> None:
    model = EconModel(households=np.int64(4), stress=np.bool_(False), seed=np.uint32(7))
    assert len(model.households) == 4
    assert (model.config.stress.mode, model.run_seed) == ("off", 7)


def test_a_model_that_was_pickled_goes_on_as_the_other() -> None:
    model = EconModel("pizza_place", steps=36)
    for _ in range(12):
        model.step()
    copy = pickle.loads(pickle.dumps(model))
    while model.running:
        for one in (model, copy):
            one.step()
        assert copy.town.records.rows == model.town.records.rows


def test_a_collector_of_ones_own_collects() -> None:
    model = EconModel(**FEW)
    model.datacollector = mesa.DataCollector({"sold": lambda m: len(m.town.records["sales"])})
    model.run_model()
    assert len(model.datacollector.get_model_vars_dataframe()) == 3


def test_nobody_leaves_a_town() -> None:
    model = EconModel(**FEW)
    for agent in (model.households[0], model.stores[0]):
        with pytest.raises(BadInput, match=f"{agent.name} cannot be removed"):
            agent.remove()


@pytest.mark.parametrize("step", [2.5, "1", None.__class__, -2, 3])
def test_a_step_that_is_not_in_the_run_has_no_network(step: Any, tmp_path: Path) -> None:
    EconModel(**FEW, store=tmp_path / "run").run_model()
    run = load_run(tmp_path / "run")
    assert len(run.network(step=np.int64(1))) == len(run.network())
    with pytest.raises(BadInput, match="has no step"):
        run.network(step=step)
