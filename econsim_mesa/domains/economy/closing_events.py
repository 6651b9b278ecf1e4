"""Events that close stores: closure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, model_validator

from econsim_mesa.domains.economy.price_events import unsold
from econsim_mesa.scenario.base import Name
from econsim_mesa.scenario.when import Event, Firing, refuse_endless

if TYPE_CHECKING:
    from econsim_mesa.society.town import Town


class Closure(Event):
    """Stores take and settle no orders for a while, or on some days or hours.

    Nobody is told beforehand, unlike the hours of ``opens``; their cells may be entered.
    """

    lasting: ClassVar[bool] = True
    closes_stores: ClassVar[bool] = True
    type: Literal["closure"] = "closure"
    stores: tuple[Name, ...] = Field(min_length=1)
    """The stores."""

    @model_validator(mode="after")
    def _ends(self) -> Closure:
        refuse_endless(self)
        return self

    def problems(self, names: Any) -> list[tuple[str, str]]:
        """Return problems of the stores named."""
        return [
            ("stores", message) for store in self.stores for _, message in unsold(names, store, ())
        ]

    def apply(self, town: Town, firing: Firing) -> str:
        """Close the stores."""
        for store in self._numbers(town):
            town.economy.opening.close(store)
        return f"closed: {', '.join(self.stores)}"

    def end(self, town: Town, firing: Firing) -> str:
        """Let them open again."""
        for store in self._numbers(town):
            town.economy.opening.reopen(store)
        return f"closed no more: {', '.join(self.stores)}"

    def _numbers(self, town: Town) -> list[int]:
        return [town.roster.number[name] - town.roster.households for name in self.stores]
