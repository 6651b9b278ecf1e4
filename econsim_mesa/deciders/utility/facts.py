"""What is fixed while settings stay: goods, stores and where they are, rules of the choice."""

from __future__ import annotations

import numpy as np

from econsim_mesa.scenario.registry import lookup
from econsim_mesa.society.rng import Integers
from econsim_mesa.society.view import View


class Facts:
    """The fixed facts of a town that a choice needs; stores and items by index.

    ``choice`` holds the coefficients; ``language`` is that of posts; ``points`` the nutrition of a
    smallest unit of each item; ``served`` and ``automatic`` say of each store whether it serves at
    once and whether it accepts orders by rule; ``slots`` is how many stores a household weighs;
    ``waits`` whether households name a wait, and ``steps_ahead`` for how many steps that is
    reckoned.
    """

    def __init__(self, view: View) -> None:
        goods, scenario = view.economy.goods, view.scenario
        self.scenario, self.choice = scenario, scenario.choice
        self.language = view.wording.language
        self.items, self.unit = goods.names, goods.unit
        self.nutrition, self.keeps = goods.nutrition, goods.keeps
        self.points = goods.nutrition / goods.unit
        self.value = np.concatenate([[1.0], goods.price / goods.unit])
        """Value of a smallest unit of each commodity at list prices; the first is money."""
        self.stores = view.roster.store_names
        self.sells = view.economy.sells
        self.list_price = view.economy.list_price.astype(float)
        kinds = view.roster.kinds[view.roster.households :]
        self.served = [lookup("store", kind).serves for kind in kinds[: view.roster.stores]]
        self.automatic = view.economy.automatic
        self._mobility = view.mobility
        self._store_x, self._store_y = np.array(view.mobility.store_cells).T
        self.nights = not view.clock.skips_nights
        self.step_hours = view.clock.step_hours
        self.ttl = scenario.market.ttl
        self.waits = scenario.attention.on_change
        self.steps_ahead = min(scenario.attention.at_least_every, view.clock.steps_per_day)
        self.follow_cap = scenario.social.follow_cap
        self.own_domain_only = scenario.stress.scope == "own"
        self.domains = dict(view.stress.domains)
        self.slots = min(scenario.choice.stores, len(self.stores))

    def distance(self, x: Integers, y: Integers, stores: Integers) -> Integers:
        """Return the king's distance from cells to stores, broadcast."""
        return self._mobility.distances(x, y, self._store_x[stores], self._store_y[stores])
