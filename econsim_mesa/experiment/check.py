"""Check what no single field of an experiment can say: that its parts fit together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from econsim_mesa.errors import Problem, hint
from econsim_mesa.experiment.conditions import Condition, equal, is_within
from econsim_mesa.experiment.types import ARM, SCENARIO, Contrast, Experiment
from econsim_mesa.scenario import Scenario
from econsim_mesa.scenario.paths import Path_, found, json_path

Found = Iterator[tuple[Path_, str]]


def check(
    experiment: Experiment, conditions: Sequence[Condition], scenarios: Sequence[Scenario | None]
) -> Iterator[Problem]:
    """Yield every problem of how the parts of an experiment fit together.

    ``scenarios`` are those of the conditions; None: it has problems of its own.
    """
    good = [scenario for scenario in scenarios if scenario is not None]
    for path, message in _factors(experiment):
        yield Problem(json_path(path), message)
    for i, contrast in enumerate(experiment.contrasts):
        for path, message in _contrast(contrast, experiment, conditions):
            yield Problem(json_path(("contrasts", i, *path)), message)
    for path, message in _names(experiment):
        yield Problem(json_path(path), message)
    for path, message in _plan(experiment, good):
        yield Problem(json_path(path), message)


def _factors(experiment: Experiment) -> Found:
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


def _contrast(contrast: Contrast, experiment: Experiment, conditions: Sequence[Condition]) -> Found:
    known = {**experiment.factors, **({ARM: tuple(experiment.arms)} if experiment.arms else {})}
    sound = True
    for side, settings in (("a", contrast.a), ("b", contrast.b)):
        for path, value in settings.items():
            if path not in known:
                sound = False
                yield (side, path), f"is no factor of this experiment; {hint(path, list(known))}"
            elif not any(equal(value, one) for one in known[path]):
                sound = False
                some = ", ".join(found(one) for one in known[path])
                yield (side, path), f"{found(value)} is no value of this factor; it has {some}"
    if set(contrast.a) != set(contrast.b):
        sound = False
        yield ("b",), "must name the same factors as side a"
    if sound and not any(is_within(one.levels, contrast.a) for one in conditions):
        yield ("a",), "no condition is on this side"
    if sound and all(equal(contrast.a[path], contrast.b[path]) for path in contrast.a):
        yield ("b",), "is the same as side a"


def _names(experiment: Experiment) -> Found:
    names = Counter(contrast.name for contrast in experiment.contrasts)
    for name, times in names.items():
        if times > 1:
            yield ("contrasts",), f"the name {name!r} stands {times} times"
    for i, hypothesis in enumerate(experiment.hypotheses):
        if hypothesis.contrast not in names:
            advice = hint(hypothesis.contrast, list(names))
            yield ("hypotheses", i, "contrast"), f"no such contrast; {advice}"


def _plan(experiment: Experiment, scenarios: Sequence[Scenario]) -> Found:
    """Yield what the plan names and some condition's town lacks."""
    plan, told = experiment.plan, set()
    for scenario in scenarios:
        stores = {name: spec for _, name, spec in scenario.agents.stores()}
        days = scenario.clock.clock().day(scenario.steps - 1) + 1
        store, item = plan.outcome.store, plan.outcome.item
        faults: list[tuple[Path_, str]] = []
        if store not in stores:
            text = f"{scenario.name} has no such store; {hint(store, list(stores))}"
            faults.append((("plan", "outcome", "store"), text))
        elif item is not None and item not in stores[store].sells:
            text = f"{store} does not sell it; {hint(item, list(stores[store].sells))}"
            faults.append((("plan", "outcome", "item"), text))
        if plan.keyword is not None and plan.keyword not in scenario.keywords:
            text = f"is no keyword of {scenario.name}; {hint(plan.keyword, scenario.keywords)}"
            faults.append((("plan", "keyword"), text))
        if plan.warm_up_days >= days:
            text = f"{plan.warm_up_days} days leave nothing of {scenario.name}'s {days}"
            faults.append((("plan", "warm_up_days"), text))
        for fault in faults:
            if fault not in told:
                told.add(fault)
                yield fault
