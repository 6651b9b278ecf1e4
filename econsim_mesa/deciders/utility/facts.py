"""What is fixed while settings stay: goods, stores and where they are, rules of the choice."""

from __future__ import annotations

import numpy as np

from econsim_mesa.scenario.registry import lookup
from econsim_mesa.society.rng import Integers
from econsim_mesa.society.town import Town


class Facts:
    """The fixed facts of a town that a choice needs; stores and items by index.

    ``choice`` holds the coefficients; ``points`` the nutrition of a smallest unit of each item;
    ``served`` and ``automatic`` say of each store whether it serves at once and whether it
    accepts orders by rule; ``slots`` is how many stores a household weighs.
    """

    def __init__(self, town: Town) -> None:
        goods, scenario = town.economy.goods, town.scenario
        self.scenario, self.choice = scenario, scenario.choice
        self.items, self.unit = goods.names, goods.unit
        self.nutrition, self.keeps = goods.nutrition, goods.keeps
        self.points = goods.nutrition / goods.unit
        self.value = np.concatenate([[1.0], goods.price / goods.unit])
        """Value of a smallest unit of each commodity at list prices; the first is money."""
        self.stores = tuple(town.roster.store_names)
        self.sells, self.list_price = (
            town.economy.prices.sells,
            town.economy.list_price.astype(float),
        )
        kinds = town.roster.kinds[town.roster.households :]
        self.served = [lookup("store", kind).serves for kind in kinds[: town.roster.stores]]
        self.automatic = [terms.acceptance == "auto" for terms in town.economy.market.terms]
        self._space = town.mobility.space
        self._store_x, self._store_y = np.array(town.mobility.store_cells).T
        self.nights = not town.clock.skips_nights
        self.step_hours = town.clock.step_hours
        self.ttl = scenario.market.ttl
        self.follow_cap = scenario.social.follow_cap
        self.own_domain_only = scenario.stress.scope == "own"
        self.domains = {one.name: one.domain for one in town.stress.stressors}
        self.slots = min(scenario.choice.stores, len(self.stores))

    def distance(self, x: Integers, y: Integers, stores: Integers) -> Integers:
        """Return the king's distance from cells to stores, broadcast."""
        return self._space.distances(x, y, self._store_x[stores], self._store_y[stores])
