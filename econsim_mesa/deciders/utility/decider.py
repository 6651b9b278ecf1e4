"""The utility decider: perceive, draw, choose, for all households at once; rules for stores."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from econsim_mesa.deciders.utility.choose import Choice, Draws, choose
from econsim_mesa.deciders.utility.facts import Facts
from econsim_mesa.deciders.utility.perceive import perceive
from econsim_mesa.deciders.utility.perception import Perception
from econsim_mesa.deciders.utility.words import Subject
from econsim_mesa.domains.economy.actions import AnswerOrder
from econsim_mesa.scenario.decider_traits import DeciderTraits
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.action import Decision
from econsim_mesa.society.requests import Requests
from econsim_mesa.society.rng import Integers
from econsim_mesa.society.view import View


class Utility(DeciderTraits):
    """The embedded decider for households, and rules for stores.

    A store by rule keeps its prices and accepts every order that waits at it.
    """

    name: ClassVar[str] = "utility"
    by_formula: ClassVar[bool] = True
    in_words: ClassVar[str] = (
        "embedded utility model, not an LLM: a baseline, not a claim about people"
    )

    def __init__(self, scenario: Scenario) -> None:
        self._facts: Facts | None = None
        self._idle = Decision(decider=self.name)

    def decide(self, requests: Requests) -> list[Decision]:
        """Return one decision for each request, in the same order."""
        return self.decide_and_say(requests)[0]

    def decide_and_say(self, requests: Requests) -> tuple[list[Decision], dict[int, Subject]]:
        """Return the decisions, and what those write about who post, by number of household."""
        view, (households, stores) = requests.view, requests.split()
        doing, subjects = self._choose(view, np.asarray(households.agents))
        idle, name = self._idle, self.name
        decided = [Decision(tuple(some), decider=name) if some else idle for some in doing]
        decided += [self._run_store(view, agent) for agent in stores.agents]
        return decided, {households.agents[k]: subject for k, subject in subjects.items()}

    def _choose(self, view: View, rows: Integers) -> Choice:
        if not len(rows):
            return Choice([], {})
        seen = self.perceive(view, rows)
        own = view.alternatives(rows)
        return choose(seen, self.facts(view), self._draw(view, rows, seen.stores), own)

    def facts(self, view: View) -> Facts:
        """Return the facts of the view's town under its present settings."""
        if self._facts is None or self._facts.scenario is not view.scenario:
            self._facts = Facts(view)
        return self._facts

    def perceive(self, view: View, rows: Integers) -> Perception:
        """Return what the households in ``rows`` know."""
        return perceive(view, rows, self.facts(view))

    def _draw(self, view: View, rows: Integers, stores: Integers) -> Draws:
        """Return the draws of households; that of going to a store belongs to the store."""
        items = len(self.facts(view).items)
        going = view.uniforms_of_pairs("choice.store", rows[:, None], stores)
        return Draws(
            plan=np.concatenate([view.uniforms("choice.plan")[rows], going], axis=1),
            basket=view.uniforms("choice.basket", 2 * items)[rows],
            acts=view.uniforms("choice.acts")[rows],
            wait=view.uniforms("choice.wait")[rows, 0] if self.facts(view).waits else None,
        )

    def _run_store(self, view: View, agent: int) -> Decision:
        waiting = view.economy.orders(agent - view.roster.households)
        answers = tuple(AnswerOrder(order.id, accept=True) for order in waiting)
        return Decision(answers, decider=self.name) if answers else self._idle
