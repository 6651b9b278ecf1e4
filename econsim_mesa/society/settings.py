"""Other settings for a town that already runs: everything that is not read at build only."""

from __future__ import annotations

from collections.abc import Iterable

from econsim_mesa.domains.economy.opening import hours_of
from econsim_mesa.domains.economy.orders import StoreTerms
from econsim_mesa.domains.social.state import timeline_steps
from econsim_mesa.errors import Problem, ScenarioError
from econsim_mesa.scenario import Event, build_only_keys
from econsim_mesa.scenario.fields import every_field, matches
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.town import Town


def refuse_build_only(changes: list[str], source: str) -> None:
    """Raise ``ScenarioError`` if a dotted path names what is read while the town is built.

    A path above such a key counts as well, since it would change it; so does one below it,
    unless it names a key of its own that may be changed, such as a store's ``acceptance``.
    """
    fixed = sorted(build_only_keys())
    every = [pattern.split(".") for pattern in (name for name, _ in every_field())]
    message = "is read only while the town is built; start a run of its own with it"
    problems = [
        Problem(f"$.{change}", message)
        for change in changes
        if _touches(change.split("."), fixed, every)
    ]
    if problems:
        raise ScenarioError(source, problems)


def _touches(keys: list[str], fixed: list[str], every: list[list[str]]) -> bool:
    """Whether the nearest field at or above a path, or any field below it, is build-only."""
    depth = max((len(one) for one in every if matches(keys[: len(one)], ".".join(one))), default=0)
    nearest = any(matches(keys[:depth], pattern) for pattern in fixed)
    return nearest or any(
        len(pattern.split(".")) > len(keys)
        and matches(keys, ".".join(pattern.split(".")[: len(keys)]))
        for pattern in fixed
    )


def refuse_strangers(town: Town, events: Iterable[Event], source: str) -> None:
    """Raise ``ScenarioError`` for events whose author does not live in the town."""
    problems = [
        Problem("$.events", f"{author!r} does not live in this town; only a new run can add it")
        for event in events
        if (author := getattr(event, "author", None)) and author not in town.roster.number
    ]
    if problems:
        raise ScenarioError(source, problems)


def retune(town: Town, scenario: Scenario) -> None:
    """Let a town go on under another scenario that differs in settings only."""
    before, town.scenario = town.scenario, scenario
    stress, memory = scenario.stress, scenario.memory
    town.stress.configure(
        weights=stress.weights, mode=stress.mode, hide=stress.hide, show=stress.show
    )
    for name, parameters in scenario.sections.items():
        town.domains[name].retune(parameters)
    for stressor in town.stress.stressors:
        stressor.retune(stress.stressors[stressor.name])
    town.social.timeline.mode = scenario.social.feed
    town.social.timeline.replies = scenario.social.replies
    town.social.recommender.retune(scenario.social.recommender)
    town.social.timeline.window_steps = timeline_steps(scenario)
    walk_steps = scenario.choice.memory_hours / town.clock.step_hours
    town.visit_memory.retune(memory.steps, walk_steps, memory.hide)
    town.memory.set_horizon(memory.steps, memory.hide, thoughts=memory.thoughts)
    town.economy.market.retune([StoreTerms.of(spec) for _, _, spec in scenario.agents.stores()])
    town.economy.opening.retune(hours_of(scenario))
    if scenario.market.consumption_tax != before.market.consumption_tax:
        town.economy.market.tax_rate_bp = round(scenario.market.consumption_tax * 10_000)
