"""Check whether the parts of an experiment fit together: rules that concern several fields."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

from econsim_mesa.errors import Problem, hint
from econsim_mesa.experiment.conditions import Condition, equal, is_within
from econsim_mesa.experiment.measures import day_in, measure_names
from econsim_mesa.experiment.study import study_of
from econsim_mesa.experiment.types import (
    ARM,
    MODEL,
    SCENARIO,
    VERDICT,
    Contrast,
    Experiment,
    Hypothesis,
    Outcome,
    Settings,
)
from econsim_mesa.scenario import Scenario, registry
from econsim_mesa.scenario.paths import Path_, found, json_path

Faults = Iterator[tuple[Path_, str]]
"""Path of a value within the part that is checked, and what is wrong with it."""


def inconsistencies(
    experiment: Experiment, conditions: Sequence[Condition], scenarios: Sequence[Scenario | None]
) -> Iterator[Problem]:
    """Yield each contradiction between the parts of an experiment.

    ``scenarios`` has the scenario of each condition, or None if it has problems of its own.
    """
    studies = registry.names("study")
    if experiment.plan.study not in studies:
        yield Problem("$.plan.study", f"no such study; {hint(experiment.plan.study, studies)}")
        return
    loaded = [scenario for scenario in scenarios if scenario is not None]
    faults = itertools.chain(
        _faults_of_factors(experiment),
        _faults_of_contrasts(experiment, conditions),
        _faults_of_names(experiment),
        _faults_of_screening(experiment),
        _faults_of_measures(experiment, loaded),
        _faults_of_plan(experiment, loaded),
    )
    for path, message in faults:
        yield Problem(json_path(path), message)


def _faults_of_factors(experiment: Experiment) -> Faults:
    for path, values in experiment.factors.items():
        at: Path_ = ("factors", path)
        if path == ARM:
            yield at, "arms are no factor; give them under $.arms"
        for i, value in enumerate(values):
            if any(equal(value, other) for other in values[:i]):
                yield (*at, i), f"{found(value)} stands twice"
            if path == SCENARIO and not isinstance(value, str):
                yield (*at, i), f"must be a bundled scenario's name or a path; found {found(value)}"
        both = [arm for arm, settings in experiment.arms.items() if path in settings]
        if both:
            yield at, f"the arm {both[0]!r} sets it as well; vary it in one place"
        if path == "seed":
            yield at, "seeds are no factor; use replicates and first_seed"
    if SCENARIO in experiment.set:
        yield ("set", SCENARIO), "the base scenario stands in $.scenario"
    for arm, settings in experiment.arms.items():
        if SCENARIO in settings and not isinstance(settings[SCENARIO], str):
            yield ("arms", arm, SCENARIO), "must be a bundled scenario's name or a path"


def _faults_of_contrasts(experiment: Experiment, conditions: Sequence[Condition]) -> Faults:
    for i, contrast in enumerate(experiment.contrasts):
        for path, message in _faults_of_contrast(contrast, experiment, conditions):
            yield ("contrasts", i, *path), message


def _faults_of_contrast(
    contrast: Contrast, experiment: Experiment, conditions: Sequence[Condition]
) -> Faults:
    is_valid = True
    for side, settings in (("a", contrast.a), ("b", contrast.b)):
        for path, message in _unknown_levels(settings, experiment):
            is_valid = False
            yield (side, *path), message
    if set(contrast.a) != set(contrast.b):
        is_valid = False
        yield ("b",), "must name the same factors as side a"
    if is_valid and not any(is_within(condition.levels, contrast.a) for condition in conditions):
        yield ("a",), "no condition is on this side"
    if is_valid and all(equal(contrast.a[path], contrast.b[path]) for path in contrast.a):
        yield ("b",), "is the same as side a"


def _unknown_levels(settings: Settings, experiment: Experiment) -> Faults:
    """Yield the factors and values that the experiment does not have."""
    known = {**experiment.factors, **({ARM: tuple(experiment.arms)} if experiment.arms else {})}
    for path, value in settings.items():
        if path not in known:
            yield (path,), f"is no factor of this experiment; {hint(path, list(known))}"
        elif not any(equal(value, level) for level in known[path]):
            levels = ", ".join(found(level) for level in known[path])
            yield (path,), f"{found(value)} is no value of this factor; it has {levels}"


def _faults_of_names(experiment: Experiment) -> Faults:
    names = Counter(contrast.name for contrast in experiment.contrasts)
    for name, times in names.items():
        if times > 1:
            yield ("contrasts",), f"the name {name!r} stands {times} times"
    for i, hypothesis in enumerate(experiment.hypotheses):
        at: Path_ = ("hypotheses", i)
        for path, message in _faults_of_hypothesis(hypothesis, experiment, list(names)):
            yield (*at, *path), message
    if experiment.plan.ablation is not None and experiment.plan.ablation not in names:
        advice = hint(experiment.plan.ablation, list(names))
        yield ("plan", "ablation"), f"no such contrast; {advice}"
    known = [*experiment.factors, *([ARM] if experiment.arms else [])]
    for i, source in enumerate(experiment.plan.variance):
        if source not in known:
            yield ("plan", "variance", i), f"is no factor of this experiment; {hint(source, known)}"
    for path, message in _unknown_levels(experiment.plan.full, experiment):
        yield ("plan", "full", *path), message
    for rival, settings in experiment.plan.nulls.items():
        for path, message in _unknown_levels(settings, experiment):
            yield ("plan", "nulls", rival, *path), message


def _faults_of_screening(experiment: Experiment) -> Faults:
    """Yield each question that a screening cannot answer, because its conditions are points."""
    if experiment.screening is None:
        return
    if MODEL in experiment.factors:
        yield ("factors", MODEL), "models are never averaged over; screen one at a time"
    for i, outcome in enumerate(experiment.screening.outcomes):
        at: Path_ = ("screening", "outcomes", i)
        if outcome.contrast is not None and outcome.condition:
            yield at, "give a contrast or a condition, or neither"
        names = [contrast.name for contrast in experiment.contrasts]
        if outcome.contrast is not None and outcome.contrast not in names:
            yield (*at, "contrast"), f"no such contrast; {hint(outcome.contrast, names)}"
        for path, message in _unknown_levels(outcome.condition, experiment):
            yield (*at, "condition", *path), message
        if outcome.measure == VERDICT:
            yield (*at, "measure"), "a verdict is no number; screen b2"
    for i, hypothesis in enumerate(experiment.hypotheses):
        if hypothesis.condition:
            text = "the conditions of a screening are its points; ask it of a contrast"
            yield ("hypotheses", i, "condition"), text


def _faults_of_measures(experiment: Experiment, scenarios: Sequence[Scenario]) -> Faults:
    """Yield measures that no run will have."""
    known = list(dict.fromkeys(name for scenario in scenarios for name in measure_names(scenario)))
    asked: list[tuple[Path_, str | None, str | None]] = [
        (("hypotheses", i), hypothesis.measure, hypothesis.contrast)
        for i, hypothesis in enumerate(experiment.hypotheses)
    ]
    if experiment.screening is not None:
        asked += [
            (("screening", "outcomes", i), outcome.measure, outcome.contrast)
            for i, outcome in enumerate(experiment.screening.outcomes)
        ]
    for path, measure, contrast in asked:
        if measure is None or measure in study_of(experiment.plan).in_tables or not known:
            continue
        name = measure if contrast is None else day_in(measure, experiment.plan)[0]
        if name not in known:
            yield (*path, "measure"), f"no run has the measure {name!r}; {hint(name, known)}"


def _faults_of_hypothesis(
    hypothesis: Hypothesis, experiment: Experiment, contrasts: list[str]
) -> Faults:
    """Yield each reason why the tables cannot answer a hypothesis."""
    if (hypothesis.contrast is None) == (not hypothesis.condition):
        yield (), "give a contrast or a condition: one of the two"
    elif hypothesis.contrast is not None and hypothesis.contrast not in contrasts:
        yield ("contrast",), f"no such contrast; {hint(hypothesis.contrast, contrasts)}"
    for path, message in _unknown_levels(hypothesis.condition, experiment):
        yield ("condition", *path), message
    measure = hypothesis.measure or ""
    of_conditions = study_of(experiment.plan).in_tables
    if hypothesis.condition and measure not in of_conditions:
        yield ("measure",), f"of a condition it is one of {', '.join(of_conditions)}"
    if (measure == VERDICT) != (hypothesis.expected == "inverted U"):
        yield ("expected",), "an inverted U is expected of the measure verdict, and of it alone"
    if hypothesis.smallest is not None and hypothesis.expected not in ("none", "inverted U"):
        yield ("smallest",), "belongs to none and inverted U; with a sign nothing is smallest"
    if measure == VERDICT and hypothesis.contrast is not None:
        yield ("measure",), "a verdict is of a condition; of a contrast ask for b2"


def _faults_of_plan(experiment: Experiment, scenarios: Sequence[Scenario]) -> Faults:
    """Yield each name in the plan that the scenario of some condition lacks, once."""
    plan, reported = experiment.plan, set()
    study = study_of(plan)
    for scenario in scenarios:
        days = scenario.clock.clock().day(scenario.steps - 1) + 1
        faults: list[tuple[Path_, str]] = []
        for path, text in faults_of_outcome(plan.outcome, scenario):
            faults.append((("plan", "outcome", *path), text))
        faults += study.problems(plan, scenario)
        if plan.warm_up_days >= days:
            text = f"{plan.warm_up_days} days leave nothing of {scenario.name}'s {days}"
            faults.append((("plan", "warm_up_days"), text))
        if plan.event_day is not None and not _is_simulated(plan.event_day, scenario):
            text = f"{plan.event_day} is no day of {scenario.name}"
            faults.append((("plan", "event_day"), text))
        for fault in faults:
            if fault not in reported:
                reported.add(fault)
                yield fault


def faults_of_outcome(outcome: Outcome, scenario: Scenario) -> Faults:
    """Yield a fault if a scenario lacks the store of an outcome, or its item."""
    stores = {name: spec for _, name, spec in scenario.agents.stores()}
    store, item = outcome.store, outcome.item
    if store not in stores:
        yield ("store",), f"{scenario.name} has no such store; {hint(store, list(stores))}"
    elif item is not None and item not in stores[store].sells:
        yield ("item",), f"{store} does not sell it; {hint(item, list(stores[store].sells))}"


def _is_simulated(day: date, scenario: Scenario) -> bool:
    clock = scenario.clock.clock()
    return clock.time(0).date() <= day <= clock.time(scenario.steps - 1).date()
