"""Studies as their authors wrote them, in a world where the pattern is truly there: no run is made.

A plan is written into files and loaded as the program loads it; what its runs would give is filled
in, so that only what the author wrote decides which claims stand.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any, NamedTuple

from claimed import CLAIMED, MEASURES, coherent, targets_file
from towns import village

from econsim_mesa.evidence.bundle_contents import BundleContents
from econsim_mesa.experiment import Design, load_design
from econsim_mesa.experiment.conditions import Condition, is_within, run_id
from econsim_mesa.experiment.external_targets import read_targets
from econsim_mesa.experiment.folder import ExperimentFolder
from econsim_mesa.experiment.load import condition_columns
from econsim_mesa.experiment.measures import RunMeasures
from econsim_mesa.experiment.plan import plan_hash, plan_text, scenario_hash

DAY = "2026-01-05"


class Draft(NamedTuple):
    """What an author writes before the first run: experiment, targets, and the town's scenario."""

    experiment: dict[str, Any]
    targets: dict[str, Any]
    town: dict[str, Any]


def draft() -> Draft:
    """Return the drafts of an honest study, decided by a language model."""
    town = village(steps=24, decider="llm", llm={"model": "a-model"})
    return Draft(copy.deepcopy(CLAIMED), targets_file(), town)


def studied(home: Path, told: Draft) -> BundleContents:
    """Return what the runs of a study leave. Raises ``ScenarioError`` for one that is refused."""
    (home / "village.json").write_text(json.dumps(told.town))
    (home / "observed.json").write_text(json.dumps(told.targets))
    (home / "study.json").write_text(json.dumps(told.experiment))
    design = load_design(home / "study.json")
    external = design.experiment.external
    targets = [] if external is None else read_targets(external, home / "observed.json").targets
    plan = plan_hash(plan_text(design))
    experiment = ExperimentFolder(home, plan, design, _measured(design), [], tuple(targets))
    full = next(one for one in design.conditions if _is_full(design, one))
    scenario = design.scenarios[full.number]
    return BundleContents(
        home,
        "b" * 64,
        scenario,
        {},
        experiment,
        _tables(design),
        {"llm": {"accepted": 100}},
        coherent(scenario_hash(scenario), "llm"),
        checks_repeatable=True,
        findings=(),
    )


def _is_full(design: Design, condition: Condition) -> bool:
    return is_within(condition.levels, design.experiment.plan.full)


def _measured(design: Design) -> dict[str, RunMeasures]:
    """Return measures of each run; no run has those of another."""
    return {
        run_id(condition, seed): RunMeasures({DAY: {"posts": seed}}, {"posts": seed}, {})
        for condition in design.conditions
        for seed in design.experiment.seeds
    }


def _tables(design: Design) -> dict[str, list[dict[str, Any]]]:
    """Return tables in which the full model shows all patterns, and the others lack some."""
    plan = design.experiment.plan
    tables: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("conditions", "curves", "dispersion", "decisions", "family")
    }
    for condition, scenario in zip(design.conditions, design.scenarios, strict=True):
        row, full = dict(condition_columns(design, condition)), _is_full(design, condition)
        low = 0.5 if full else -1.0
        bend = {"b2": -1.0, "b2_low": -1.5, "b2_high": -0.5}
        rise = {"b1": 1.0, "b1_low": low, "b1_high": 1.5}
        verdict = {"verdict": "inverted U" if full else "linear", "why": None}
        spread = {"measure": "variance", "void": None, "slope": 1.0, "slope_low": 0.5}
        tables["curves"].append({**row, "role": "primary", **verdict, **rise, **bend})
        tables["dispersion"].append({**row, **spread, "slope_high": 1.5})
        tables["decisions"].append(
            {**row, "decider": scenario.decider, "outcome": "accepted", "decisions": 100}
        )
        tables["conditions"] += [
            {**row, "measure": measure, "mean": mean, "sd": 1.0, "n": 2}
            for measure, mean in MEASURES.items()
        ]
        if full:
            tables["family"] += [
                {**row, "test": test, "p": 0.001, "adjusted": 0.003, "holds": True}
                for test in ("inverted U", "ablation")
            ]
    difference = {"measure": "b2", "difference": -1.0, "low": -1.5, "high": -0.5, "pairs": 2}
    tables["ablations"] = [{"contrast": plan.ablation, **difference}] if plan.ablation else []
    return tables
