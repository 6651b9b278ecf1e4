"""The economy: goods, prices, orders at stores, swaps between households."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from econsim_mesa.domains.economy.actions import ACTIONS, SetPrice, place_order
from econsim_mesa.domains.economy.budget import BudgetPlanner
from econsim_mesa.domains.economy.intentions import Trip
from econsim_mesa.domains.economy.observation import EconomySection, StoreSection
from econsim_mesa.domains.economy.orders import Trade
from econsim_mesa.domains.economy.records import Sale as SaleRecord
from econsim_mesa.domains.economy.records import Swap as SwapRecord
from econsim_mesa.domains.economy.rules import market_rules
from econsim_mesa.domains.economy.view import EconomyView
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.domain import Domain
from econsim_mesa.society.order import Phase
from econsim_mesa.society.reason import Reason
from econsim_mesa.society.resolution import StepActions
from econsim_mesa.society.rng import Booleans, Integers
from econsim_mesa.society.town import Town
from econsim_mesa.society.view import View

DAY_OVER, TOO_LATE = "the day was over", "too late"
"""Causes for which an order that was to be placed on arrival is refused."""


class Economy(Domain):
    """Stores sell for money, households swap with each other."""

    name: ClassVar[str] = "economy"
    actions = ACTIONS
    outcomes: ClassVar = {
        "bought": 0,
        "stock_outs": 0,
        "offered": 0,
        "swapped": 0,
        "waited": -1,  # steps waited for an order, -1: for none
        "waited_at": -1,  # at which store
    }
    _before: tuple[Integers, Integers, Booleans] | None = None
    _planned: tuple[Scenario, BudgetPlanner] | None = None

    @classmethod
    def rules(cls, scenario: Scenario) -> Mapping[str, str]:
        """Return what money is, and which stores sell what and how."""
        return market_rules(scenario)

    def view(self, town: Town) -> EconomyView:
        """Return what can be read of it."""
        space, market = town.mobility.space, town.economy.market
        free_seats = market.seats.free(town.t, space.standing(), space.arrived)
        return EconomyView.of(town.economy, town.t, self._planner(town).look(town.t), free_seats)

    def _planner(self, town: Town) -> BudgetPlanner:
        """Return what looks ahead for households, under the settings that hold now."""
        if self._planned is None or self._planned[0] is not town.scenario:
            planner = BudgetPlanner(town.scenario, town.clock, town.individuals)
            self._planned = (town.scenario, planner)
        return self._planned[1]

    def settle(self, step: StepActions, phase: Phase) -> None:
        """Post new prices, then settle orders, then carry out accepted swaps."""
        if phase.name == "stores" and step.submitted("stores", SetPrice):
            step.town.economy.reprice(step.town.records)
        elif phase.name == "market":
            _place_intended_orders(step)
            _settle_orders(step, phase)
        elif phase.name == "swaps":
            _settle_swaps(step, phase)
        elif phase.name == "moves":
            _refuse_unreachable(step.town)

    def end(self, town: Town) -> None:
        """Let those who stand at a store that an event has closed see it."""
        shut = town.economy.opening.shut
        if shut.any():
            standing = town.mobility.space.standing()
            sees = (standing >= 0) & shut[np.maximum(standing, 0)]
            town.outcomes["turned_away"][sees] = standing[sees]

    def end_day(self, town: Town) -> None:
        """Give up all trips where everybody is taken home for a night that is skipped."""
        if town.clock.skips_nights and town.scenario.clock.overnight == "home":
            for household, trip in town.economy.intentions.trips():
                store = town.roster.store_names[trip.store]
                over = town.wording.say("the day ended before the order at {store}", store=store)
                _refuse_trip(town, household, trip, Reason(DAY_OVER, over))

    def happened(self, view: View) -> Mapping[str, Booleans]:
        """Return who traded, got an offer, got or paid money, and where prices or doors changed."""
        now = view.economy.cash.copy(), view.posted, view.economy.open_now
        before, self._before = self._before or now, now
        cash, posted, is_open = now
        cash_before, posted_before, was_open = before
        new_prices = (posted != posted_before).any(axis=1)
        outcomes, standing = view.last_outcomes, view.standing
        at_store, here = standing >= 0, np.maximum(standing, 0)
        return {
            "bought": outcomes["bought"] > 0,
            "swapped": outcomes["swapped"] > 0,
            "offer": outcomes["offered"] > 0,
            "money came": cash > cash_before,
            "money went": cash < cash_before,
            "new prices": at_store & new_prices[here],
            "opened or closed": at_store & (is_open != was_open)[here],
        }

    def observe(self, view: View, household: int) -> EconomySection:
        """Return what a household is shown of it."""
        return EconomySection.of(view, household)

    def observe_store(self, view: View, store: int) -> StoreSection:
        """Return what a store is shown of it."""
        return StoreSection.of(view, store)


def _place_intended_orders(step: StepActions) -> None:
    """Place the orders of those who came to their store; refuse those that took too long."""
    town, intentions = step.town, step.town.economy.intentions
    for household, trip in intentions.arrivals(step.standing, step.asleep):
        for order in trip.orders:
            reason = place_order(step, household, trip.store, order)
            if reason is not None:
                town.reject(household, order.decided, order.action, reason)
    longest = town.scenario.market.intention_steps
    for household, trip in intentions.trips():
        if town.t - trip.decided >= longest:
            store, within = (
                town.roster.store_names[trip.store],
                town.wording.counted(longest, "step"),
            )
            late = town.wording.say("not at {store} within {steps}", store=store, steps=within)
            _refuse_trip(town, household, trip, Reason(TOO_LATE, late))


def _refuse_unreachable(town: Town) -> None:
    """Refuse the orders of those who have given up their way to the store."""
    space = town.mobility.space
    for household, trip in town.economy.intentions.trips():
        goal = town.mobility.cell_of_store(trip.store)
        if goal not in (space.destination[household], space.cell_of(household)):
            _refuse_trip(town, household, trip, town.mobility.no_way(goal))


def _refuse_trip(town: Town, household: int, trip: Trip, reason: Reason) -> None:
    """Refuse what was to be ordered on arrival; what was to be eaten of it is refused later."""
    for order in trip.orders:
        town.reject(household, order.decided, order.action, reason)
    town.economy.intentions.forget_trip(household)


def _settle_orders(step: StepActions, phase: Phase) -> None:
    """Let every store settle what it can, and record sales and what came to nothing."""
    town = step.town
    settled = town.economy.market.settle(
        town.t, step.standing, step.asleep, town.mobility.space.arrived, step.rank(phase)
    )
    for sale in settled.sales:
        town.outcomes["bought"][sale.buyer] += 1
        town.records["sales"].append(_sale_record(town, sale))
    for wait in settled.waits:
        longest = max(wait.steps, int(town.outcomes["waited"][wait.household]))
        town.outcomes["waited"][wait.household] = longest
        town.outcomes["waited_at"][wait.household] = wait.store
    step.refuse(settled.rejections)


def _sale_record(town: Town, sale: Trade) -> SaleRecord:
    return SaleRecord(
        town.t,
        town.records.time,
        town.roster.store_names[sale.store],
        town.economy.goods.names[sale.item],
        sale.quantity,
        sale.price,
        sale.amount,
        sale.net,
        sale.tax,
        town.roster.names[sale.buyer],
        sale.order_id,
        sale.waited,
    )


def _settle_swaps(step: StepActions, phase: Phase) -> None:
    """Carry out accepted proposals, and record swaps and what came to nothing."""
    town = step.town
    settled, refusals = town.economy.swaps.settle(
        town.t, town.mobility.space.cells, step.asleep, step.rank(phase)
    )
    for swap in settled:
        town.outcomes["swapped"][[swap.proposer, swap.acceptor]] += 1
    names, goods = town.roster.names, town.roster.commodities
    town.records["swaps"].extend(
        SwapRecord(
            town.t,
            swap.proposal_id,
            names[swap.proposer],
            names[swap.acceptor],
            goods[swap.give_commodity],
            swap.give_quantity,
            goods[swap.take_commodity],
            swap.take_quantity,
        )
        for swap in settled
    )
    step.refuse(refusals)
