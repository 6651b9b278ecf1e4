"""Screening: its points are the plan's, and its effects are those of a known function."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from studies import study

from econsim_mesa.cli.experiment_tables import print_experiment
from econsim_mesa.errors import ScenarioError
from econsim_mesa.experiment import load_design
from econsim_mesa.experiment.conditions import run_id
from econsim_mesa.experiment.load import Design
from econsim_mesa.experiment.measures import RunMeasures
from econsim_mesa.experiment.run import ExperimentReport
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


def known(design: Design, missing: int = -1) -> dict[str, RunMeasures]:
    """Return measures of all runs: visits are 3 a + 2 b c + the seed's luck, a, b, c exponents."""
    found = {}
    for condition in design.conditions:
        if condition.number == missing:
            continue
        a, b, c = exponents(design, condition.number)
        for seed in design.experiment.seeds:
            total = {"visits Cafe": 3 * a + 2 * b * c + seed}
            found[run_id(condition, seed)] = RunMeasures({}, total, {})
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
    design = load_design("sensitivity")
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


SIDES: dict[str, Any] = {
    "factors": {"social.feed": ["on", "blocked"]},
    "contrasts": [
        {"name": "feed", "a": {"social.feed": "on"}, "b": {"social.feed": "blocked"}},
    ],
}


def crossed(folder: Path, outcomes: list[dict[str, Any]], **changes: Any) -> Design:
    """Return a screening of which every point is made with the feed and without."""
    screening = {"parameters": list(PATHS), "trajectories": 3, "outcomes": outcomes}
    plan = {"outcome": {"store": "Cafe"}, "keyword": "pie", "center": 2.0}
    told = {"replicates": 3, "hypotheses": [], "plan": plan} | SIDES | changes
    return study(folder, screening=screening, **told)


def lived(design: Design) -> dict[str, RunMeasures]:
    """Return measures of runs: with the feed sales are a d + (b - .5) d^2 + luck, d posts less 2.

    Without it they rise by 1 a post. a, b and c are a point's exponents; visits differ by 5 c.
    """
    found = {}
    for condition in design.conditions:
        a, b, c = (
            math.log2(float(condition.settings[path]) / design.experiment.screening.base[path])
            for path in PATHS
        )
        fed = condition.levels["social.feed"] == "on"
        for seed in design.experiment.seeds:
            days = {}
            for k, posts in enumerate((0, 1, 2, 3, 4, 6)):
                posts += (seed + k) % 2
                d = posts - 2
                sold = 20 + seed + 3 * k + (a * d + (b - 0.5) * d**2 if fed else d)
                told = {"x": posts, "y": sold, "revenue": sold, "stock_out": 0, "price": 1}
                named = {f"curve {name}": value for name, value in told.items()}
                days[f"2026-01-{k + 5:02}"] = {**named, "posts scripted": 0}
            total = {"visits Cafe": 10 + 5 * c * fed + seed}
            found[run_id(condition, seed)] = RunMeasures(days, total, {("llm", "accepted"): 1})
    return found


