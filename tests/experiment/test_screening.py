"""Screening: its points are the plan's, and its effects are those of a known function."""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from studies import study

from econsim_mesa.errors import ScenarioError
from econsim_mesa.experiment import load_experiment
from econsim_mesa.experiment.conditions import run_id
from econsim_mesa.experiment.load import Design
from econsim_mesa.experiment.measures import Measured
from econsim_mesa.experiment.tables import tables
from econsim_mesa.scenario.choice import ChoiceSpec, Coefficient

pytest.importorskip("SALib", reason="SALib comes with the extra sensitivity")
PATHS = ("choice.go.crowd.value", "choice.meal", "choice.post.bought.value")
PLAN = {"outcome": {"store": "Cafe"}}


def screen(folder: Path, **changes: Any) -> Design:
    plan = {"parameters": list(PATHS), "trajectories": 6} | changes
    alone: dict[str, Any] = {"factors": {}, "contrasts": [], "hypotheses": [], "plan": PLAN}
    return study(folder, screening=plan, **alone)


def exponents(design: Design, number: int) -> list[float]:
    """Return log2(value / base) of the three parameters of a point."""
    plan = design.experiment.screening
    assert plan is not None
    arm = design.experiment.arms[f"point {number}"]
    return [math.log2(float(arm[path]) / plan.base[path]) for path in PATHS]  # type: ignore[arg-type]


def known(design: Design, missing: int = -1) -> dict[str, Measured]:
    """Return measures of all runs: visits are 3 a + 2 b c + the seed's luck, a, b, c exponents."""
    found = {}
    for condition in design.conditions:
        if condition.number == missing:
            continue
        a, b, c = exponents(design, condition.number)
        for seed in design.experiment.seeds:
            total = {"visits Cafe": 3 * a + 2 * b * c + seed}
            found[run_id(condition, seed)] = Measured({}, total, {})
    return found


def test_points_move_one_parameter_at_a_time_within_the_range(tmp_path: Path) -> None:
    design = screen(tmp_path)
    assert len(design.conditions) == 6 * 4
    points = np.array([exponents(design, k) for k in range(24)])
    assert np.abs(points).max() == pytest.approx(1.0)
    assert np.unique(points.round(6)).tolist() == pytest.approx([-1, -1 / 3, 1 / 3, 1], abs=1e-5)
    moves = np.diff(points.reshape(6, 4, 3), axis=1)
    assert ((np.abs(moves) > 1e-6).sum(axis=2) == 1).all()
    assert design.scenarios[5].choice.go.crowd.value < 0  # signs stay


def test_the_same_points_whatever_else_draws(tmp_path: Path) -> None:
    before = random.getstate(), np.random.get_state()[1].tolist()
    first = screen(tmp_path / "a").experiment
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before
    np.random.seed(5)
    assert screen(tmp_path / "b").experiment == first
    assert screen(tmp_path / "c", seed=2).experiment != first


def test_effects_are_those_of_a_known_function(tmp_path: Path) -> None:
    design = screen(tmp_path)
    rows = [row for row in tables(design, known(design))["screening"]
            if row["measure"] == "visits Cafe"]  # fmt: skip
    found = {row["parameter"]: row for row in rows}
    linear = found[PATHS[0]]
    assert (linear["mu"], linear["mu_star"]) == (pytest.approx(6.0), pytest.approx(6.0))
    assert linear["sigma"] == pytest.approx(0.0, abs=1e-6)
    assert linear["mu_star_half_width"] == pytest.approx(0.0, abs=1e-6)
    points = np.array([exponents(design, k) for k in range(24)]).reshape(6, 4, 3)
    for k, other in ((1, 2), (2, 1)):
        effects = []
        for path in points:
            (step,) = np.flatnonzero(np.abs(np.diff(path[:, k])) > 1e-6)
            effects.append(2 * 2 * path[step, other])
        row = found[PATHS[k]]
        assert row["mu"] == pytest.approx(np.mean(effects), abs=1e-5)
        assert row["mu_star"] == pytest.approx(np.mean(np.abs(effects)), abs=1e-5)
        assert row["sigma"] == pytest.approx(np.std(effects, ddof=1), abs=1e-5)


def test_a_trajectory_with_a_gap_is_left_out(tmp_path: Path) -> None:
    design = screen(tmp_path)
    rows = tables(design, known(design, missing=9))["screening"]
    assert {row["trajectories"] for row in rows if row["measure"] == "visits Cafe"} == {5}
    nothing = tables(design, {})["screening"]
    assert {row["mu_star"] for row in nothing} == {None}


def test_all_that_is_assumed_is_screened() -> None:
    design = load_experiment("sensitivity")
    plan = design.experiment.screening
    assert plan is not None
    spec = ChoiceSpec()
    assumed = {
        f"choice.{group}.{name}.value"
        for group in ChoiceSpec.model_fields
        for name in getattr(type(getattr(spec, group)), "model_fields", ())
        if isinstance(one := getattr(getattr(spec, group), name), Coefficient)
        and one.source == "assumed" and one.value
    }  # fmt: skip
    assert len(assumed) > 50
    assert assumed <= set(plan.base)
    assert plan.factor == 2.0


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"parameters": ["choice.stay.constant.value"]}, "no number other than 0"),
        ({"parameters": ["stress.mode"]}, "no number other than 0"),
        ({"parameters": ["choice.no.such"]}, "no number other than 0"),
        ({"levels": 5}, "levels"),
    ],
)
def test_what_cannot_be_moved_is_refused(
    tmp_path: Path, changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(ScenarioError, match=says):
        screen(tmp_path, **changes)


def test_no_arms_besides(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="neither arms nor factors"):
        study(tmp_path, screening={"parameters": list(PATHS)}, contrasts=[], hypotheses=[])
