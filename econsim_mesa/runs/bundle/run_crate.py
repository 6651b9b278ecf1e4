"""The crate of a run: seed, model record, quality, sources and exclusions beside its files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from econsim_mesa.runs.bundle.crate import (
    CreateAction,
    Entity,
    crate_text,
    file_id,
    property_value,
    refs,
)
from econsim_mesa.runs.bundle.environment import ENVIRONMENT, Environment, read_environments
from econsim_mesa.runs.model_versions import SERVER_MODEL, describe_change, refused_parameters
from econsim_mesa.runs.reader import Run
from econsim_mesa.runs.store import DATABASE
from econsim_mesa.runs.summary import SUMMARY, Summary
from econsim_mesa.scenario.types import Scenario

_SERVED = "https://econsim-mesa.invalid/served"  # a name; under .invalid nothing is looked up
_ASKED = (
    "provider",
    "model",
    "temperature",
    "send_seed",
    "max_output_tokens",
    "reasoning_effort",
    "extra_body",
    "response_format",
    "template",
    "repair",
    "max_attempts",
    "timeout_seconds",
    "deadline_seconds",
    "max_concurrency",
    "max_calls",
    "max_tokens",
    "max_cost",
    "on_failure",
)
"""Fields of ``llm`` that are part of the record of a model."""


def run_crate(run: Run, summary: Summary, hashes: Mapping[str, str]) -> str:
    """Return the crate of a run. ``hashes`` has the SHA-256 of each file but the crate."""
    made_with = read_environments(run.folder)
    author, affiliation = made_with[-1]["made_by"]
    settings = list(_settings(run, made_with))
    quality, model = list(_quality(summary)), list(_model(run, summary))
    sources, exclusions = sources_and_exclusions([run.scenario])
    inputs = [name for name in sorted(hashes) if name not in (DATABASE, SUMMARY)]
    made = CreateAction(
        name=summary.title,
        description=_description(run, summary),
        start=run.meta["started"],
        end=_last(run, "finished", "resumed", "started"),
        error=None if summary.status == "finished" else run.meta["status"],
        objects=[*map(file_id, inputs), *(one["@id"] for one in (*settings, *model, *sources))],
        results=[file_id(DATABASE), file_id(SUMMARY), *(one["@id"] for one in quality)],
        by=(author, affiliation),
        software=code_of(made_with[-1]),
    )
    others = [*settings, *model, *quality, *sources, *exclusions]
    based_on = {"isBasedOn": refs(one["@id"] for one in sources)} if sources else {}
    answered = list(_served(summary))
    mentioned = refs(["#making", *(one["@id"] for one in answered)])
    excluded = refs(one["@id"] for one in exclusions)
    root = {**based_on, "additionalProperty": excluded, "mentions": mentioned}
    return crate_text(run.folder, made, hashes, [*others, *answered], root)


def _last(run: Run, *keys: str) -> str:
    """Return the first of some entries of ``meta`` that there is."""
    return next(run.meta[key] for key in keys if key in run.meta)


def _description(run: Run, summary: Summary) -> str:
    return (
        f"One run of the scenario {summary.scenario}: {summary.steps} of "
        f"{summary.steps_planned} steps with {summary.households} households, seed "
        f"{summary.seed}. Decided by {summary.by_whom}. A simulation: nothing in it is "
        "evidence about a real place. What is left out stands in LIMITS.md and under excluded."
    )


def _settings(run: Run, made_with: Sequence[Environment]) -> Iterator[Entity]:
    """Yield the seed, names of random streams, Python versions, and the request for the run."""
    yield property_value("#seed", "seed", str(run.scenario.seed), "Seed of all random streams")
    streams = ", ".join(made_with[-1]["streams"])
    yield property_value("#streams", "random streams", streams, "Keyed by seed, name and step")
    for number, one in enumerate(made_with):
        yield property_value(
            f"#environment-{number}",
            "environment",
            f"{one['python']} on {one['platform']}",
            f"From step {one['from_step']} on; packages and hashes of code in {ENVIRONMENT}",
        )
    for key in ("command", "parent", "forked_at", "parent_bundle"):
        if key in run.meta:
            yield property_value(f"#{key}", key.replace("_", " "), run.meta[key])


def _model(run: Run, summary: Summary) -> Iterator[Entity]:
    """Yield the record of the language model, if one was asked."""
    if summary.calls is None:
        return
    spec = run.scenario.llm.model_dump(mode="json")
    for name in _ASKED:
        if spec[name] not in (None, {}):
            yield property_value(f"#llm-{name}", f"llm {name}", str(spec[name]))
    host = urlsplit(spec["base_url"] or "").hostname
    if host:
        yield property_value("#llm-endpoint", "llm endpoint", host)
    for key in sorted(run.meta):
        if key.startswith(("prompt_template", "prompt_hash")):
            yield property_value(_id(key), key.replace("_", " "), run.meta[key])
    for key in sorted(one for one in run.meta if one.startswith(SERVER_MODEL)):
        about = "Its entry in the server's list of models, when the run asked"
        yield property_value(_id(key), "model as the server lists it", run.meta[key], about)
    if (refused := refused_parameters(run)) is not None:
        yield property_value("#llm-left-out", "left out of requests", refused)
    answered = ", ".join(summary.calls.models)
    yield property_value("#llm-answered", "model as the server names it", answered)
    if (changed := describe_change(summary.calls.served)) is not None:
        yield property_value("#llm-changed", "model that changed", changed)


def _served(summary: Summary) -> Iterator[Entity]:
    """Yield what answered calls, as software of a version."""
    for number, one in enumerate(summary.calls.served if summary.calls else (), 1):
        yield {
            "@id": f"{_SERVED}/{number}",
            "@type": "SoftwareApplication",
            "name": one.model,
            "description": f"Language model as it was served: {one}",
            "softwareVersion": f"revision: {one.revision}; server: {one.server}",
            "url": {"@id": "ODD.md"},
        }


def _id(key: str) -> str:
    return f"#{key.replace('@', '-')}"


def _quality(summary: Summary) -> Iterator[Entity]:
    """Yield how decisions and calls ended."""
    outcomes: Counter[str] = Counter()
    for counts in summary.decisions.values():
        outcomes.update(counts)
    for name, count in sorted(outcomes.items()):
        yield property_value(f"#decisions-{name}", f"decisions {name}", str(count))
    if summary.calls is not None:
        for word, ends in (("calls", summary.calls.statuses), ("faults", summary.calls.faults)):
            for name, count in ends.items():
                yield property_value(f"#{word}-{name}", f"{word} {name}", str(count))
        repaired = str(summary.calls.repair_turns)
        yield property_value("#calls-repair", "calls to repair a reply", repaired)


def sources_and_exclusions(scenarios: Sequence[Scenario]) -> tuple[list[Entity], list[Entity]]:
    """Return the sources of numbers and the exclusions that scenarios declare, each once.

    A table of personas is a source too, with its basis of consent.
    """
    sources: dict[tuple[str, str, str], None] = {}
    exclusions: dict[str, None] = {}
    for scenario in scenarios:
        sources |= dict.fromkeys((one.name, one.use, one.licence) for one in scenario.data_sources)
        persona = scenario.agents.Household.persona
        if persona is not None and persona.table is not None:
            table = persona.table
            named = f"Personas: {table.source}", f"Consent: {table.consent}", table.licence
            sources[named] = None
        exclusions |= dict.fromkeys(scenario.exclusions)
    return [
        {
            "@id": f"#source-{number}",
            "@type": "CreativeWork",
            "name": name,
            "description": use,
            "usageInfo": f"licence: {licence}",
        }
        for number, (name, use, licence) in enumerate(sources, 1)
    ], [
        property_value(f"#excluded-{number}", "excluded", sentence)
        for number, sentence in enumerate(exclusions, 1)
    ]


def code_of(noted: Environment) -> tuple[str, str | None]:
    """Return version and commit of the code of an environment; None if the commit is unknown."""
    code = noted["code"]
    dirty = " with changes that are not committed" if code["dirty"] else ""
    return code["version"], f"commit {code['commit']}{dirty}" if code["commit"] else None
