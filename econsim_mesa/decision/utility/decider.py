"""The utility decider itself: perceive, choose a plan, act, talk, for all households at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from econsim_mesa.decision import actions as act
from econsim_mesa.decision.actions import Action, Decision
from econsim_mesa.decision.utility.basket import choose_basket, choose_meal, item_utilities
from econsim_mesa.decision.utility.perception import Perception, Surroundings, perceive
from econsim_mesa.decision.utility.plans import (
    BUY,
    EAT,
    GO,
    HOME,
    SLEEP,
    Pressure,
    eat_utility,
    night,
    pressure,
    utilities,
)
from econsim_mesa.decision.utility.social import Talk
from econsim_mesa.observation import Requests, View
from econsim_mesa.rng import Floats, Integers, gumbel
from econsim_mesa.scenario.types import Scenario

MEAL, TALK = 0, 1
"""First columns of the draw ``choice.acts``: eating what was just bought; then talk."""


class Utility:
    """The embedded decider for households, and rules for stores.

    A store by rule keeps its prices and accepts every order that waits at it.
    """

    name: ClassVar[str] = "utility"

    def __init__(self, scenario: Scenario) -> None:
        self._choice = scenario.choice
        self._around: Surroundings | None = None
        self._idle = Decision(decider=self.name)

    def decide(self, requests: Requests) -> list[Decision]:
        """Return one decision for each request, in the same order."""
        if not len(requests):
            return []
        households = requests.view.town.who.households
        if requests.agents[0] >= households:
            return [self._run_store(requests.view, agent) for agent in requests.agents]
        return self._decide_households(requests.view, np.asarray(requests.agents))

    def _run_store(self, view: View, agent: int) -> Decision:
        waiting = view.town.market.waiting(agent - view.town.who.households)
        answers = tuple(act.React(order.id, accept=True) for order in waiting)
        return Decision(answers, decider=self.name) if answers else self._idle

    def weigh(self, view: View, rows: Integers) -> tuple[Perception, Pressure, Floats]:
        """Return what households perceive and feel and the utility of each of their plans."""
        if self._around is None:
            self._around = Surroundings(view.town, self._choice)
        seen = perceive(view, rows, self._choice, self._around, view.town.speeds())
        felt = pressure(view, rows)
        return seen, felt, utilities(view, seen, felt, self._choice, self._around)

    def _decide_households(self, view: View, rows: Integers) -> list[Decision]:
        seen, felt, plans = self.weigh(view, rows)
        noise = gumbel(self._draw(view, "choice.plan", plans.shape[1])[rows])
        chosen = (plans + noise).argmax(axis=1)
        acts = self._draw(view, "choice.acts")[rows]
        doing: list[list[Action]] = [[] for _ in rows]
        self._move(view, seen, chosen, doing)
        self._buy(view, seen, felt, chosen, acts[:, MEAL], doing)
        self._eat_and_sleep(view, seen, chosen, doing)
        Talk(view, seen, felt, self._choice, acts[:, TALK:]).add_to(doing)
        self._react(view, rows, doing)
        idle, name = self._idle, self.name
        return [Decision(tuple(some), decider=name) if some else idle for some in doing]

    def _draw(self, view: View, site: str, columns: int = 0) -> Floats:
        town = view.town
        return town.streams.uniforms(site, view.t, "Household", town.who.households, columns)

    def _move(
        self, view: View, seen: Perception, chosen: Integers, doing: list[list[Action]]
    ) -> None:
        homeward = act.MoveTo("home")
        for k in np.flatnonzero(chosen == HOME).tolist():
            doing[k].append(homeward)
        going = np.flatnonzero(chosen >= GO)
        stores = seen.stores[going, chosen[going] - GO]
        names = view.town.who.store_names
        for k, store in zip(going.tolist(), stores.tolist(), strict=True):
            doing[k].append(act.MoveTo(names[store]))

    def _buy(
        self,
        view: View,
        seen: Perception,
        felt: Pressure,
        chosen: Integers,
        luck: Floats,
        doing: list[list[Action]],
    ) -> None:
        buyers = np.flatnonzero(chosen == BUY)
        town, items = view.town, view.town.goods.count
        drawn = self._draw(view, "choice.basket", 2 * items)
        if not len(buyers):
            return
        utility = item_utilities(view, seen, felt, self._choice)
        appetite = 1.0 / (1.0 + np.exp(-eat_utility(seen, felt, self._choice)
                                       - self._choice.eat.served.value))  # fmt: skip
        for k in buyers.tolist():
            if np.isfinite(utility[k]).any():
                household, store = int(seen.rows[k]), int(view.standing[seen.rows[k]])
                served = town.who.kinds[town.who.store_number(store)] == "Restaurant"
                basket = choose_basket(
                    utility[k],
                    drawn[household].reshape(2, items),
                    view.posted[store],
                    float(seen.cash[k]),
                    town.goods.unit,
                    0.0 if served else self._choice.item.second.value,
                )
                eats = served and bool(luck[k] < appetite[k])
                doing[k] += self._orders(view, store, basket, eat=eats)

    def _orders(
        self, view: View, store: int, basket: Sequence[tuple[int, int]], *, eat: bool
    ) -> list[Action]:
        """Return the orders of a basket, and the meal if it is eaten where it was bought."""
        town = view.town
        ttl, name = town.scenario.market.ttl, town.who.store_names[store]
        goods = town.goods.names
        orders: list[Action] = [act.PlaceOrder(name, goods[i], q, ttl) for i, q in basket]
        if eat and town.market.terms[store].acceptance == "auto":
            orders += [act.Eat(goods[i], q) for i, q in basket if town.goods.nutrition[i] > 0]
        return orders

    def _eat_and_sleep(
        self, view: View, seen: Perception, chosen: Integers, doing: list[list[Action]]
    ) -> None:
        if self._around is None:
            return
        for k in np.flatnonzero(chosen == EAT).tolist():
            meal = choose_meal(view.town, int(seen.rows[k]), self._around, self._choice.meal)
            doing[k] += [act.Eat(view.town.goods.names[i], q) for i, q in meal]
        hours = self._choice.sleep.hours.value * (1.0 if night(view.hour) > 0 else 0.5)
        for k in np.flatnonzero(chosen == SLEEP).tolist():
            doing[k].append(act.Sleep(hours))

    def _react(self, view: View, rows: Integers, doing: list[list[Action]]) -> None:
        """Accept a swap that brings at least its value at list prices, decline any other."""
        town = view.town
        if not town.swaps.any_open:
            return
        value = np.concatenate([[1.0], town.goods.price / town.goods.unit])
        for k, household in enumerate(rows.tolist()):
            for offer in town.swaps.waiting(household):
                gain = offer.give_quantity * value[offer.give_commodity]
                loss = offer.take_quantity * value[offer.take_commodity]
                doing[k].append(act.React(offer.id, accept=bool(gain >= loss)))
