"""Values for the sections about the simulation: who decided, what is in it, what is assumed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from econsim_mesa.evidence.bundle_contents import BundleContents
from econsim_mesa.runs.bundle.sample import SAMPLE
from econsim_mesa.runs.summary import NOBODY, decider_in_words, usable
from econsim_mesa.scenario import Scenario
from econsim_mesa.scenario.decider_traits import DeciderTraits, decides_by_model, recorded_traits


class WhoDecided(NamedTuple):
    """Who decided for the households.

    Attributes:
        deciders: Each decider in words, with its number of decisions.
        by_formula: Whether only deciders decided that do so by formula.
        by_model: Whether a language model was asked.
        models: Names of the models that were asked for.
        sample: File of one prompt as it was sent; None: there is none.
    """

    deciders: list[tuple[str, int]]
    by_formula: bool
    by_model: bool
    models: list[str]
    sample: str | None


class Coefficients(NamedTuple):
    """How many coefficients of the embedded decider are assumed, of how many.

    ``varied`` says whether an experiment measured their influence.
    """

    assumed: int
    total: int
    varied: bool


def who_decided(contents: BundleContents) -> WhoDecided:
    """Return who decided for the households of a run or an experiment."""
    models = {scenario.llm.model for scenario in contents.scenarios}
    deciders = sorted(contents.decisions.items())
    sample = f"{first_run(contents)}{SAMPLE}"
    return WhoDecided(
        deciders=[
            row for name, outcomes in deciders for row in _decisions(name, outcomes, contents)
        ],
        by_formula=all(kind.by_formula for kind in _kinds(contents)),
        by_model=any(kind.asks_model for kind in _kinds(contents)),
        models=sorted(filter(None, models)),
        sample=sample if (contents.folder / sample).is_file() else None,
    )


def _named(contents: BundleContents) -> set[str]:
    """Return the names of deciders that the scenarios say."""
    return {name for scenario in contents.scenarios for name in scenario.deciders}


def _kinds(contents: BundleContents) -> list[type[DeciderTraits]]:
    """Return what those who decided say of themselves."""
    named = _named(contents)
    return [recorded_traits(name, named) for name in contents.decisions]


def _decisions(
    name: str, outcomes: Mapping[str, int], contents: BundleContents
) -> Iterator[tuple[str, int]]:
    """Yield who decided and how often; where no answer of a model could be used, nobody did."""
    named = _named(contents)
    total, answered = sum(outcomes.values()), usable(outcomes)
    unheard = total - answered if recorded_traits(name, named).asks_model else 0
    yield f"the {decider_in_words(name, named)}", total - unheard
    if unheard:
        yield NOBODY, unheard


def first_run(contents: BundleContents) -> str:
    """Return the folder of the first run of an experiment, with a slash; of a run: nothing."""
    if contents.experiment is None:
        return ""
    return f"runs/{min(contents.experiment.measured, default='')}/"


def included(scenario: Scenario) -> list[str]:
    """Return in words what a scenario simulates."""
    clock = scenario.clock.clock()
    days = clock.day(scenario.steps - 1) + 1
    stores = scenario.agents.stores()
    nights = "nights skipped" if clock.skips_nights else "nights too"
    stressors = ", ".join(scenario.stress.stressors)
    events = ", ".join(sorted({event.type.replace("_", " ") for event in scenario.events}))
    parts = [
        f"{scenario.agents.Household.count:,} simulated households on "
        f"{scenario.grid.width} x {scenario.grid.height} cells",
        f"{len(stores)} stores: {', '.join(name for _, name, _ in stores)}",
        f"{len(scenario.items)} goods: {', '.join(scenario.items)}",
        f"{days:,} days from {clock.time(0):%Y-%m-%d} on, {nights}",
        "Buying, walking, posting, following, memory",
        f"Stress of these kinds: {stressors}" if stressors else "No stress",
    ]
    return [*parts, f"Events: {events}"] if events else parts


def coefficients(contents: BundleContents) -> Coefficients | None:
    """Return how many coefficients are assumed; None if no coefficient acted on a household."""
    kinds = _kinds(contents)
    if any(map(decides_by_model, kinds)) and not any(kind.by_formula for kind in kinds):
        return None
    sources = list(_sources(contents.scenario))
    name = "" if contents.experiment is None else contents.experiment.design.experiment.name
    varied = "sensitivity" in name or "sensitivity" in contents.tables
    return Coefficients(sources.count("assumed"), len(sources), varied)


def _sources(scenario: Scenario) -> Iterator[str]:
    """Yield the source that the scenario states for each coefficient of the embedded decider."""
    for terms in scenario.choice.model_dump(mode="json").values():
        for term in terms.values() if isinstance(terms, dict) else ():
            if isinstance(term, dict) and "source" in term:
                yield term["source"]
