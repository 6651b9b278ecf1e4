"""Other designs of a study: chosen by name, sized up side by side, no part of the plan."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import pytest
from studies import write

from econsim_mesa.cli import main
from econsim_mesa.errors import ScenarioError
from econsim_mesa.experiment import load_design
from econsim_mesa.experiment.plan import plan_text

SMALL = {"title": "One seed only: tells nothing", "set": {"replicates": 1, "steps": 12}}


def told(*words: object) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert main([str(word) for word in words]) == 0
    return out.getvalue()


def test_a_design_takes_the_place_of_the_first_one(tmp_path: Path) -> None:
    path = write(tmp_path, designs={"small": SMALL})
    design = load_design(path, design="small")
    assert design.experiment.replicates == 1
    assert {scenario.steps for scenario in design.scenarios} == {12}
    assert load_design(path).experiment.replicates == 2
    again = load_design(path, design="small", set={"replicates": 3})
    assert again.experiment.replicates == 3


def test_designs_that_are_not_taken_are_no_part_of_the_plan(tmp_path: Path) -> None:
    with_them = load_design(write(tmp_path / "a", designs={"small": SMALL}))
    assert plan_text(with_them) == plan_text(load_design(write(tmp_path / "b")))


def test_a_design_that_is_not_there_is_named_with_the_nearest(tmp_path: Path) -> None:
    path = write(tmp_path, designs={"small": SMALL})
    with pytest.raises(ScenarioError, match="did you mean 'small'"):
        load_design(path, design="smal")
    with pytest.raises(ScenarioError, match="has no design"):
        load_design(write(tmp_path / "none"), design="small")


def test_a_dry_run_sizes_up_all_of_them(tmp_path: Path) -> None:
    path = write(tmp_path, designs={"small": SMALL})
    shown = told("experiment", path, "--dry-run")
    first, _, second = shown.partition("--design small: One seed only: tells nothing\n")
    assert first.startswith(f"{load_design(path).experiment.name}: ")
    assert "runs                    8\n" in first
    assert "runs                    4\n" in second
    assert "--design" not in told("experiment", path, "--dry-run", "--design", "small")
    sizes = json.loads(told("experiment", path, "--dry-run", "--json"))
    assert (sizes["runs"], sizes["designs"]["small"]["runs"]) == (8, 4)


@pytest.mark.soak  # many towns and panels
def test_the_study_with_language_models_tells_power_and_cost_of_both_designs() -> None:
    sizes = json.loads(told("experiment", "pizza_place_llm", "--dry-run", "--json"))
    small = sizes["designs"]["small"]
    for size in (sizes, small):
        assert size["calls"] > 0
        assert size["input_tokens"]["low"] > 0
        assert size["cost"]["low"] > 0
        assert [power["rate"] is not None for power in size["power"]] == [True] * 4
    assert small["calls"] == sizes["calls"] / 8
    assert small["cost"]["low"] < sizes["cost"]["low"] / 8
    # by 400 simulations; the command makes 100, of which two standard errors are .1
    for size, rates in ((sizes, (0.57, 0.98, 0.5, 0.98)), (small, (0.29, 0.83, 0.25, 0.67))):
        assert [power["rate"] for power in size["power"]] == pytest.approx(rates, abs=0.1)
    [first, second] = (size["power"][1]["corrected"] for size in (sizes, small))
    assert second < first
    assert first > 0.8
