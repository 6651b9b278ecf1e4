"""The random decider: uniform over what is legal; the control that coherence checks must fail."""

from __future__ import annotations

from typing import ClassVar

from econsim_mesa.domains.roster import offered_verbs, role_of
from econsim_mesa.scenario.decider_traits import DeciderTraits
from econsim_mesa.scenario.naming import Names
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.action import HOUSEHOLD, STORE, Decision, Draws, Situation
from econsim_mesa.society.requests import Request, Requests
from econsim_mesa.society.rng import Floats
from econsim_mesa.society.view import View


class Random(DeciderTraits):
    """Does something legal, whatever it sees; one kind of action a step.

    The kind is drawn uniformly among nothing and all kinds that are legal now, then its details
    uniformly among what is legal.
    """

    name: ClassVar[str] = "random"
    by_formula: ClassVar[bool] = True
    in_words: ClassVar[str] = "random decider, not an LLM: a control, uniform over what is legal"

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._offered = {kind: offered_verbs(kind, scenario) for kind in (HOUSEHOLD, STORE)}
        self._households = frozenset(Names.of(scenario).households)

    def decide(self, requests: Requests) -> list[Decision]:
        """Return one decision for each request, in the same order."""
        return [decision for part in requests.split() for decision in self._decide(part)]

    def _decide(self, requests: Requests) -> list[Decision]:
        """Decide for households only, or for stores only."""
        if not len(requests):
            return []
        view, role = requests.view, role_of(requests[0].kind)
        drawn = _draw(view, role)
        first = 0 if role == HOUSEHOLD else view.roster.households
        return [
            self._act(request, role, Draws(drawn[request.agent - first])) for request in requests
        ]

    def _act(self, request: Request, role: str, draws: Draws) -> Decision:
        """Return what one agent does: nothing, or one legal action."""
        closed = request.view.mobility.closed
        now = Situation(request.observation(), self._scenario, closed, self._households)
        legal = [action for action in self._offered[role].values() if action.is_legal(now)]
        chosen = draws.pick([None, *legal])
        actions = () if chosen is None else (chosen.draw(now, draws),)
        return Decision(actions, decider=self.name)


def _draw(view: View, role: str) -> Floats:
    """Return the uniform numbers of all agents of a role: (agents, 24)."""
    return view.uniforms("random.acts", kind=role)
