"""Run checks of a decider over some seeds, with the random agent as the control that must fail."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from econsim_mesa.errors import BadInput
from econsim_mesa.evidence.coherence.check_table import CheckTable, checks_named, judge
from econsim_mesa.evidence.coherence.estimates import Sample
from econsim_mesa.evidence.coherence.lab import DeciderFactory, Lab
from econsim_mesa.evidence.coherence.setups import Setup
from econsim_mesa.experiment.plan import scenario_hash
from econsim_mesa.runs.loop import Progress, Watcher, unwatched
from econsim_mesa.scenario import Scenario
from econsim_mesa.scenario.decider_traits import traits_of
from econsim_mesa.scenario.registry import lookup

CONTROL = "random"
FEWEST_SEEDS = 3


def check_all(
    scenario: Scenario,
    seeds: Sequence[int],
    *,
    only: Iterable[str] = (),
    factory: DeciderFactory | None = None,
    watcher: Watcher = unwatched,
) -> CheckTable:
    """Return all checks of the decider of a scenario's households.

    Args:
        scenario: The town.
        seeds: Its seeds; each check gets its numbers from every seed.
        only: Names of checks; empty: all.
        factory: Makes the decider; None: the scenario's one.
        watcher: Called with how many parts are done, before each of them and at the end.

    Raises:
        BadInput: There are fewer than three seeds, or a check is unknown.
    """
    if len(seeds) < FEWEST_SEEDS:
        raise BadInput(f"too few seeds for an interval: {len(seeds)}; give {FEWEST_SEEDS} or more")
    checks = checks_named(only)
    decider = scenario.agents.Household.decider or scenario.decider
    factories = {name: decider_factory(name) for name in (decider, CONTROL)}
    if factory is not None:
        factories[decider] = factory
    reasons = {name: check.reason_against(scenario, decider) for name, check in checks.items()}
    parts = [
        (check, name)
        for check in checks.values()
        if not reasons[check.name]
        for name in factories
        if check.controlled or name == decider
    ]
    samples: dict[tuple[str, str], list[Sample]] = defaultdict(list)
    total, done = len(seeds) * len(parts), 0
    for seed in seeds:
        lab = Lab(Setup(scenario, seed), factories)
        for check, lab.decider in parts:
            part = f"{check.name}, {lab.decider}, seed {seed}"
            watcher(Progress(done, total, f"{done} of {total} checks; {part}"))
            samples[lab.decider, check.name].append(check.sample(lab))
            done += 1
    watcher(Progress(done, total, f"{done} of {total} checks"))
    rows = [
        judge(check, samples[decider, name], samples[CONTROL, name], reasons[name])
        for name, check in checks.items()
    ]
    model = scenario.llm.model if traits_of(decider).asks_model else None
    return CheckTable(
        scenario.name, scenario_hash(scenario), decider, model, tuple(seeds), tuple(rows)
    )


def decider_factory(name: str) -> DeciderFactory:
    """Return what makes the decider of a name."""
    return lambda scenario: lookup("decider", name)(scenario)
