"""An event of one's own: a lottery, which a household wins by luck.

Run it with ``python docs/examples/own_event.py``.
"""

from typing import Literal

from pydantic import Field

from econsim_mesa import EconModel
from econsim_mesa.scenario import Event, register
from econsim_mesa.scenario.when import Firing
from econsim_mesa.society.ledger import WORLD
from econsim_mesa.society.rng import declare_site
from econsim_mesa.society.town import Town

declare_site("lottery.winner", 1, "which household wins a lottery")


@register("event", "lottery")
class Lottery(Event):
    """A household drawn at random wins a sum."""

    type: Literal["lottery"] = "lottery"
    prize: int = Field(ge=0, le=10**9)
    """The sum, in the smallest unit of the currency."""

    def apply(self, town: Town, firing: Firing) -> str:
        """Pay the winner, and return who that is."""
        luck = town.streams.stream("lottery.winner", town.t, firing.key).random()
        winner = int(luck * town.roster.households)
        town.move_goods(WORLD, winner, 0, self.prize, "lottery")
        prize = town.scenario.currency.words(self.prize)
        return f"{town.roster.names[winner]} wins {prize} in the lottery"


if __name__ == "__main__":
    lottery = {"type": "lottery", "prize": 50_000, "when": {"every": "day"}}
    model = EconModel("pizza_place", seed=1, steps=36, set={"events.+lottery": lottery})
    while model.running:
        model.step()
        for event in model.town.records["events"]:
            if event.event == "lottery":
                print(f"step {event.step}: {event.detail}")
