"""An action of one's own: a household gives money to somebody in the same cell.

Run it with ``python docs/examples/own_action.py``.
"""

from typing import ClassVar, Self

from econsim_mesa import EconModel
from econsim_mesa.scenario import Frozen, register
from econsim_mesa.society.action import HOUSEHOLD, Action, Draws, Name, Quantity, Situation
from econsim_mesa.society.domain import Domain
from econsim_mesa.society.resolution import StepActions, SubmittedAction
from econsim_mesa.society.wording import Wording


class Give(Action):
    """Give money to a household in the same cell."""

    verb: ClassVar[str] = "give"
    phases: ClassVar = {HOUSEHOLD: "swaps"}
    help = "give money to a household in your cell, by its name; it owes you nothing."

    to: Name
    amount: Quantity

    def resolve(self, step: StepActions, by: SubmittedAction) -> str | None:
        """Move the money, or return why that cannot be."""
        town, other = step.town, step.town.roster.household(self.to)
        if other is None or other == by.agent:
            return f"cannot give to {self.to!r}"
        space = town.mobility.space
        if space.cell_of(other) != space.cell_of(by.agent):
            return f"{self.to} is not in the same cell"
        limit = Gifts.of(town).parameters.most
        if self.amount > min(limit, town.ledger.balance(by.agent, 0)):
            return f"cannot give {self.amount}"
        town.move_goods(by.agent, other, 0, self.amount, "gift")
        return None

    def in_words(self, wording: Wording) -> str:
        """Return who gets how much."""
        return f"give {self.to} {wording.money(self.amount)}"

    @classmethod
    def is_legal(cls, now: Situation) -> bool:
        """Whether somebody is near, and there is money to give."""
        return bool(now.seen.mobility.nearby) and now.seen.economy.cash > 0

    @classmethod
    def draw(cls, now: Situation, draws: Draws) -> Self:
        """Return a gift of the smallest unit or some more, to somebody near."""
        most = min(now.seen.economy.cash, now.scenario.sections[Gifts.name].most)
        return cls(draws.pick(now.seen.mobility.nearby), 1 + draws.below(most))


@register("domain", "gifts")
class Gifts(Domain):
    """Households may give each other money."""

    name: ClassVar[str] = "gifts"
    actions = (Give,)

    class Parameters(Frozen):
        """What a scenario may set."""

        most: int = 1000
        """Largest gift, in the smallest unit of the currency."""


if __name__ == "__main__":
    model = EconModel(
        "pizza_place", seed=1, steps=24, decider="random", set={"gifts": {"most": 500}}
    )
    gifts = []
    while model.running:
        model.step()
        gifts += [row for row in model.town.records["transfers"] if row.reason == "gift"]
    print(f"{len(gifts)} gifts, the first from {gifts[0].source} to {gifts[0].target}")
