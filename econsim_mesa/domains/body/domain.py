"""The body: sleep, meals, and what spoils at home."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter
from typing import ClassVar

import numpy as np

from econsim_mesa.domains.body.actions import ACTIONS, NOT_BOUGHT, eat, record_consumption
from econsim_mesa.domains.body.observation import BodySection
from econsim_mesa.mind.stressors.hunger import HungerParameters
from econsim_mesa.mind.stressors.sleep import SleepParameters
from econsim_mesa.quoting import name_text
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.domain import Domain
from econsim_mesa.society.ledger import WORLD
from econsim_mesa.society.order import Phase
from econsim_mesa.society.reason import Reason
from econsim_mesa.society.resolution import StepActions
from econsim_mesa.society.rng import Booleans
from econsim_mesa.society.section import listed
from econsim_mesa.society.town import Town
from econsim_mesa.society.view import View
from econsim_mesa.society.wording import Wording


class Body(Domain):
    """Households sleep at home and eat what they own."""

    name: ClassVar[str] = "body"
    actions = ACTIONS
    outcomes: ClassVar = {"nutrition": 0.0, "ate": 0, "spoiled": 0}
    _had_food: Booleans | None = None

    @classmethod
    def rules(cls, scenario: Scenario) -> Mapping[str, str]:
        """Return what food is worth and how long it keeps, and what a body needs in a day."""
        items = listed(scenario.items.items(), scenario.llm.listing, itemgetter(0))
        wording = Wording.of(scenario)
        hunger, sleep = map(scenario.stress.stressors.get, ("hunger", "sleep"))
        steps_per_day = scenario.clock.clock().steps_per_day
        points = hunger.daily_need(steps_per_day) if isinstance(hunger, HungerParameters) else 0.0
        hours = sleep.daily_need() if isinstance(sleep, SleepParameters) else 0.0
        return {
            "nutrition": wording.listed(
                f"{name_text(name)} {item.nutrition:g}"
                for name, item in items
                if item.nutrition > 0
            ),
            "keeps": wording.listed(
                f"{name_text(name)} {wording.counted(item.keeps_steps, 'step')}"
                for name, item in items
                if item.keeps_steps is not None
            ),
            "food_need": wording.say("{points} points", points=f"{points:.1f}") if points else "",
            "sleep_need": wording.counted(round(hours, 1), "hour") if hours else "",
        }

    def begin(self, town: Town) -> None:
        """Wake those whose sleep is over."""
        town.body.sleep.wake(town.t)

    def settle(self, step: StepActions, phase: Phase) -> None:
        """Let households eat what they meant to, then take what no longer keeps."""
        if phase.name != "meals":
            return
        town = step.town
        _eat_what_came(step)
        for household, item, quantity in town.economy.perishables.spoil(town.t):
            town.ledger.transfer(household, WORLD, item + 1, quantity)
            town.outcomes["spoiled"][household] += 1
            record_consumption(town, household, item, quantity, eaten=0)

    def happened(self, view: View) -> Mapping[str, Booleans]:
        """Return whose food spoiled, and who has eaten or given away the last of it."""
        food = np.flatnonzero(view.economy.goods.nutrition > 0)
        has_food: Booleans = np.any(view.economy.holdings[:, food] > 0, axis=1)
        had_food = has_food if self._had_food is None else self._had_food
        self._had_food = has_food
        return {
            "food spoiled": view.last_outcomes["spoiled"] > 0,
            "no food left": had_food & ~has_food,
        }

    def observe(self, view: View, household: int) -> BodySection:
        """Return what a household is shown of it."""
        return BodySection.of(view, household)


def _eat_what_came(step: StepActions) -> None:
    """Let those eat who meant to once it is bought; refuse what came of no order."""
    town, intentions = step.town, step.town.economy.intentions
    for household, meal in intentions.all_meals():
        held = town.ledger.balance(household, meal.item + 1)
        if step.asleep[household]:
            continue
        if held >= meal.quantity:
            eat(town, household, meal.item, meal.quantity)
        elif town.economy.is_coming(household, meal.item):
            continue
        else:
            item = town.economy.goods.names[meal.item]
            words = town.wording.say("no {item} came of the order, to eat it", item=item)
            town.reject(household, meal.decided, meal.action, Reason(NOT_BOUGHT, words))
        intentions.forget_meal(household, meal)
