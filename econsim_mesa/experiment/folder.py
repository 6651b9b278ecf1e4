"""Read the folder of an experiment, without the files from which the experiment was loaded.

The plan holds the experiment. The scenario of a condition is read from its first run, where every
default is written out. Hence a copy of the folder is all that the tables need.
"""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from econsim_mesa.errors import BadInput, EconSimError
from econsim_mesa.experiment.conditions import Condition, conditions, run_id
from econsim_mesa.experiment.external_targets import TARGETS, ExternalTarget, read_targets
from econsim_mesa.experiment.index import DAMAGED, is_current, measured_of, unfinished_of
from econsim_mesa.experiment.load import Design, refuse_size
from econsim_mesa.experiment.measures import RunMeasures
from econsim_mesa.experiment.plan import plan_hash
from econsim_mesa.experiment.types import Experiment
from econsim_mesa.runs.folders import INDEX, PLAN, is_experiment
from econsim_mesa.runs.store import SCENARIO
from econsim_mesa.scenario import Scenario, recorded_scenario
from econsim_mesa.sqlite import connect, damaged

TABLES = "tables.json"
"""Name of the file of an experiment's tables."""


class ExperimentFolder(NamedTuple):
    """The contents of the folder of an experiment.

    Attributes:
        folder: The folder.
        plan: SHA-256 of the plan, in hexadecimal.
        design: The experiment, its conditions and their scenarios.
        measured: Measures of the finished runs, by the name of the run.
        unfinished: (run, status, message) of all other runs.
        targets: Targets in a real place that the plan declares.
        current: Whether runs were measured, and tables made, by the rules of this version.
    """

    folder: Path
    plan: str
    design: Design
    measured: dict[str, RunMeasures]
    unfinished: list[tuple[str, str, str]]
    targets: tuple[ExternalTarget, ...] = ()
    current: bool = True


def run_folders(folder: Path) -> list[Path]:
    """Return the folders of all runs that have begun, sorted by name."""
    runs = folder / "runs"
    return sorted(path for path in runs.iterdir() if path.is_dir()) if runs.is_dir() else []


def read_experiment(folder: Path | str) -> ExperimentFolder:
    """Read the folder of an experiment, without changing anything in it.

    Raises ``BadInput`` if it holds no experiment, is damaged, or has no run of some condition.
    """
    folder = Path(folder)
    experiment, plan = read_plan(folder)
    all_conditions = conditions(experiment)
    scenarios = [_scenario(folder, experiment, condition) for condition in all_conditions]
    design = Design(experiment, all_conditions, scenarios)
    try:
        with closing(connect(folder / INDEX)) as connection:
            measured, unfinished = measured_of(connection), unfinished_of(connection)
            current = is_current(connection)
    except DAMAGED as error:
        raise damaged(folder / INDEX, error) from error
    external = experiment.external
    targets = [] if external is None else read_targets(external, folder / TARGETS).targets
    return ExperimentFolder(folder, plan, design, measured, unfinished, tuple(targets), current)


def read_plan(folder: Path) -> tuple[Experiment, str]:
    """Return the experiment in a folder and the SHA-256 of its plan, in hexadecimal.

    Raises ``BadInput`` if the folder holds no experiment, or its plan is damaged.
    """
    if not is_experiment(folder):
        raise BadInput(f"{folder} is not the folder of an experiment: it has no {PLAN} and {INDEX}")
    try:
        text = (folder / PLAN).read_text(encoding="utf-8")
        experiment = Experiment.model_validate_json(json.dumps(json.loads(text)["experiment"]))
    except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
        raise BadInput(f"cannot read {folder / PLAN}: {error}; restore it from a copy") from error
    refuse_size(experiment, str(folder))
    return experiment, plan_hash(text)


def _scenario(folder: Path, experiment: Experiment, condition: Condition) -> Scenario:
    """Return the scenario of a condition, from the first of its runs that has begun."""
    for seed in experiment.seeds:
        path = folder / "runs" / run_id(condition, seed) / SCENARIO
        if path.is_file():
            return recorded_scenario(path, resolved=True)
    try:
        return recorded_scenario(condition.scenario, set=condition.settings)
    except EconSimError as error:
        raise BadInput(
            f"{folder} has no run of {condition.slug} yet; go on with the experiment first"
        ) from error
