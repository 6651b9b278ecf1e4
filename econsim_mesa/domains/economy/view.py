"""What can be read of the economy at the start of a step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from econsim_mesa.domains.economy.budget import Budgets
from econsim_mesa.domains.economy.goods import Goods
from econsim_mesa.domains.economy.intentions import IntendedMeal, Trip
from econsim_mesa.domains.economy.proposals import Proposal
from econsim_mesa.domains.economy.state import EconomyState
from econsim_mesa.read_only import read_only
from econsim_mesa.society.rng import Booleans, Floats, Integers


class UnansweredOrder(NamedTuple):
    """An order that waits for the answer of a store."""

    id: int
    buyer: int
    """Number of the household."""
    item: int
    quantity: int
    """In smallest units."""
    price: int
    """Posted price that the buyer saw, in smallest currency units per whole item."""


@dataclass(frozen=True)
class EconomyView:
    """Goods, money and prices; amounts are in smallest units.

    Posted prices are in the view itself, which holds them as they were before the step.
    """

    goods: Goods
    """The items of the town."""
    cash: Integers
    """Cash of each household, int64 of shape (households,)."""
    holdings: Integers
    """Goods of each household, int64 of shape (households, items)."""
    stock: Integers
    """Goods of each store, int64 of shape (stores, items)."""
    sells: Booleans
    """What each store sells, bool of shape (stores, items)."""
    base_price: Integers
    """Prices before discounts, per whole item, -1: not sold; int64 of shape (stores, items)."""
    list_price: Integers
    """Base prices before step 0, in the same way."""
    automatic: tuple[bool, ...]
    """Whether each store accepts orders by rule, and is not asked."""
    budgets: Budgets
    """What households regularly get and pay, as far as they know it beforehand."""
    any_proposal: bool
    """Whether a proposal of a swap waits for anybody."""
    _state: EconomyState

    @classmethod
    def of(cls, state: EconomyState, budgets: Budgets) -> EconomyView:
        """Return what can be read of the economy, and what is known of sums to come."""
        return cls(
            goods=state.goods,
            cash=state.cash(),
            holdings=state.holdings(),
            stock=state.stock(),
            sells=state.prices.sells,
            base_price=state.prices.base,
            list_price=read_only(state.list_price),
            automatic=tuple(terms.acceptance == "auto" for terms in state.market.terms),
            budgets=budgets,
            any_proposal=bool(state.swaps.any_open),
            _state=state,
        )

    @property
    def income_per_day(self) -> Floats:
        """Regular income of each household a calendar day, float64 of shape (households,)."""
        return self.budgets.income_per_day

    @property
    def expenses_per_day(self) -> Floats:
        """Regular expenses of each household a calendar day, float64 of shape (households,)."""
        return self.budgets.expenses_per_day

    @property
    def due(self) -> Integers:
        """What each household has to pay before its next income, int64 of shape (households,)."""
        return self.budgets.due

    def orders(self, store: int) -> tuple[UnansweredOrder, ...]:
        """Return the orders that wait for the answer of a store, oldest first."""
        return tuple(
            UnansweredOrder(order.id, order.buyer, order.item, order.quantity, order.seen_price)
            for order in self._state.market.waiting(store)
            if order.answer is None
        )

    def trip(self, household: int) -> Trip | None:
        """Return the store that a household is on its way to, to order there; None: none."""
        return self._state.intentions.trip(household)

    def meals(self, household: int) -> tuple[IntendedMeal, ...]:
        """Return what a household means to eat once it is bought."""
        return self._state.intentions.meals(household)

    def proposals(self, household: int) -> tuple[Proposal, ...]:
        """Return the proposals of swaps that wait for the answer of a household, oldest first."""
        return tuple(self._state.swaps.waiting(household))
