"""Is each condition what the plan calls it, and each replicate a run of its own?

An ablation must switch the mechanism and nothing else, a rival explanation must be that rival, and
replicates must be draws: no name in a plan says so by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from econsim_mesa.evidence.claim import Test
from econsim_mesa.evidence.subject import Subject
from econsim_mesa.experiment.conditions import Condition, is_within, run_id
from econsim_mesa.experiment.folder import ExperimentFolder
from econsim_mesa.experiment.index import INDEX
from econsim_mesa.experiment.plan import PLAN
from econsim_mesa.experiment.types import Rival, Settings
from econsim_mesa.runs.bundle.given import differences

_DECIDER = ("decider", "agents.Household.decider")
_RIVALS: Mapping[Rival, tuple[tuple[str, ...], JsonValue]] = {
    "random": (_DECIDER, "random"),
    "utility": (_DECIDER, "utility"),
    "shuffled feed": (("social.feed",), "shuffled"),
    "frozen stress": (("stress.mode",), "frozen"),
    "no memory": (("memory.hide",), ["all"]),
}
"""Rival -> the one setting in which it differs from the full model, and its value there."""
_ABLATED = ("stress.", "social.", "memory.")
"""Beginnings of the settings that an ablation may switch: the mechanism, not its surroundings."""


def as_named(subject: Subject) -> Iterator[Test]:
    """Yield the tests that the conditions and runs of an experiment are what they are called."""
    made = subject.made
    if made is None:
        return
    plan = made.design.experiment.plan
    contrast = next((one for one in made.design.experiment.contrasts
                     if one.name == plan.ablation), None)  # fmt: skip
    if contrast is not None:
        sound = _is_ablation(made, contrast.a, contrast.b)
        yield _named(f"ablation: {contrast.name}", "switches stress, talk or memory alone", sound)
    for rival, settings in plan.nulls.items():
        conditions = _within(made, settings)
        if conditions:
            sound = all(_is_rival(made, one, rival) for one in conditions)
            yield _named(
                f"what is called {rival}", "differs from the full model by it alone", sound
            )
    alike = _alike(made)
    yield Test("replicates that are another one again", "0", alike, not alike, INDEX)


def _named(test: str, asked: str, sound: bool) -> Test:
    return Test(test, asked, "yes" if sound else "no", sound, PLAN)


def _within(made: ExperimentFolder, settings: Settings) -> list[Condition]:
    return [one for one in made.design.conditions if is_within(one.levels, settings)]


def _is_ablation(made: ExperimentFolder, full: Settings, ablated: Settings) -> bool:
    """Whether the sides of a contrast are the full model and one that lacks a mechanism."""
    plan = made.design.experiment.plan
    changed = [_changes(made, full, one) for one in _within(made, ablated)]
    ours = all(is_within(one.levels, plan.full) for one in _within(made, full))
    return ours and all(one and all(path.startswith(_ABLATED) for path in one) for one in changed)


def _is_rival(made: ExperimentFolder, condition: Condition, rival: Rival) -> bool:
    paths, value = _RIVALS[rival]
    changes = _changes(made, made.design.experiment.plan.full, condition)
    return bool(changes) and all(
        path in paths and changed == value for path, changed in changes.items()
    )


def _changes(
    made: ExperimentFolder, settings: Settings, condition: Condition
) -> dict[str, JsonValue]:
    """Return in what a condition differs from that of others with which it shares most levels."""

    def alike(other: Condition) -> int:
        return len([key for key, value in other.levels.items() if condition.levels[key] == value])

    nearest = max(_within(made, settings), key=alike, default=condition)
    scenarios = made.design.scenarios
    changes = differences(scenarios[nearest.number], scenarios[condition.number])
    return {path: value for path, value in changes.items() if path != "seed"}


def _alike(made: ExperimentFolder) -> int:
    """Return how many runs have every figure of another of the same condition."""
    alike = 0
    for condition in made.design.conditions:
        runs = [run_id(condition, seed) for seed in made.design.experiment.seeds]
        there = [repr(made.measured[run]) for run in runs if run in made.measured]
        alike += len(there) - len(set(there))
    return alike
