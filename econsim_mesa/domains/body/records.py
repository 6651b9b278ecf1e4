"""What the body records: meals, and what spoiled."""

from __future__ import annotations

from typing import ClassVar

from econsim_mesa.society.records import WORLD, Flow, Record, Remembered
from econsim_mesa.society.wording import Wording


class Consumption(Record):
    """What a household ate, and what spoiled."""

    table: ClassVar[str] = "consumption"
    concerns: ClassVar = ("household",)
    flows: ClassVar = (Flow("household", WORLD, "item", "quantity"),)

    step: int
    household: str
    item: str
    quantity: int
    eaten: int  #: 1 eaten, 0 spoiled

    def remembered_by(self, name: str, wording: Wording) -> Remembered:
        """Return what was eaten or thrown away."""
        text = "ate {food}" if self.eaten else "had to throw away {food}"
        words = wording.say(text, food=wording.amount(self.item, self.quantity))
        return Remembered("consumption", self.item, words)
