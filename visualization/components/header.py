"""The head of the page: what is shown, who decides, what is left out, what it cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import solara

from econsim_mesa.numbers import counted, magnitude
from econsim_mesa.runs.changes import input_in_words
from econsim_mesa.runs.summary import NOBODY, who_decided
from econsim_mesa.scenario import Scenario
from econsim_mesa.scenario.decider_traits import decides_by_model, recorded_traits
from econsim_mesa.society.measures import REJECTED

from ..measures import Parts
from ..run_address import address_of, relative_path
from ..view import Frame

if TYPE_CHECKING:
    from ..experiment_view import ExperimentView

_NOTHING: dict[str, Any] = {
    "name": "", "title": "", "decided_by": "", "exclusions": [], "left_out": "",
    "changed": "", "facts": [],
}  # fmt: skip
MOST_CHANGES = 3
"""Changes by hand that the head names at most, the newest."""
USABLE = frozenset({"accepted", "repaired"})
"""Outcomes of a decision that the decider itself made; any other was put in its place."""


@solara.component_vue("header.vue")
def _Header(
    name: str,
    title: str,
    mode: str,
    saved: str,
    run: str | None,
    above: str,
    decided_by: str,
    exclusions: list[str],
    left_out: str,
    changed: str,
    facts: list[list[str]],
    notice: list[Any] | None,
    busy: str,
    dark: bool,
    event_setup: Callable[[Any], None],
    event_theme: Callable[[Any], None],
    event_dismiss: Callable[[Any], None],
    event_up: Callable[[Any], None],
) -> None: ...


@solara.component
def Header(
    frame: Frame | None,
    *,
    mode: str,
    folder: Path | None,
    experiment: ExperimentView | None,
    notice: tuple[str, bool] | None,
    busy: str,
    dark: bool,
    on_setup: Callable[[], None],
    on_theme: Callable[[], None],
    on_dismiss: Callable[[], None],
    on_up: Callable[[], None],
) -> None:
    """Say what is on the page; ``mode`` is a word such as ``live``.

    ``folder`` is where the run is, None if nothing is kept of it yet. The page's address names
    it, so that a page that is loaded again shows the same run. ``experiment`` is the one that is
    shown, or of which the run is: ``on_up`` goes back to it.
    """
    shown = _NOTHING if frame is None else header_now(frame)
    kept, where = folder, "" if frame is None else saved(folder)
    if frame is None and experiment is not None:
        shown = _NOTHING | {"name": experiment.name, "title": experiment.title}
        kept, mode, where = experiment.folder, "experiment", saved(experiment.folder)
    _Header(
        **shown,
        mode=mode,
        saved=where,
        run=None if frame is None and experiment is None else address_of(kept),
        above="" if frame is None or experiment is None else experiment.name,
        notice=list(notice) if notice else None,
        busy=busy,
        dark=dark,
        event_setup=lambda _: on_setup(),
        event_theme=lambda _: on_theme(),
        event_dismiss=lambda _: on_dismiss(),
        event_up=lambda _: on_up(),
    )


def header_now(frame: Frame) -> dict[str, Any]:
    """Return what the head says of a run at a frame, wherever it is kept."""
    scenario = frame.scene.scenario
    return {
        "name": scenario.name,
        "title": scenario.title,
        "decided_by": decided_by(frame),
        "exclusions": list(scenario.exclusions),
        "left_out": left_out(len(scenario.exclusions)),
        "changed": changed(frame),
        "facts": facts(frame),
    }


def changed(frame: Frame) -> str:
    """Return in words what was changed from outside so far, of a fork what it changed; "": nothing.

    The newest changes come last; of many, only they are named.
    """
    time = frame.scene.clock.time
    found = [
        f"{text} from {time(row.step):%a %d %b %H:%M}"
        for row in frame.so_far("inputs", frame.history.forked_at)
        for text in input_in_words(row.kind, row.content)
    ]
    more = len(found) - MOST_CHANGES
    return ", ".join([*([f"{more} more"] if more > 0 else []), *found[-MOST_CHANGES:]])


def left_out(number: int) -> str:
    """Return in words how many things a simulation leaves out."""
    return counted(number, "thing is left out", "things are left out")


def saved(folder: Path | None) -> str:
    """Return in words where the run is kept."""
    return (
        "not saved before the first step" if folder is None else f"saved in {relative_path(folder)}"
    )


def decided_by(frame: Frame) -> str:
    """Return in words who decides for households, a language model by its name."""
    scenario = frame.scene.scenario
    planned = scenario.agents.Household.mixed or [
        scenario.agents.Household.decider or scenario.decider
    ]
    decisions = frame.outcomes or {name: {} for name in planned}
    return "; ".join(
        _named(name, who_decided({name: outcomes}, scenario), scenario)
        for name, outcomes in decisions.items()
    )


def _named(decider: str, who: str, scenario: Scenario) -> str:
    """Return who decides, a language model by its name, unless it decided nothing."""
    model, kind = scenario.llm.model, recorded_traits(decider, scenario.deciders)
    if not model or not kind.asks_model or who == NOBODY:
        return who
    is_model_alone = decides_by_model(kind) and who == kind.in_words
    return f"{model}, a {who}" if is_model_alone else f"{who}: {model}"


def facts(frame: Frame) -> list[list[str]]:
    """Return calls, tokens, cost and quality as [heading, figure]; empty where no LLM decides."""
    spent, outcomes = frame.spent, frame.outcomes
    counts = Counter[str]()
    named = frame.scene.scenario.deciders
    for decider, by_outcome in outcomes.items():
        if recorded_traits(decider, named).asks_model:
            counts.update(by_outcome)
    if not spent.calls and not counts and not frame.inherited.calls:
        return []
    usable = counts.get("accepted", 0) + counts.get("repaired", 0)
    replaced = sum(
        number
        for by_outcome in outcomes.values()
        for outcome, number in by_outcome.items()
        if outcome not in USABLE
    )
    made = usable + replaced
    refused = sum(count for count, _ in frame.series(Parts(REJECTED, ())))
    shown = [
        ["calls", f"{spent.calls:,}"],
        ["tokens in", magnitude(spent.input_tokens)],
        ["tokens out", magnitude(spent.output_tokens)],
        ["cost", _cost(spent.cost, spent.most_cost)],
        ["usable replies", f"{usable / made:.1%}" if made else "-"],
        ["repaired", f"{counts.get('repaired', 0):,}"],
        ["replaced by rule", f"{replaced:,}"],
        ["actions refused", f"{refused:,.0f}"],
        ["failed attempts", f"{spent.failed:,}"],
    ]
    if past := frame.inherited.calls:
        shown.insert(1, ["of the past, paid by the parent", counted(past, "call")])
    if spent.input_tokens and spent.cached_tokens:
        shown.insert(-7, ["cached", f"{spent.cached_tokens / spent.input_tokens:.0%}"])
    return shown


def _cost(least: float, most: float) -> str:
    if not most:
        return "no price set"
    return f"${least:.2f}" if most - least < 0.005 else f"${least:.2f} to {most:.2f}"
