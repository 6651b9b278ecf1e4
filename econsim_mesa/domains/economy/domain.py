"""The economy: goods, prices, orders at stores, swaps between households."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from econsim_mesa.domains.economy.actions import (
    ACTIONS,
    SetPrice,
)
from econsim_mesa.domains.economy.observation import EconomySection, StoreSection
from econsim_mesa.domains.economy.orders import Trade
from econsim_mesa.domains.economy.records import Sale as SaleRecord
from econsim_mesa.domains.economy.records import Swap as SwapRecord
from econsim_mesa.domains.economy.rules import market_rules
from econsim_mesa.domains.economy.view import EconomyView
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.domain import Domain
from econsim_mesa.society.order import Phase
from econsim_mesa.society.resolution import StepActions
from econsim_mesa.society.town import Town
from econsim_mesa.society.view import View


class Economy(Domain):
    """Stores sell for money, households swap with each other."""

    name: ClassVar[str] = "economy"
    actions = ACTIONS
    outcomes: ClassVar = {"bought": 0, "stock_outs": 0}

    @classmethod
    def rules(cls, scenario: Scenario) -> Mapping[str, str]:
        """Return what money is, and which stores sell what and how."""
        return market_rules(scenario)

    def view(self, town: Town) -> EconomyView:
        """Return what can be read of it."""
        return EconomyView.of(town.economy)

    def settle(self, step: StepActions, phase: Phase) -> None:
        """Post new prices, then settle orders, then carry out accepted swaps."""
        if phase.name == "stores" and step.submitted("stores", SetPrice):
            step.town.economy.reprice(step.town.records)
        elif phase.name == "market":
            _settle_orders(step, phase)
        elif phase.name == "swaps":
            _settle_swaps(step, phase)

    def observe(self, view: View, household: int) -> EconomySection:
        """Return what a household is shown of it."""
        return EconomySection.of(view, household)

    def observe_store(self, view: View, store: int) -> StoreSection:
        """Return what a store is shown of it."""
        return StoreSection.of(view, store)


def _settle_orders(step: StepActions, phase: Phase) -> None:
    """Let every store settle what it can, and record sales and what came to nothing."""
    town = step.town
    settled = town.economy.market.settle(
        town.t, step.standing, step.asleep, town.mobility.space.arrived, step.rank(phase)
    )
    for sale in settled.sales:
        town.outcomes["bought"][sale.buyer] += 1
        town.records["sales"].append(_sale_record(town, sale))
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
    )


def _settle_swaps(step: StepActions, phase: Phase) -> None:
    """Carry out accepted proposals, and record swaps and what came to nothing."""
    town = step.town
    settled, refusals = town.economy.swaps.settle(
        town.t, town.mobility.space.cells, step.asleep, step.rank(phase)
    )
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
