"""Values for the sections about the simulation: who decided, what is in it, what is assumed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from econsim_mesa.evidence.bundle_contents import BundleContents
from econsim_mesa.runs.bundle.sample import SAMPLE
from econsim_mesa.runs.summary import usable
from econsim_mesa.scenario import Scenario
from econsim_mesa.scenario.registry import EMBEDDED_DECIDERS, MODEL_DECIDERS, WRITER

_DECIDERS = {
    "utility": "the embedded utility model: a formula whose coefficients are mostly assumed",
    "random": "a random agent: whatever is legal, with equal chance",
    "idle": "nobody: the households do nothing",
    "llm": "a language model, asked once for each household and step",
    WRITER: "the embedded utility model, whose posts a language model wrote",
}
_NOBODY = "nobody: the model was asked, and no answer came that could be used"


class WhoDecided(NamedTuple):
    """Who decided for the households.

    Attributes:
        deciders: Each decider in words, with its number of decisions.
        by_formula: Whether only embedded deciders decided.
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
        deciders=[row for name, outcomes in deciders for row in _decisions(name, outcomes)],
        by_formula=set(contents.decisions) <= set(EMBEDDED_DECIDERS),
        by_model=not contents.decisions.keys().isdisjoint(MODEL_DECIDERS),
        models=sorted(filter(None, models)),
        sample=sample if (contents.folder / sample).is_file() else None,
    )


def _decisions(name: str, outcomes: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Yield who decided and how often; where no answer could be used, nobody did."""
    total, answered = sum(outcomes.values()), usable(outcomes)
    if name not in MODEL_DECIDERS:
        yield _DECIDERS.get(name, name), total
        return
    yield _DECIDERS[name], answered
    if answered < total:
        yield _NOBODY, total - answered


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
    if "llm" in contents.decisions and not set(contents.decisions) & set(EMBEDDED_DECIDERS):
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
