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
    open_now: Booleans
    """Whether each store takes and settles orders in this step, bool of shape (stores,)."""
    queue: Integers
    """Orders that each store has accepted and could not serve yet, int64 of shape (stores,)."""
    free_seats: Integers
    """Free seats of each store, -1: it counts none; int64 of shape (stores,)."""
    any_proposal: bool
    """Whether a proposal of a swap waits for anybody."""
    _t: int
    _state: EconomyState

    @classmethod
    def of(cls, state: EconomyState, t: int, budgets: Budgets, free_seats: Integers) -> EconomyView:
        """Return what can be read in step ``t``, and what is known of sums to come."""
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
            open_now=read_only(state.opening.now(t)),
            queue=read_only(state.market.queue()),
            free_seats=read_only(free_seats),
            any_proposal=bool(state.swaps.any_open),
            _t=t,
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

    def open_at(
        self, steps_ahead: int | Integers, stores: int | Integers | None = None
    ) -> Booleans:
        """Return whether stores will be open by their hours, which everybody knows.

        Args:
            steps_ahead: Steps from now, 0: now; one for all, or an array.
            stores: Numbers of stores, broadcast with ``steps_ahead``; None: all stores.

        Returns:
            Whether each is open then, as far as its hours say: nobody foresees a closure.
        """
        return self._state.opening.by_hours(self._t + steps_ahead, stores)

    def opens(self, store: int) -> int:
        """Return the step in which a closed store opens, -1: not known."""
        return self._state.opening.opens(self._t, store)

    def orders(self, store: int) -> tuple[UnansweredOrder, ...]:
        """Return the orders that wait for the answer of a store, oldest first."""
        return tuple(
            UnansweredOrder(order.id, order.buyer, order.item, order.quantity, order.seen_price)
            for order in self._state.market.waiting(store)
            if order.answer is None
        )

    def people_waiting(self, store: int) -> int:
        """Return how many households have orders in the queue of a store."""
        return len({order.buyer for order in self._state.market.unserved(store)})

    def trip(self, household: int) -> Trip | None:
        """Return the store that a household is on its way to, to order there; None: none."""
        return self._state.intentions.trip(household)

    def meals(self, household: int) -> tuple[IntendedMeal, ...]:
        """Return what a household means to eat once it is bought."""
        return self._state.intentions.meals(household)

    def proposals(self, household: int) -> tuple[Proposal, ...]:
        """Return the proposals of swaps that wait for the answer of a household, oldest first."""
        return tuple(self._state.swaps.waiting(household))
