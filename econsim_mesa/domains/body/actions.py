"""What a household does for its body: sleep and eat."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Self

from pydantic import Field

from econsim_mesa.domains.body.records import Consumption
from econsim_mesa.numbers import counted
from econsim_mesa.society.action import (
    HOUSEHOLD,
    Action,
    AmountOf,
    Draws,
    ItemName,
    Quantity,
    Reply,
    Situation,
)
from econsim_mesa.society.ledger import WORLD
from econsim_mesa.society.resolution import StepActions, SubmittedAction
from econsim_mesa.society.town import Town
from econsim_mesa.society.wording import Wording

LONGEST_SLEEP_HOURS = 24
_LONGEST_DRAWN_HOURS = 8
_MOST_DRAWN_UNITS = 3


class Sleep(Action):
    """Sleep at home for some hours."""

    verb: ClassVar[str] = "sleep_hours"
    phases: ClassVar = {HOUSEHOLD: "sleep"}
    most = 1
    position = 0
    asleep = "already asleep"
    spoken = r"sleep|nap|bed|rest"

    hours: Annotated[float, Reply(Annotated[int, Field(ge=1, le=LONGEST_SLEEP_HOURS)])]

    def resolve(self, step: StepActions, by: SubmittedAction) -> str | None:
        """Let somebody who is at home fall asleep, for 1 to 24 hours."""
        if not 0 < self.hours <= LONGEST_SLEEP_HOURS:
            return f"cannot sleep for {self.hours:g} hours"
        if not step.at_home[by.agent]:
            return "can sleep only at home"
        town = step.town
        steps = math.ceil(self.hours / town.clock.step_hours)
        town.body.sleep.go_to_sleep(by.agent, town.t, steps)
        step.asleep[by.agent] = True
        return None

    def in_words(self, wording: Wording) -> str:
        """Return how long one sleeps."""
        return f"sleep {counted(self.hours, 'hour')}"

    @classmethod
    def is_legal(cls, now: Situation) -> bool:
        """Whether the household is at home."""
        return bool(now.seen.mobility.at_home)

    @classmethod
    def draw(cls, now: Situation, draws: Draws) -> Self:
        """Return a sleep of 1 to 8 hours."""
        return cls(1 + draws.below(_LONGEST_DRAWN_HOURS))


class Eat(Action):
    """Eat ``quantity`` smallest units of an item that one has."""

    verb: ClassVar[str] = "eat"
    phases: ClassVar = {HOUSEHOLD: "meals"}
    position = 5

    item: ItemName
    quantity: Annotated[Quantity, AmountOf("item")]

    def resolve(self, step: StepActions, by: SubmittedAction) -> str | None:
        """Take the food from the household, and count the meal."""
        town = step.town
        item, quantity = town.economy.goods.index.get(self.item), self.quantity
        if item is None:
            return f"there is no item {self.item!r}"
        if quantity < 1:
            return f"cannot eat {quantity} of {self.item}"
        if not town.economy.goods.nutrition[item] > 0:
            return f"{self.item} is not food"
        held = town.ledger.balance(by.agent, item + 1)
        if held < quantity:
            return f"has {held} {self.item}, not {quantity}"
        town.ledger.transfer(by.agent, WORLD, item + 1, quantity)
        town.economy.perishables.take(by.agent, item, quantity)
        points = town.economy.goods.nutrition[item] * quantity / int(town.economy.goods.unit[item])
        town.outcomes["nutrition"][by.agent] += points
        town.outcomes["ate"][by.agent] += 1
        record_consumption(town, by.agent, item, quantity, eaten=1)
        return None

    def in_words(self, wording: Wording) -> str:
        """Return what is eaten."""
        return f"eat {wording.amount(self.item, self.quantity)}"

    def is_named_in(self, thought: str) -> bool:
        """Whether a thought names what is eaten."""
        return self.item.casefold() in thought

    @classmethod
    def is_legal(cls, now: Situation) -> bool:
        """Whether the household owns food."""
        return bool(_food(now))

    @classmethod
    def draw(cls, now: Situation, draws: Draws) -> Self:
        """Return a meal of 1 to 3 whole units of some food that is there."""
        item, held = draws.pick(_food(now))
        units = (1 + draws.below(_MOST_DRAWN_UNITS)) * 10 ** now.scenario.items[item].decimals
        return cls(item, min(units, held))


def _food(now: Situation) -> list[tuple[str, int]]:
    """Return the food that a household owns, and how much of it."""
    items = now.scenario.items
    return [(item, held) for item, held in now.seen.economy.goods if items[item].nutrition > 0]


def record_consumption(town: Town, household: int, item: int, quantity: int, *, eaten: int) -> None:
    """Record what a household ate, or what spoiled (``eaten`` 0)."""
    name = town.roster.names[household]
    town.records["consumption"].append(
        Consumption(town.t, name, town.economy.goods.names[item], int(quantity), eaten)
    )


ACTIONS = (Sleep, Eat)
"""All actions of the domain."""
