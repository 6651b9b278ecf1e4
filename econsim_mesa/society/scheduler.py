"""The scheduler: everyone is observed, everyone decides, and only then does anything change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from econsim_mesa.errors import BadInput, EconSimError
from econsim_mesa.scenario.registry import lookup
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.action import Decision, checked
from econsim_mesa.society.decider import Decider, WritesSummaries
from econsim_mesa.society.requests import Requests
from econsim_mesa.society.rng import Integers
from econsim_mesa.society.view import View

STORE_RULES = "utility"
"""Who decides for a store whose specification names nobody."""
Decided = list[tuple[int, Decision]]
"""Numbers of agents and their decisions, in the order of the numbers."""


class Scheduler:
    """Hands the requests of a step to the deciders, one batch each, and orders the answers.

    ``parts`` says for whom each decider decides: numbers of agents, ascending. ``recorded``
    holds the decisions of steps that were made before: there nobody is asked.
    """

    def __init__(self, parts: Sequence[tuple[Decider, Integers]]) -> None:
        self.parts = list(parts)
        self.recorded: Mapping[int, Decided] = {}

    @classmethod
    def of(cls, scenario: Scenario, decider: Decider | None = None) -> Scheduler:
        """Return the scheduler that a scenario asks for; ``decider`` replaces its households'."""
        households = scenario.agents.Household.count
        named = agents_by_decider(scenario, households=decider is None)
        parts: list[tuple[Decider, Integers]] = [
            (lookup("decider", name)(scenario), np.array(agents)) for name, agents in named.items()
        ]
        if decider is not None:
            parts.insert(0, (decider, np.arange(households)))
        return cls(parts)

    @property
    def deciders(self) -> list[Decider]:
        """Everyone who decides for somebody."""
        return [decider for decider, _ in self.parts]

    def summaries(self, view: View) -> list[tuple[int, str]]:
        """Return what households write down before they decide, in the order of their numbers."""
        if view.t in self.recorded:
            return []
        written: list[tuple[int, str]] = []
        for decider, agents in self.parts:
            if callable(getattr(decider, "summaries", None)):  # isinstance of a protocol is slow
                some = agents[agents < view.roster.households]
                asked = some[view.asked[some]].tolist()
                written += _written(cast(WritesSummaries, decider), Requests(view, asked))
        return sorted(written)

    def decide(self, view: View) -> Decided:
        """Return the decision of every agent that is asked, in the order of their numbers."""
        asked = np.concatenate([view.asked, np.ones(view.roster.stores, dtype=np.bool_)])
        if view.t in self.recorded:
            return self._on_record(view.t, asked)
        decided: Decided = []
        for decider, agents in self.parts:
            decided += self._ask(decider, Requests(view, agents[asked[agents]].tolist()))
        return sorted(decided, key=lambda pair: pair[0]) if len(self.parts) > 1 else decided

    def _on_record(self, t: int, asked: NDArray[np.bool_]) -> Decided:
        """Return the recorded decisions of a step. Raises ``EconSimError`` for those of others."""
        decided = self.recorded[t]
        expected = np.flatnonzero(asked).tolist()
        if [agent for agent, _ in decided] != expected:
            raise EconSimError(
                f"step {t} has decisions of {len(decided)} agents on record, and they are not "
                f"the {len(expected)} that are asked, in their order"
            )
        return decided

    def _ask(self, decider: Decider, requests: Requests) -> Decided:
        if not len(requests):
            return []
        given: object = decider.decide(requests)
        who, step = f"the decider {decider.name!r}", requests.view.t
        if not isinstance(given, Iterable) or isinstance(given, Decision | str | Mapping):
            kind = type(given).__name__
            raise EconSimError(f"{who} gave {kind} at step {step}; return a list of decisions")
        decisions = list(given)
        if len(decisions) != len(requests):
            raise EconSimError(
                f"{who} gave {len(decisions)} decisions for "
                f"{len(requests)} requests at step {step}; return one each, in order"
            )
        names, decided = requests.view.roster.names, Decided()
        for agent, decision in zip(requests.agents, decisions, strict=True):
            try:
                decided.append((agent, checked(decision)))
            except BadInput as error:
                whose = f"what {who} gave for {names[agent]} at step {step}"
                raise EconSimError(f"{whose} {error}") from None
        return decided


def agents_by_decider(scenario: Scenario, *, households: bool = True) -> dict[str, list[int]]:
    """Return the numbers of the agents for whom each decider decides, by its name, ascending.

    Without ``households``, only those of stores.
    """
    spec = scenario.agents.Household
    chosen = spec.decider or scenario.decider
    mixed = [name for name, count in spec.mixed.items() for _ in range(count)]
    named: dict[str, list[int]] = {}
    for i in range(spec.count if households else 0):
        named.setdefault(mixed[i] if i < len(mixed) else chosen, []).append(i)
    for store, (_, _, store_spec) in enumerate(scenario.agents.stores()):
        named.setdefault(store_spec.decider or STORE_RULES, []).append(spec.count + store)
    return named


def _written(decider: WritesSummaries, requests: Requests) -> list[tuple[int, str]]:
    """Return what households wrote. Raises ``EconSimError`` for what is no text of one of them."""
    asked = set(requests.agents)
    given: Any = decider.summaries(requests)
    try:
        written = [(int(agent), text) for agent, text in given]
    except (TypeError, ValueError):
        written = [(-1, given)]
    for agent, text in written:
        if agent not in asked or not isinstance(text, str):
            name = getattr(decider, "name", type(decider).__name__)
            raise EconSimError(
                f"the decider {name!r} gave {(agent, text)!r:.120} as a summary at step "
                f"{requests.view.t}; return pairs of the number of a household and its text"
            )
    return written


def decider_for_all(name: str) -> dict[str, object]:
    """Return the settings by which one decider decides for all households."""
    return {"decider": name, "agents.Household.decider": None, "agents.Household.mixed": {}}
