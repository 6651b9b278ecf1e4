"""Other settings for a town that already runs: everything that is not read at build only."""

from __future__ import annotations

from econsim_mesa.economy import StoreTerms
from econsim_mesa.errors import Problem, ScenarioError
from econsim_mesa.scenario import build_only_keys
from econsim_mesa.scenario.fields import matches
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.town.town import Town


def refuse_build_only(changes: list[str], source: str) -> None:
    """Raise ``ScenarioError`` if a dotted path names what is read while the town is built.

    A path above or below such a key counts as well, since it would change it.
    """
    patterns = sorted(build_only_keys())
    problems = []
    for change in changes:
        keys = change.split(".")
        if any(_touches(keys, pattern) for pattern in patterns):
            message = "is read only while the town is built; start a run of its own with it"
            problems.append(Problem(f"$.{change}", message))
    if problems:
        raise ScenarioError(source, problems)


def _touches(keys: list[str], pattern: str) -> bool:
    """Whether a path is a build-only key, or lies below one that is no parent of open keys."""
    length = len(pattern.split("."))
    return len(keys) >= length and matches(keys[:length], pattern)


def retune(town: Town, scenario: Scenario) -> None:
    """Let a town go on under another scenario that differs in settings only."""
    before, town.scenario = town.scenario, scenario
    stress, memory = scenario.stress, scenario.memory
    town.stress.configure(weights=stress.weights, mode=stress.mode, hide=stress.hide)
    for stressor in town.stress.stressors:
        stressor.retune(stress.stressors[stressor.name])
    town.timeline.mode = scenario.social.feed
    hours = scenario.social.timeline.hours
    town.timeline.window_steps = int(hours * 60 // scenario.clock.step_minutes)
    town.recollection.steps, town.recollection.hide = memory.steps, frozenset(memory.hide)
    town.memory.reach(memory.steps, memory.hide)
    town.market.terms = [
        StoreTerms(spec.acceptance, spec.capacity_per_step, spec.partial_fill)
        for _, _, spec in scenario.agents.stores()
    ]
    if scenario.market.consumption_tax != before.market.consumption_tax:
        town.market.tax_rate_bp = round(scenario.market.consumption_tax * 10_000)
    unknown = [
        author
        for event in scenario.events
        if (author := getattr(event, "author", None)) and author not in town.who.number
    ]
    if unknown:
        message = f"{unknown[0]!r} does not live in this town; only a new run can add it"
        raise ScenarioError("settings", [Problem("$.events", message)])
