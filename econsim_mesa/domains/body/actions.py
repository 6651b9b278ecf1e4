"""What a household does for its body: sleep and eat."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Self

from pydantic import Field

from econsim_mesa.domains.body.records import Consumption
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.action import (
    HOUSEHOLD,
    Action,
    AmountOf,
    Draws,
    ItemName,
    Quantity,
    Reply,
    Situation,
    Steps,
)
from econsim_mesa.society.ledger import WORLD
from econsim_mesa.society.reason import IMPOSSIBLE, Reason
from econsim_mesa.society.resolution import StepActions, SubmittedAction
from econsim_mesa.society.town import Town
from econsim_mesa.society.wording import Wording

LONGEST_SLEEP_HOURS = 24
NOT_AT_HOME, TOO_LITTLE, NOT_BOUGHT = "not at home", "too little at hand", "not bought to eat"
"""Causes for which somebody cannot sleep, or eat."""
_LONGEST_DRAWN_HOURS = 8
_MOST_DRAWN_UNITS = 3


class Sleep(Action):
    """Sleep at home for some hours."""

    verb: ClassVar[str] = "sleep_hours"
    phases: ClassVar = {HOUSEHOLD: "sleep"}
    most = 1
    position = 0
    asleep = None
    spoken = r"sleep|nap|bed|rest|眠|寝|休"

    hours: Annotated[float, Reply(Annotated[int, Field(ge=1, le=LONGEST_SLEEP_HOURS)])]

    def resolve(self, step: StepActions, by: SubmittedAction) -> Reason | None:
        """Let somebody who is at home fall asleep, for 1 to 24 hours."""
        town, say = step.town, step.town.wording.say
        if not 0 < self.hours <= LONGEST_SLEEP_HOURS:
            text = "cannot sleep for {hours} hours; {longest} hours are the most"
            words = say(text, hours=f"{self.hours:g}", longest=LONGEST_SLEEP_HOURS)
            return Reason(IMPOSSIBLE, words)
        if not step.at_home[by.agent]:
            space = town.mobility.space
            home = f"{space.home_x[by.agent]},{space.home_y[by.agent]}"
            words = say("can sleep only at home, at {cell}: go home first", cell=home)
            return Reason(NOT_AT_HOME, words)
        steps = math.ceil(self.hours / town.clock.step_hours)
        town.body.sleep.go_to_sleep(by.agent, town.t, steps)
        step.asleep[by.agent] = True
        return None

    def in_words(self, wording: Wording) -> str:
        """Return how long one sleeps."""
        return wording.say("sleep {hours}", hours=wording.counted(self.hours, "hour"))

    @classmethod
    def is_legal(cls, now: Situation) -> bool:
        """Whether the household is at home."""
        return bool(now.seen.mobility.at_home)

    @classmethod
    def draw(cls, now: Situation, draws: Draws) -> Self:
        """Return a sleep of 1 to 8 hours."""
        return cls(1 + draws.below(_LONGEST_DRAWN_HOURS))


class Wait(Action):
    """Carry on for some steps without being asked."""

    verb: ClassVar[str] = "wait"
    phases: ClassVar = {HOUSEHOLD: "sleep"}
    most = 1
    position = 9
    asleep = None
    absent: ClassVar[str] = "nobody waits here: everybody is asked in every step"
    help = "carry on for so many steps; you are asked sooner only if something happens to you"
    spoken = r"wait|carry on|rest|stay|待|休|このまま"

    steps: Steps

    @classmethod
    def exists_in(cls, scenario: Scenario) -> bool:
        """Whether households with nothing new are not asked."""
        return scenario.attention.on_change

    def resolve(self, step: StepActions, by: SubmittedAction) -> Reason | None:
        """Ask the household again when the wait is over, or when something happens to it."""
        if self.steps < 1:
            text = "cannot wait for {steps} steps; 1 is the least"
            return Reason(IMPOSSIBLE, step.town.wording.say(text, steps=self.steps))
        step.town.attention.wait(by.agent, step.town.t + self.steps)
        return None

    def in_words(self, wording: Wording) -> str:
        """Return how long one waits."""
        return wording.say("wait for {steps}", steps=wording.counted(self.steps, "step"))

    @classmethod
    def is_legal(cls, now: Situation) -> bool:
        """Whether one can wait in this town."""
        return True

    @classmethod
    def draw(cls, now: Situation, draws: Draws) -> Self:
        """Return a wait of at most the steps after which one is asked in any case."""
        return cls(1 + draws.below(now.scenario.attention.at_least_every))


class Eat(Action):
    """Eat ``quantity`` smallest units of an item that one has."""

    verb: ClassVar[str] = "eat"
    phases: ClassVar = {HOUSEHOLD: "meals"}
    position = 5

    item: ItemName
    quantity: Annotated[Quantity, AmountOf("item")]

    def resolve(self, step: StepActions, by: SubmittedAction) -> Reason | None:
        """Take the food from the household, and count the meal.

        Of what is ordered and not bought yet it eats once that is bought.
        """
        town, quantity, say = step.town, self.quantity, step.town.wording.say
        item, intentions = town.economy.item_called(self.item), town.economy.intentions
        if isinstance(item, Reason):
            return item
        if quantity < 1:
            words = say("cannot eat {quantity} of {item}", quantity=quantity, item=self.item)
            return Reason(IMPOSSIBLE, words)
        if not town.economy.goods.nutrition[item] > 0:
            return Reason(IMPOSSIBLE, say("{item} is not food", item=self.item))
        intentions.forget_meals(by.agent, item, before=town.t)
        if town.ledger.balance(by.agent, item + 1) >= quantity:
            eat(town, by.agent, item, quantity)
            return None
        if town.scenario.market.intentions and town.economy.is_coming(by.agent, item):
            intentions.keep_meal(by.agent, item, quantity, town.t, by.place)
            return None
        return _too_little(town, by.agent, item, quantity)

    def in_words(self, wording: Wording) -> str:
        """Return what is eaten."""
        return wording.say("eat {food}", food=wording.amount(self.item, self.quantity))

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


def eat(town: Town, household: int, item: int, quantity: int) -> None:
    """Let a household eat some smallest units of what it has, with its record."""
    town.ledger.transfer(household, WORLD, item + 1, quantity)
    town.economy.perishables.take(household, item, quantity)
    points = town.economy.goods.nutrition[item] * quantity / int(town.economy.goods.unit[item])
    town.outcomes["nutrition"][household] += points
    town.outcomes["ate"][household] += 1
    record_consumption(town, household, item, quantity, eaten=1)


def _too_little(town: Town, household: int, item: int, quantity: int) -> Reason:
    """Return that a household has not so much to eat, and where there is some."""
    name, held = town.economy.goods.names[item], town.ledger.balance(household, item + 1)
    say = town.wording.say
    if held:
        wanted, there = (town.wording.amount(name, number) for number in (quantity, held))
        text = "cannot eat {wanted}: only {held} at hand"
        return Reason(TOO_LITTLE, say(text, wanted=wanted, held=there))
    seller = town.nearest_seller(household, item)
    if seller is None:
        return Reason(TOO_LITTLE, say("no {item} at hand to eat", item=name))
    text, store = (
        "no {item} at hand to eat; order it at {store} first",
        town.roster.store_names[seller],
    )
    return Reason(TOO_LITTLE, say(text, item=name, store=store))


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


ACTIONS = (Sleep, Eat, Wait)
"""All actions of the domain."""
