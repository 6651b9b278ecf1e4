"""Stores: restaurants, retailers, and the base of a user's own kind of store."""

from __future__ import annotations

from econsim_mesa.agents.base import Resident


class Store(Resident):
    """A store. A user's own kind is a subclass registered with ``register("store", name)``."""

    @property
    def prices(self) -> dict[str, int]:
        """Posted price of each item that it sells."""
        town = self.model.town
        posted = town.prices.posted[self.index].tolist()
        return {
            name: price for name, price in zip(town.goods.names, posted, strict=True) if price >= 0
        }

    @property
    def visitors(self) -> int:
        """Households in its cell."""
        return int((self.model.town.space.standing() == self.index).sum())


class Restaurant(Store):
    """Sells food that may be eaten on the spot."""


class Retailer(Store):
    """Sells goods to take away."""