def test_coefficients_and_contrasts_are_screened(tmp_path: Path) -> None:
    """Effects over the whole range, two exponents, are those of the function."""
    outcomes: list[dict[str, Any]] = [
        {"measure": "b2", "condition": {"social.feed": "on"}},
        {"measure": "b1", "contrast": "feed"},
        {"measure": "visits Cafe", "contrast": "feed"},
        {"measure": "visits Cafe"},
    ]
    hypotheses = [
        {"statement": "The feed lowers the bend.", "contrast": "feed", "measure": "b2",
         "expected": "negative", "refuted_by": "An interval above 0."},
        {"statement": "It brings visits.", "contrast": "feed", "measure": "visits Cafe",
         "expected": "none", "smallest": 1.0, "refuted_by": "An interval beyond 1."},
    ]  # fmt: skip
    design = crossed(tmp_path, outcomes, hypotheses=hypotheses, replicates=8)
    found = tables(design, lived(design))
    rows: dict[tuple[str, str | None], dict[str, float]] = {}
    for row in found["screening"]:
        rows.setdefault((row["measure"], row["contrast"]), {})[row["parameter"]] = row["mu"]
    crowd, meal, bought = PATHS
    assert rows["b2", None] == pytest.approx({crowd: 0, meal: 2, bought: 0}, abs=1e-5)
    assert rows["b1", "feed"] == pytest.approx({crowd: 2, meal: 0, bought: 0}, abs=1e-5)
    assert rows["visits Cafe", "feed"] == pytest.approx({crowd: 0, meal: 0, bought: 10}, abs=1e-5)
    assert rows["visits Cafe", None] == pytest.approx({crowd: 0, meal: 0, bought: 5}, abs=1e-5)
    bends = [math.log2(float(arm[meal]) / design.experiment.screening.base[meal]) - 0.5
             for arm in design.experiment.arms.values()]  # fmt: skip
    first = found["screening_ranges"][0]
    assert (first["least"], first["most"]) == pytest.approx((min(bends), max(bends)), abs=1e-5)
    assert first["mean"] == pytest.approx(np.mean(bends), abs=1e-5)
    assert (first["above_0"], first["points"]) == (sum(one > 0 for one in bends), 12)
    assert 0 < first["above_0"] < 12
    bend, visits = found["hypotheses"]
    assert bend["mean"] == pytest.approx(np.mean(bends), abs=1e-5)
    assert bend["verdict"] == ("supported" if np.mean(bends) < 0 else "refuted")
    cs = [math.log2(float(arm[bought]) / design.experiment.screening.base[bought])
          for arm in design.experiment.arms.values()]  # fmt: skip
    assert visits["mean"] == pytest.approx(5 * np.mean(cs), abs=1e-5)
    assert visits["verdict"] == ("supported" if abs(5 * np.mean(cs)) < 1 else "refuted")


def test_a_screening_is_shown_with_its_ranges(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    design = crossed(tmp_path, [{"measure": "b2", "condition": {"social.feed": "on"}}])
    found = tables(design, lived(design))
    print_experiment(
        design, found, ExperimentReport(tmp_path, "0" * 64, {}, [], False), Console(width=100)
    )
    out = " ".join(capsys.readouterr().out.split())
    assert "b2, feed on: effects of moving a parameter" in out
    assert "of 12 points" in out
    assert "95 % interval of mu*" in out
    json.dumps(tables(design, {}), allow_nan=False)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"outcomes": [{"measure": "visits Caff"}]}, r"\$\.screening\.outcomes\[0\]\.measure"),
        ({"outcomes": [{"measure": "verdict"}]}, "screen b2"),
        ({"outcomes": [{"contrast": "fed"}]}, "did you mean 'feed'"),
        ({"outcomes": [{"condition": {"social.feed": "off"}}]}, "no value of this factor"),
        ({"outcomes": [{"contrast": "feed", "condition": {"social.feed": "on"}}]}, "or neither"),
        ({"hypothesis": {"condition": {"social.feed": "on"}, "measure": "b2"}}, "are its points"),
        ({"hypothesis": {"contrast": "feed", "measure": "visits Caff"}}, "no run has the measure"),
    ],
)
def test_what_a_screening_cannot_answer_is_refused_when_it_is_loaded(
    tmp_path: Path, changes: dict[str, Any], path: str
) -> None:
    asked = {"statement": "So it is.", "expected": "positive", "refuted_by": "Otherwise."}
    one = changes.get("hypothesis")
    with pytest.raises(ScenarioError, match=path):
        crossed(tmp_path, changes.get("outcomes", []), hypotheses=[asked | one] if one else [])


def test_no_arms_besides(tmp_path: Path) -> None:
    arms = {"calm": {"stress.mode": "off"}}
    with pytest.raises(ScenarioError, match=r"no arms of one's own.*\$\.arms"):
        study(
            tmp_path,
            screening={"parameters": list(PATHS)},
            arms=arms,
            factors={},
            contrasts=[],
            hypotheses=[],
        )
