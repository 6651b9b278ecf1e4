"""Bundled experiments run, in small, and make their tables.

One of each kind; ``tests/run_experiments.py`` runs all of them, at full size. Here this process
carries out the runs: what is tested is the experiments, not the executors.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from econsim_mesa.experiment import load_design
from econsim_mesa.experiment.load import Design
from econsim_mesa.experiment.run import ExperimentReport, run_experiment
from econsim_mesa.experiment.tables import tables
from econsim_mesa.llm import loop
from econsim_mesa.llm.ready import asks_model
from econsim_mesa.mock import MockServer

pytestmark = pytest.mark.soak  # whole studies, in small

SMALL = {"replicates": 1, "set.agents.Household.count": 3, "set.steps": 24}
STEPS = {"dose": 36, "interventions": 60, "loop": 60}
"""Past the warm-up days, and past the day of an event."""


@pytest.fixture(autouse=True)
def _no_loop_left() -> Iterator[None]:
    yield
    loop.stop()


def make(
    name: str, out: Path, settings: dict[str, Any], other: str | None = None, **operations: Any
) -> ExperimentReport:
    """Run a small version of an experiment and check what every one must give."""
    design = load_design(name, set=SMALL | settings, design=other)
    report = run_experiment(design, out, workers=0, operations=operations)
    assert not report.unfinished
    assert len(report.measured) == len(design.conditions)
    found = tables(design, report.measured)
    for table in ("runs", "conditions", "contrasts", "hypotheses", "decisions"):
        assert table in found, table
    assert len(found["runs"]) == len(design.conditions)
    check_contrasts(design, found)
    return report


def check_contrasts(design: Design, found: dict[str, list[dict[str, Any]]]) -> None:
    """Check that each contrast and hypothesis finds runs and a measure of its own."""
    held = {row["contrast"] for row in found["contrasts"] if row["mean"] is not None}
    for contrast in design.experiment.contrasts:
        assert any(name.startswith(contrast.name) for name in held), contrast.name
    measured = {row["measure"] for row in found["conditions"]}
    for one in design.experiment.hypotheses:
        name = (one.measure or "").partition(" on day ")[0]
        known = {"", "b1", "b2", "spread slope", "verdict"}
        assert name in measured | known, f"no such measure: {one.measure}"


@pytest.mark.parametrize("name", ["dose", "interventions", "loop", "representations"])
def test_it_runs_and_makes_its_tables(name: str, tmp_path: Path) -> None:
    make(name, tmp_path / "out", {"set.steps": STEPS.get(name, 24)})


@pytest.mark.parametrize("design", [None, "small"])
def test_the_study_with_models_runs_against_the_test_server(
    design: str | None, tmp_path: Path
) -> None:
    some = {"set.agents.Household.count": 2, "set.llm.client": "direct", "set.steps": 36}
    with MockServer(window=0.0) as server:
        report = make("pizza_place_llm", tmp_path / "out", some, design, base_url=server.base_url)
        assert server.stats()["requests"] > 0
    asking = sum(map(asks_model, load_design("pizza_place_llm", design=design).scenarios))
    assert len(report.measured) - asking == asking * 2 / 7  # the rivals that call no model
