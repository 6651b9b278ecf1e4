"""The past of a run: its recorded decisions and inputs, by step."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from typing import Any, NamedTuple

from pydantic import JsonValue

from econsim_mesa.domains.roster import domains_of, read_actions
from econsim_mesa.errors import BadInput
from econsim_mesa.runs.comparison import Comparison, Irreproducible, not_compared
from econsim_mesa.runs.reader import Run
from econsim_mesa.runs.store import DATABASE, WAITING
from econsim_mesa.scenario import Scenario, recorded_scenario
from econsim_mesa.scenario.missing import refuse_missing
from econsim_mesa.society.action import Decision
from econsim_mesa.society.inputs import INPUT_KINDS, Inputs, WaitingInput, names_decider
from econsim_mesa.society.model import EconModel
from econsim_mesa.society.records import Call, Input
from econsim_mesa.society.scheduler import Decided, Scheduler
from econsim_mesa.sqlite import damaged

_SILENT = ("Government", "Account")
"""Kinds of those who post, and never decide."""


class Past(NamedTuple):
    """What came from outside the model in the steps before ``until``.

    Attributes:
        until: The first step that is not included.
        decisions: Step -> (agent, decision) of every decision.
        inputs: Step -> (kind, content) of every input.
        calls: All calls to a language model that the run itself made.
        waiting: Inputs for a step that was not completed.
    """

    until: int
    decisions: dict[int, Decided]
    inputs: dict[int, Inputs]
    calls: list[Call]
    waiting: list[WaitingInput]

    @property
    def changes_waiting(self) -> dict[str, JsonValue]:
        """Settings that were to change in a step that was not completed, by dotted path."""
        changes: dict[str, JsonValue] = {}
        for one in self.waiting:
            changes |= json.loads(one.content) if one.kind == "settings" else {}
        return changes


def read_past(run: Run, until: int | None = None) -> Past:
    """Return the past of a run before step ``until`` (None: all whole steps).

    A decision keeps its decider and outcome: one that a failure rule put in place of a reply is
    used as it was applied. Raises ``Irreproducible`` for records that no run can have written,
    ``BadInput`` for a run that was killed before its first step was recorded, and
    ``NotInstalled`` if an input names a component that is not installed.
    """
    if next(run.rows("steps"), None) is None:
        raise BadInput(
            f"{run.folder} holds no run: it was stopped before its first step; delete it"
        )
    end = run.steps if until is None else until
    decisions: dict[int, Decided] = {step: [] for step in range(end)}
    for agent, step, decision in _decisions(run, end):
        decisions[step].append((agent, decision))
    inputs: dict[int, Inputs] = {step: [] for step in range(end)}
    for step, kind, content in run.rows("inputs"):
        if kind not in INPUT_KINDS:
            raise Irreproducible(step, "inputs", "the town", "kind", kind, None)
        _refuse_missing_parts(kind, content)
        if 0 <= step < end:
            inputs[step].append((kind, content))
    own = int(run.meta.get("forked_at", "0"))
    calls = [Call(*row) for row in run.rows("calls") if row[0] >= own]
    waiting = _waiting(run) if until is None else []
    return Past(end, decisions, inputs, calls, waiting)


def _waiting(run: Run) -> list[WaitingInput]:
    """Return the inputs for steps that were not completed. Raises ``BadInput``."""
    try:
        given = [WaitingInput(*one) for one in json.loads(run.meta.get(WAITING, "[]"))]
        return [one for one in given if one.step >= run.steps]
    except (ValueError, TypeError) as error:
        raise damaged(
            run.folder / DATABASE, f"the entry {WAITING} of meta is none ({error})"
        ) from error


def _refuse_missing_parts(kind: str, content: str) -> None:
    """Raise ``NotInstalled`` for an input that names a missing component; ignore broken JSON."""
    with suppress(ValueError):
        held = json.loads(content)
        if kind == "event":
            refuse_missing({"events": [held]})
        elif kind == "settings":
            refuse_missing(held)


def _decisions(run: Run, end: int) -> Iterator[tuple[int, int, Decision]]:
    """Yield (number of the agent, step, decision) for all steps before ``end``."""
    known = {name: (number, kind) for number, name, kind in run.rows("accounts")}
    domains = domains_of(run.scenario)
    for step, agent, kind, decider, outcome, thought, actions in run.rows("decisions"):
        if step >= end:
            break
        number, right = known.get(agent, (-1, None))
        if number < 0 or step < 0 or right in _SILENT:
            raise Irreproducible(step, "decisions", agent, "agent", agent, None)
        if kind != right:
            raise Irreproducible(step, "decisions", agent, "kind", kind, right)
        try:
            done = read_actions(actions, kind, domains)
        except BadInput as error:
            raise Irreproducible(step, "decisions", agent, "actions", actions, None) from error
        yield number, step, Decision(done, thought, decider, outcome)


def model_of(run: Run, past: Past) -> EconModel:
    """Return the model of a run before its first step, which is to follow the recorded past."""
    scenario = run.scenario
    model = EconModel(scenario, seed=scenario.seed)
    model.follow(past.decisions, past.inputs, past.waiting)
    return model


def settings_of(run: Run, past: Past) -> Scenario:
    """Return the scenario of a run with all settings changed in its past applied."""
    scenario = run.scenario
    for step in sorted(past.inputs):
        for kind, content in past.inputs[step]:
            if kind == "settings":
                scenario = recorded_scenario(scenario, set=json.loads(content))
    return scenario


def settings_by_step(run: Run) -> list[tuple[int, Scenario]]:
    """Return the settings of a run, each with the first step in which it holds, in order."""
    settings = [(0, run.scenario)]
    for row in run.rows("inputs"):
        entry = Input(*row)
        if entry.kind == "settings":
            changed = recorded_scenario(settings[-1][1], set=json.loads(entry.content))
            settings.append((entry.step, changed))
    return settings


def refuse_other_deciders(
    run: Run, settings: Scenario, until: int, changes: Mapping[str, Any]
) -> None:
    """Raise ``BadInput`` if a Python object decided and ``changes`` name no replacement.

    A scenario cannot name such an object, so its own decider would take over unnoticed.

    Args:
        run: The run.
        settings: The scenario with the settings at the end of the past.
        until: The deciders of the steps before it count; for 0, those of the first step.
        changes: Dotted path -> new value.
    """
    if any(map(names_decider, changes)):
        return
    scenarios = (run.scenario, settings)
    known = {one.name for scenario in scenarios for one in Scheduler.of(scenario).deciders}
    latest: dict[str, str] = {}
    for step, agent, _, decider, *_ in run.rows("decisions"):
        if step >= max(until, 1):
            break
        latest[agent] = decider
    if strangers := sorted(set(latest.values()) - known):
        raise BadInput(
            f"{run.folder} was decided by {strangers[0]!r}, an object that its scenario does not "
            f"name; say who goes on: --set decider=NAME, where NAME is a decider that comes with "
            "the package or was registered"
        )


def replay_until(model: EconModel, run: Run, past: Past, until: int | None = None) -> int:
    """Replay the past of a run and compare it with the records; return the number of steps.

    Stops before step ``until`` (None: at the end of the past). Raises ``Irreproducible`` with the
    first difference from the records.
    """
    return sum(1 for _ in replaying(model, run, past, until))


def replaying(model: EconModel, run: Run, past: Past, until: int | None = None) -> Iterator[int]:
    """Replay a past as ``replay_until`` does, and yield each step before it is made."""
    town = model.town
    with closing(Comparison(run, not_compared(run))) as comparison:
        comparison.accounts(town.roster.names, town.roster.kinds)
        comparison.commit(town.records)
        for step in range(past.until if until is None else until):
            if not model.running:
                raise Irreproducible(step, "steps", "the town", "step", step, None)
            yield step
            try:
                model.step()
            except Exception as error:  # what was recorded whole must be possible again
                raise Irreproducible(step, "steps", "the town", "step", step, error) from error
            comparison.commit(town.records)
