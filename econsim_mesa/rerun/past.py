"""The past of a run: its recorded decisions and inputs, by step."""

from __future__ import annotations

from typing import NamedTuple

from econsim_mesa.decision.actions import Decision, decode
from econsim_mesa.decision.scheduler import Decided
from econsim_mesa.model import EconModel, Inputs
from econsim_mesa.records.definitions import Call
from econsim_mesa.records.reader import Run


class Past(NamedTuple):
    """What came from outside the model in the steps before ``until``.

    ``calls`` are the calls to a language model that the run itself made, all of them.
    """

    until: int
    decisions: dict[int, Decided]
    inputs: dict[int, Inputs]
    calls: list[Call]


def read_past(run: Run, until: int | None = None) -> Past:
    """Return the past of a run before step ``until`` (None: all whole steps).

    A decision keeps its decider and outcome: what a failure rule put in place of a reply is
    used as it was applied.
    """
    end = run.steps if until is None else until
    number = {name: index for index, name, _ in run.rows("accounts")}
    decisions: dict[int, Decided] = {step: [] for step in range(end)}
    for step, agent, _, decider, outcome, thought, actions in run.rows("decisions"):
        if step >= end:
            break
        decision = Decision(decode(actions), thought, decider, outcome)
        decisions[step].append((number[agent], decision))
    inputs: dict[int, Inputs] = {step: [] for step in range(end)}
    for step, kind, content in run.rows("inputs"):
        if step < end:
            inputs[step].append((kind, content))
    own = int(run.meta.get("forked_at", "0"))
    calls = [Call(*row) for row in run.rows("calls") if row[0] >= own]
    return Past(end, decisions, inputs, calls)


def model_of(run: Run, past: Past) -> EconModel:
    """Return the model of a run, about to live through its past again."""
    scenario = run.scenario
    model = EconModel(scenario, seed=scenario.seed)
    model.follow(past.decisions, past.inputs)
    return model
