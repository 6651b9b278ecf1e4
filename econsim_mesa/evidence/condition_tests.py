"""Tests that each condition is what the plan calls it, and each replicate a run of its own.

An ablation must switch the mechanism and nothing else, a rival explanation must be that rival, and
replicates must be draws: no name in a plan shows that by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from econsim_mesa.evidence.bundle_contents import BundleContents
from econsim_mesa.evidence.claim import Test
from econsim_mesa.experiment.conditions import Condition, is_within, run_id
from econsim_mesa.experiment.folder import ExperimentFolder
from econsim_mesa.experiment.types import Rival, Settings
from econsim_mesa.runs.bundle.run_request import differences
from econsim_mesa.runs.folders import INDEX, PLAN

_DECIDER = ("decider", "agents.Household.decider")
_RIVALS: Mapping[Rival, tuple[tuple[str, ...], JsonValue]] = {
    "random": (_DECIDER, "random"),
    "utility": (_DECIDER, "utility"),
    "shuffled feed": (("social.feed",), "shuffled"),
    "frozen stress": (("stress.mode",), "frozen"),
    "no memory": (("memory.hide",), ["all"]),
}
"""Rival -> the paths of the one setting in which it differs from the full model, and its value."""
_MECHANISMS = ("stress.", "social.", "memory.")
"""Beginnings of the settings that an ablation may switch: the mechanism, not its surroundings."""


def condition_tests(contents: BundleContents) -> Iterator[Test]:
    """Yield the tests that the conditions and runs of an experiment are what they are called."""
    experiment = contents.experiment
    if experiment is None:
        return
    plan = experiment.design.experiment.plan
    for contrast in experiment.design.experiment.contrasts:
        if contrast.name == plan.ablation:
            sound = _is_ablation(experiment, contrast.a, contrast.b)
            threshold = "switches stress, talk or memory alone"
            yield _yes_no(f"ablation: {contrast.name}", threshold, sound)
    for rival, settings in plan.nulls.items():
        conditions = _within(experiment, settings)
        if conditions:
            sound = all(_is_rival(experiment, condition, rival) for condition in conditions)
            threshold = "differs from the full model by it alone"
            yield _yes_no(f"what is called {rival}", threshold, sound)
    equal = _equal_replicates(experiment)
    yield Test("replicates that are another one again", "0", equal, not equal, INDEX)


def _yes_no(test: str, threshold: str, holds: bool) -> Test:
    return Test(test, threshold, "yes" if holds else "no", holds, PLAN)


def _within(experiment: ExperimentFolder, settings: Settings) -> list[Condition]:
    """Return the conditions that have these settings."""
    return [
        condition
        for condition in experiment.design.conditions
        if is_within(condition.levels, settings)
    ]


def _is_ablation(experiment: ExperimentFolder, full: Settings, ablated: Settings) -> bool:
    """Return whether the sides of a contrast are the full model and one without a mechanism."""
    plan = experiment.design.experiment.plan
    is_full = all(is_within(condition.levels, plan.full) for condition in _within(experiment, full))
    changes = [_changes(experiment, full, condition) for condition in _within(experiment, ablated)]
    return is_full and all(
        changed and all(path.startswith(_MECHANISMS) for path in changed) for changed in changes
    )


def _is_rival(experiment: ExperimentFolder, condition: Condition, rival: Rival) -> bool:
    """Return whether a condition differs from the full model by what the rival is named for."""
    paths, value = _RIVALS[rival]
    changes = _changes(experiment, experiment.design.experiment.plan.full, condition)
    return bool(changes) and all(
        path in paths and changed == value for path, changed in changes.items()
    )


def _changes(
    experiment: ExperimentFolder, settings: Settings, condition: Condition
) -> dict[str, JsonValue]:
    """Return the settings that a condition changes, against its nearest one that has ``settings``.

    The nearest condition is the one that has the most levels in common with it.
    """

    def levels_in_common(other: Condition) -> int:
        return sum(condition.levels[factor] == level for factor, level in other.levels.items())

    nearest = max(_within(experiment, settings), key=levels_in_common, default=condition)
    scenarios = experiment.design.scenarios
    changes = differences(scenarios[nearest.number], scenarios[condition.number])
    return {path: value for path, value in changes.items() if path != "seed"}


def _equal_replicates(experiment: ExperimentFolder) -> int:
    """Return how many runs have the same measures as another one of their condition."""
    equal = 0
    for condition in experiment.design.conditions:
        runs = [run_id(condition, seed) for seed in experiment.design.experiment.seeds]
        measures = [repr(experiment.measured[run]) for run in runs if run in experiment.measured]
        equal += len(measures) - len(set(measures))
    return equal
