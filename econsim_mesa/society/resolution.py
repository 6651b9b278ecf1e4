"""One step's actions on their way into the town: who does what, in what order, what fails."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from econsim_mesa.domains.economy import Refusal
from econsim_mesa.society import actions as act
from econsim_mesa.society.records import Rejection
from econsim_mesa.society.rng import Floats
from econsim_mesa.society.town import Town

SLEEP, MARKET, SWAPS, MEALS, SOCIAL, MOVES = range(6)
"""Domains in their order; each is a column of the draw ``order.actions``."""
_OF_HOUSEHOLDS = frozenset(act.VERBS[verb] for verb in act.HOUSEHOLD_VERBS)
_OF_STORES = frozenset(act.VERBS[verb] for verb in act.STORE_VERBS)


class Deed(NamedTuple):
    """One action of one agent; ``place`` is its index in the agent's decision."""

    agent: int
    place: int
    action: Any


class Turn:
    """All actions of a step by type, each list in the drawn order of its domain."""

    def __init__(self, town: Town, decided: Iterable[tuple[int, act.Decision]]) -> None:
        self.town = town
        self.households = town.who.households
        streams, t = town.streams, town.t
        self._rank = streams.uniforms("order.actions", t, "Household", self.households)
        self._store_rank = streams.uniforms("order.actions", t, "Store", town.who.stores)
        self._deeds: dict[type[Any], list[Deed]] = {}
        for agent, decision in decided:
            able = _OF_HOUSEHOLDS if agent < self.households else _OF_STORES
            for index, action in enumerate(decision.actions):
                deed = Deed(agent, index, action)
                if type(action) in able:
                    self._deeds.setdefault(type(action), []).append(deed)
                else:
                    self.reject(deed, f"a {town.who.kinds[agent]} cannot do this")

    def rank(self, domain: int) -> Floats:
        """Return the drawn numbers of the households for a domain; the lowest acts first."""
        column: Floats = self._rank[:, domain]
        return column

    def deeds(self, domain: int, *kinds: type[Any]) -> list[Deed]:
        """Return the actions of some types, households in drawn order, then stores in theirs.

        The actions of one agent keep the order in which it listed them.
        """
        found = [deed for kind in kinds for deed in self._deeds.get(kind, ())]
        if len(found) < 2:
            return found
        ranks = self._rank[:, domain]
        n = self.households
        store_ranks = self._store_rank[:, domain]
        return sorted(
            found,
            key=lambda deed: (
                (0, ranks[deed.agent], deed.place)
                if deed.agent < n
                else (1, store_ranks[deed.agent - n], deed.place)
            ),
        )

    def reject(self, deed: Deed, reason: str) -> None:
        """Record that an action could not be done."""
        self._note(deed.agent, self.town.t, deed.place, reason)

    def refuse(self, refusals: Iterable[Refusal]) -> None:
        """Record orders and proposals, perhaps of earlier steps, that came to nothing."""
        for refusal in refusals:
            self._note(refusal.household, refusal.t_ordered, refusal.action, refusal.reason)
            if "no stock" in refusal.reason:
                self.town.deeds.stock_outs[refusal.household] += 1

    def drop(self, household: int, reason: str) -> None:
        """Record that a destination was dropped."""
        self._note(household, self.town.t, -1, reason)

    def _note(self, agent: int, decided: int, index: int, reason: str) -> None:
        town = self.town
        name = town.who.names[agent]
        town.records["rejections"].append(Rejection(town.t, name, decided, index, reason))
        if agent < self.households:
            town.deeds.rejected[agent] += 1
