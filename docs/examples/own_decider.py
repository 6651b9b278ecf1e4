"""A decider of one's own: a household of habit, which eats every four hours what is nearest.

Run it with ``python docs/examples/own_decider.py``.
"""

from typing import ClassVar

from mesa import DataCollector

from econsim_mesa import EconModel
from econsim_mesa.domains.body.actions import Eat
from econsim_mesa.domains.economy.actions import PlaceOrder
from econsim_mesa.domains.mobility.actions import MoveTo
from econsim_mesa.scenario import Scenario, register
from econsim_mesa.society.action import Action, Decision
from econsim_mesa.society.observation import Observation
from econsim_mesa.society.requests import Requests


@register("decider", "habit")
class Habit:
    """Eats every few hours what it has, else the cheapest thing of the nearest store."""

    name: ClassVar[str] = "habit"

    def __init__(self, scenario: Scenario | None = None, hours: float = 4) -> None:
        self.hours = hours

    def decide(self, requests: Requests) -> list[Decision]:
        """Return one decision for each household that is asked, in the same order."""
        seen = [request.observation() for request in requests]
        return [Decision(self._actions(one), decider=self.name) for one in seen]

    def _actions(self, seen: Observation) -> tuple[Action, ...]:
        if seen.body.hours_since_meal < self.hours:
            return () if seen.mobility.at_home else (MoveTo("home"),)
        if seen.economy.goods:
            return (Eat(seen.economy.goods[0].item, 1),)
        if seen.economy.here is None:
            return (MoveTo(min(seen.economy.stores, key=lambda store: store.distance).name),)
        cheapest = min(seen.economy.here.shelves, key=lambda shelf: shelf.price).item
        return PlaceOrder(seen.economy.here.name, cheapest, 1, 1), Eat(cheapest, 1)


def poorest(model: EconModel) -> int:
    """Return the cash of the poorest household."""
    return min(household.cash for household in model.households)


if __name__ == "__main__":
    model = EconModel("pizza_place", seed=1, steps=24, decider=Habit(hours=4), store="runs/habit")
    mine = DataCollector(model_reporters={"poorest": poorest})
    while model.running:
        model.step()
        mine.collect(model)
    sales = model.datacollector.get_table_dataframe("sales")
    print(sales.groupby(["store", "item"])["quantity"].sum())
    print(mine.get_model_vars_dataframe().tail(1))
