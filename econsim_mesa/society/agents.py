"""The agents that Mesa knows: state and little else; their numbers live in the town's arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import mesa

from econsim_mesa.errors import BadInput

if TYPE_CHECKING:
    from econsim_mesa.society.model import EconModel


class Resident(mesa.Agent):
    """An agent of the town. ``index`` is its permanent dense index within its kind."""

    model: EconModel

    def __init__(self, model: EconModel, index: int, number: int) -> None:
        super().__init__(model)
        self.index = index
        self.number = number
        """Its number among all agents: the row of its account, its node's place."""

    @property
    def name(self) -> str:
        """Name, as it stands in records."""
        return self.model.town.roster.names[self.number]

    @property
    def kind(self) -> str:
        """Kind of agent, as it stands in records."""
        return self.model.town.roster.kinds[self.number]

    @property
    def cash(self) -> int:
        """Cash, in the smallest currency unit."""
        return self.model.town.ledger.balance(self.number, 0)

    @property
    def goods(self) -> dict[str, int]:
        """Items owned, in smallest units."""
        town = self.model.town
        held = town.ledger.balances[self.number, 1:].tolist()
        return {
            name: quantity
            for name, quantity in zip(town.economy.goods.names, held, strict=True)
            if quantity
        }

    def remove(self) -> None:
        """Refuse to go: who is in a town is settled when it is built. Raises ``BadInput``."""
        raise BadInput(
            f"{self.name} cannot be removed: whoever is in a town stays; build one with fewer, for "
            "example EconModel(households=20)"
        )

    def __repr__(self) -> str:
        """Return kind and name."""
        return f"<{self.kind} {self.name}>"


class Household(Resident):
    """A household. All numbers are columns of the town; properties read its row."""

    @property
    def home(self) -> tuple[int, int]:
        """Cell of its home."""
        space = self.model.town.mobility.space
        return int(space.home_x[self.index]), int(space.home_y[self.index])

    @property
    def destination(self) -> tuple[int, int] | None:
        """Cell to which it is walking, if any."""
        space = self.model.town.mobility.space
        cell = int(space.destination[self.index])
        return None if cell < 0 else space.position(cell)

    @property
    def asleep(self) -> bool:
        """Whether it was asleep in the last step."""
        town = self.model.town
        return bool(town.body.sleep.asleep(town.t)[self.index])

    @property
    def stress(self) -> dict[str, float]:
        """Its own level of each stressor, 0 to 100."""
        stress = self.model.town.stress
        return dict(zip(stress.names, stress.own[self.index].tolist(), strict=True))

    @property
    def overall_stress(self) -> float:
        """Its own overall stress, 0 to 100, as the model's mode does not change it."""
        return float(self.model.town.stress.overall()[self.index])

    @property
    def follows(self) -> list[str]:
        """Names of those whom it follows."""
        town = self.model.town
        return [town.roster.names[j] for j in town.social.graph.followed(self.index)]

    @property
    def memory(self) -> str:
        """What it remembers, in words, as a prompt would have it."""
        town = self.model.town
        return town.memory.summary(self.index, town.scenario.memory.characters)


class Store(Resident):
    """A store. A user's own kind is a subclass registered with ``register("store", name)``."""

    serves: ClassVar[bool] = False
    """Whether what is ordered there may be eaten in the same step."""

    @property
    def prices(self) -> dict[str, int]:
        """Posted price of each item that it sells."""
        town = self.model.town
        posted = town.economy.prices.posted[self.index].tolist()
        return {
            name: price
            for name, price in zip(town.economy.goods.names, posted, strict=True)
            if price >= 0
        }

    @property
    def visitors(self) -> int:
        """Households in its cell."""
        return int((self.model.town.mobility.space.standing() == self.index).sum())


class Restaurant(Store):
    """Sells food that may be eaten on the spot."""

    serves: ClassVar[bool] = True


class Retailer(Store):
    """Sells goods to take away."""


class Government(Resident):
    """The government; it has no place on the grid."""
