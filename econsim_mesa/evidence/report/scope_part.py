"""Parts of the report about the simulation itself: who decided, what is in it and what is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from econsim_mesa.evidence.coherence.check import EMBEDDED
from econsim_mesa.evidence.report.html import Html, Part, join, link, listed, section, table, tag
from econsim_mesa.evidence.served import Answering, answering
from econsim_mesa.evidence.subject import Subject
from econsim_mesa.experiment.folder import TABLES
from econsim_mesa.experiment.plan import PLAN
from econsim_mesa.runs.store import SCENARIO
from econsim_mesa.runs.summary import SUMMARY, usable
from econsim_mesa.scenario import Scenario

_WHO = {
    "utility": "the embedded utility model: a formula whose coefficients are mostly assumed",
    "random": "a random agent: whatever is legal, with equal chance",
    "idle": "nobody: the households do nothing",
    "llm": "a language model, asked once for each household and step",
}


def who_decided(subject: Subject) -> Html:
    """Return who decided for households, by which model, version and prompts."""
    source = SUMMARY if subject.made is None else TABLES
    rows: list[tuple[Part, ...]] = [
        (who, link(source, number))
        for name, outcomes in sorted(subject.decisions.items())
        for who, number in _deciders(name, outcomes)
    ]
    parts: list[Part] = [table(("Decided for the households", "Decisions"), rows)]
    if "llm" in subject.decisions:
        parts.append(_models(subject))
    else:
        parts.append(tag("p", "No language model was asked, so there are no prompts."))
    people = "Nothing in this report was said or done by a person."
    if set(subject.decisions) <= set(EMBEDDED):
        people += " A formula decided: its results are those of its coefficients."
    else:
        people += " A language model's answers are not those of people, however they sound."
    return section("Who decided", *parts, tag("p", people), id_="who")


def _deciders(name: str, outcomes: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Yield who decided and how often; where no answer could be used, nobody did."""
    total, answered = sum(outcomes.values()), usable(outcomes)
    if name != "llm":
        yield _WHO.get(name, name), total
        return
    yield _WHO[name], answered
    if answered < total:
        yield "nobody: the model was asked, and no answer came that could be used", total - answered


def _models(subject: Subject) -> Html:
    scenarios = [subject.scenario] if subject.made is None else subject.made.design.scenarios
    models = sorted({scenario.llm.model for scenario in scenarios if scenario.llm.model})
    spec = subject.scenario.llm
    folder = "prompts" if subject.made is None else f"runs/{_first_run(subject)}/prompts"
    told: list[Part] = [join(("Model asked for: ", ", ".join(models) or "not named"))]
    told += [join(("Answered: ", str(one))) for one in _answering(subject).once]
    told += model_changes(subject)
    temperature = getattr(spec, "temperature", None)
    if temperature is not None:
        told.append(join(("Temperature: ", temperature)))
    texts = join((link(f"{folder}/household.md"), ", ", link(f"{folder}/store.md")))
    told.append(join(("Prompt template: ", spec.template, "; its text: ", texts)))
    sample = str(Path(folder).parent / "prompt-sample.txt")
    if (subject.folder / sample).is_file():
        told.append(join(("One prompt as it was sent: ", link(sample))))
    return listed(told)


def _answering(subject: Subject) -> Answering:
    runs = [] if subject.made is None else [f"runs/{run}" for run in sorted(subject.made.measured)]
    return answering(subject.folder, runs)


def model_changes(subject: Subject) -> list[Part]:
    """Return in words where a model was replaced while it was asked."""
    return [tag("strong", one) for one in _answering(subject).changes]


def _first_run(subject: Subject) -> str:
    return min(subject.made.measured, default="") if subject.made is not None else ""


def scope(subject: Subject) -> Html:
    """Return what is included and what is excluded, side by side, and where numbers come from."""
    scenario = subject.scenario
    included = tag("div", tag("h3", "Included"), listed(_included(scenario)))
    excluded = tag("div", tag("h3", "Left out"), listed(scenario.exclusions))
    rows = [(one.name, one.use, one.licence) for one in scenario.data_sources]
    sources = table(("Source", "Used for", "Licence"), rows, "Where the numbers come from")
    file = SCENARIO if subject.made is None else f"runs/{_first_run(subject)}/{SCENARIO}"
    note = tag("p", "In full: ", link(file), ", ", link("ODD.md"), ", ", link("LIMITS.md"), ".")
    both = tag("div", included, excluded, class_="beside")
    return section("What is in it, and what is not", both, sources if rows else None, note,
                   id_="scope")  # fmt: skip


def _included(scenario: Scenario) -> list[str]:
    clock = scenario.clock.clock()
    days = clock.day(scenario.steps - 1) + 1
    stores = scenario.agents.stores()
    told = [
        f"{scenario.agents.Household.count:,} simulated households on "
        f"{scenario.grid.width} x {scenario.grid.height} cells",
        f"{len(stores)} stores: {', '.join(name for _, name, _ in stores)}",
        f"{len(scenario.items)} goods: {', '.join(scenario.items)}",
        f"{days:,} days from {clock.time(0):%Y-%m-%d} on, "
        f"{'nights skipped' if clock.skips_nights else 'nights too'}",
        "Buying, walking, posting, following, memory",
    ]
    stressors = ", ".join(scenario.stress.stressors)
    told.append(f"Stress of these kinds: {stressors}" if stressors else "No stress")
    kinds = sorted({one.type.replace("_", " ") for one in scenario.events})
    return [*told, f"Events: {', '.join(kinds)}"] if kinds else told


def sensitivity(subject: Subject) -> Html:
    """Return how many coefficients are assumed, and whether their influence was measured."""
    if "llm" in subject.decisions and not set(subject.decisions) & set(EMBEDDED):
        told = (
            "A language model decided for the households, so no coefficient acts on them. How far "
            "the results move with the wording of the prompt, the order of what it lists, the "
            "temperature or the model was not measured here: each is a factor of an experiment."
        )
        return section("Sensitivity", tag("p", told), id_="sensitivity")
    assumed, sourced = _coefficients(subject.scenario)
    file = SCENARIO if subject.made is None else f"runs/{_first_run(subject)}/{SCENARIO}"
    told = join((
        link(file, f"{len(assumed)} of {len(assumed) + len(sourced)} coefficients"), " of the "
        "embedded model are assumed, without a source; the others come from published estimates.",
    ))  # fmt: skip
    name = "" if subject.made is None else subject.made.design.experiment.name
    swept = "sensitivity" in name or "sensitivity" in subject.tables
    if swept:
        more: tuple[Part, ...] = ("How far the results move with them: ", link(TABLES), ".")
    else:
        more = (
            "Their influence on these results was not measured here. To measure it: ",
            tag("code", "econsim experiment sensitivity"),
        )
    return section("Sensitivity", tag("p", told), tag("p", *more), id_="sensitivity")


def _coefficients(scenario: Scenario) -> tuple[list[str], list[str]]:
    """Return the dotted names of assumed coefficients, and of those with a source."""
    assumed: list[str] = []
    sourced: list[str] = []
    for group, terms in scenario.choice.model_dump(mode="json").items():
        for name, one in terms.items() if isinstance(terms, dict) else ():
            if isinstance(one, dict) and "source" in one:
                (assumed if one["source"] == "assumed" else sourced).append(f"{group}.{name}")
    return assumed, sourced


__all__ = ["PLAN", "model_changes", "scope", "sensitivity", "who_decided"]
