"""Resolution: how the joint actions of a step change the town, phase by phase."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from econsim_mesa.domains.economy.orders import NO_STOCK, Refusal
from econsim_mesa.society.action import HOUSEHOLD, STORE, Action, Decision
from econsim_mesa.society.order import PHASES, Phase
from econsim_mesa.society.reason import IMPOSSIBLE, Reason
from econsim_mesa.society.rng import Booleans, Floats, Integers
from econsim_mesa.society.town import Town


class SubmittedAction(NamedTuple):
    """An action that an agent asks for."""

    agent: int
    """Number of the agent in the roster."""
    place: int
    """Index of the action in the agent's decision."""
    action: Action
    """What is asked for."""


class StepActions:
    """The actions of one step, and what they meet: who sleeps, who stands where, prices seen."""

    def __init__(
        self, town: Town, decided: Iterable[tuple[int, Decision]], seen_prices: Integers
    ) -> None:
        """Sort actions by phase, and reject those that an agent cannot take.

        Args:
            town: The town before anybody acts.
            decided: Numbers of agents and their decisions.
            seen_prices: Posted prices of the observation, shape (stores, items).
        """
        self.town = town
        """The town, which actions change."""
        self.seen_prices = seen_prices
        """Posted prices that were observed, shape (stores, items); -1: not sold."""
        self.households = town.roster.households
        """Number of households."""
        self.asleep: Booleans = town.body.sleep.asleep(town.t)
        """Who is asleep, shape (households,); from the phase *sleep* on those who fall asleep."""
        streams, t = town.streams, town.t
        self._rank = streams.uniforms("order.actions", t, HOUSEHOLD, self.households)
        self._store_rank = streams.uniforms("order.actions", t, STORE, town.roster.stores)
        self._existing: dict[type[Action], bool] = {}
        self._by_phase: dict[str, list[SubmittedAction]] = {}
        self._decided = list(decided)
        for agent, decision in self._decided:
            role = HOUSEHOLD if agent < self.households else STORE
            for place, action in enumerate(decision.actions):
                submitted = SubmittedAction(agent, place, action)
                phase = action.phases.get(role)
                if phase is None:
                    kind = town.roster.kinds[agent]
                    words = town.wording.say("a {kind} cannot do this", kind=kind)
                    self.reject(submitted, Reason(IMPOSSIBLE, words))
                elif not self._exists(type(action)):
                    self.reject(submitted, action.absent)
                elif place >= action.most and _is_too_much(decision.actions, place):
                    text, most = "only {most} of this in one step", action.most
                    words = town.wording.say(text, most=most)
                    self.reject(submitted, Reason(text.format(most=most), words))
                else:
                    self._by_phase.setdefault(phase, []).append(submitted)

    def _exists(self, kind: type[Action]) -> bool:
        """Whether the town has a class of actions."""
        if kind not in self._existing:
            self._existing[kind] = kind.exists_in(self.town.scenario)
        return self._existing[kind]

    @cached_property
    def standing(self) -> Integers:
        """The store in whose cell each household stands, -1: none; shape (households,)."""
        return self.town.mobility.space.standing()

    @cached_property
    def at_home(self) -> Booleans:
        """Whether each household is at home, shape (households,)."""
        return self.town.mobility.space.at_home()

    def store(self, agent: int) -> int:
        """Return the index of the store that has this number among all agents."""
        return agent - self.households

    def rank(self, phase: Phase) -> Floats:
        """Return the drawn numbers of the households for a phase; the lowest acts first."""
        column: Floats = self._rank[:, phase.column]
        return column

    def of_phase(self, phase: Phase) -> Sequence[SubmittedAction]:
        """Return the actions of a phase, households in drawn order, then stores in theirs.

        The actions of one agent keep the order in which it listed them.
        """
        submitted = self._by_phase.get(phase.name, [])
        if len(submitted) < 2:
            return submitted
        ranks, store_ranks = self._rank[:, phase.column], self._store_rank[:, phase.column]
        n = self.households
        return sorted(
            submitted,
            key=lambda by: (
                (0, ranks[by.agent], by.place)
                if by.agent < n
                else (1, store_ranks[by.agent - n], by.place)
            ),
        )

    def submitted(self, phase: str, kind: type[Action]) -> bool:
        """Whether anybody asked for an action of a class in a phase."""
        return any(isinstance(by.action, kind) for by in self._by_phase.get(phase, ()))

    @cached_property
    def _actions(self) -> Mapping[int, tuple[Action, ...]]:
        return {agent: decision.actions for agent, decision in self._decided}

    def listed_before(self, by: SubmittedAction) -> tuple[Action, ...]:
        """Return the actions that the same agent listed before one, in their order."""
        return self._actions[by.agent][: by.place]

    def reject(self, by: SubmittedAction, reason: Reason | str) -> None:
        """Record that an action could not be done."""
        self.town.reject(by.agent, self.town.t, by.place, reason)

    def refuse(self, refusals: Iterable[Refusal]) -> None:
        """Record orders and proposals, perhaps of earlier steps, that came to nothing."""
        for refusal in refusals:
            self.town.reject(refusal.household, refusal.decided, refusal.action, refusal.reason)
            if NO_STOCK in refusal.reason.cause:
                self.town.outcomes["stock_outs"][refusal.household] += 1

    def drop(self, household: int, reason: Reason | str) -> None:
        """Record that a destination was dropped."""
        self.town.reject(household, self.town.t, -1, reason)


def _is_too_much(actions: Sequence[Action], place: int) -> bool:
    """Whether the action at a place comes after as many others of its class as a step allows.

    To ask for the same again is no other action.
    """
    kind = type(actions[place])
    before = {action for action in actions[:place] if type(action) is kind}
    return len(before) >= kind.most and actions[place] not in before


def resolve(town: Town, decided: Iterable[tuple[int, Decision]], seen_prices: Integers) -> None:
    """Let all decisions of step ``town.t`` act, and record why others could not be done.

    Args:
        town: The town, which is changed.
        decided: Numbers of agents and their decisions.
        seen_prices: Posted prices of the observation, shape (stores, items).
    """
    step = StepActions(town, decided, seen_prices)
    for phase in PHASES:
        for by in step.of_phase(phase):
            asleep = by.agent < step.households and step.asleep[by.agent]
            reason = by.action.asleep if asleep else by.action.resolve(step, by)
            if reason is not None:
                step.reject(by, reason)
        for domain in town.domains.values():
            domain.settle(step, phase)
    for domain in town.domains.values():
        domain.end(town)
