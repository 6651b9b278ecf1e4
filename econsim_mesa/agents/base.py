"""What all agents share: a name, a number, an account."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import mesa

from econsim_mesa.errors import BadInput

if TYPE_CHECKING:
    from econsim_mesa.model import EconModel


class _Counts(WeakKeyDictionary[mesa.Model, Iterator[int]]):
    """The next number of an agent, by model."""

    def __getitem__(self, model: mesa.Model) -> Iterator[int]:
        """Return the numbers that a model has left."""
        return self.setdefault(model, count(1))


if hasattr(mesa.Agent, "_ids"):  # Mesa 3.3's own table keeps every model for ever
    mesa.Agent._ids = _Counts(mesa.Agent._ids)


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
        return self.model.town.who.names[self.number]

    @property
    def kind(self) -> str:
        """Kind of agent, as it stands in records."""
        return self.model.town.who.kinds[self.number]

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
            for name, quantity in zip(town.goods.names, held, strict=True)
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
