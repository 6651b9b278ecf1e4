"""Any sequence of operations keeps the books: a Hypothesis machine over the whole economy."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from econsim_mesa.domains.economy.goods import Goods, Item
from econsim_mesa.domains.economy.market import Market
from econsim_mesa.domains.economy.orders import Order, StoreTerms, Trade
from econsim_mesa.domains.economy.perishables import PerishableStock
from econsim_mesa.domains.economy.prices import Prices
from econsim_mesa.domains.economy.proposals import Proposal, Swaps
from econsim_mesa.errors import InsufficientBalance, LedgerError
from econsim_mesa.society.ledger import WORLD, Ledger, Leg

N, STORES, GOVERNMENT = 3, 2, 5
PROFILE = settings(
    max_examples=500, stateful_step_count=50, deadline=None, database=None, derandomize=True
)

households = st.integers(0, N - 1)
stores = st.integers(0, STORES - 1)
items = st.integers(0, 1)
few = st.integers(1, 6)
away = st.sampled_from([False, False, False, True])

REACHED: Counter[str] = Counter()
"""What the examples came to, so that a machine that does nothing does not pass."""


class EconomyMachine(RuleBasedStateMachine):
    """Three households, an ``auto`` store, a ``decide`` store that fills partly."""

    def __init__(self) -> None:
        super().__init__()
        names = ["H0", "H1", "H2", "Auto", "Decide", "Government"]
        self.ledger = Ledger(names, ["yen", "Pizza", "Rice"])
        self.goods = Goods((Item("Pizza", 20, 3, keeps_steps=2), Item("Rice", 9, 3, decimals=1)))
        self.larder = PerishableStock(self.goods, N)
        self.prices = Prices(np.array([[20, 9], [22, -1]]))
        terms = [
            StoreTerms(capacity_per_step=2),
            StoreTerms(acceptance="decide", partial_fill=True),
        ]
        self.market = Market(
            self.ledger, self.goods, self.larder, self.prices, terms, N, GOVERNMENT, 1000
        )
        self.swaps = Swaps(self.ledger, self.goods, self.larder, N)
        self.t = 0
        self.standing = (1, 1, 0)
        self.orders: dict[int, Order] = {}
        self.sold: dict[int, int] = {}
        self.closed: set[int] = set()
        self.ledger.transfer_many(WORLD, np.arange(N), 0, np.full(N, 100))
        for household in range(N):
            for item in range(2):
                self.ledger.transfer(WORLD, household, item + 1, 6)
                self.larder.receive(household, item, 6, t=2)
        self.ledger.transfer_many(
            WORLD, np.array([3, 3, 4]), np.array([1, 2, 1]), np.array([5, 5, 2])
        )

    @rule(income=st.integers(0, 50), store=stores, item=items, quantity=few)
    def pay_income_and_restock(self, income: int, store: int, item: int, quantity: int) -> None:
        self.ledger.transfer_many(WORLD, np.arange(N), 0, np.full(N, income))
        self.ledger.transfer(WORLD, N + store, item + 1, quantity)

    @rule(store=stores, price=st.integers(0, 30), percent=st.integers(0, 100))
    def set_prices(self, store: int, price: int, percent: int) -> None:
        self.prices.set_base(store, 0, price)
        self.prices.set_discounts(np.full((STORES, 2), float(percent)))

    @rule(
        wishes=st.lists(
            st.tuples(households, away, items, few, st.integers(1, 3)), min_size=1, max_size=4
        )
    )
    def order(self, wishes: list[tuple[int, bool, int, int, int]]) -> None:
        for wish in wishes:
            self.order_one(*wish)

    def order_one(self, buyer: int, away: bool, item: int, quantity: int, ttl: int) -> None:
        store = abs(self.standing[buyer]) ^ away
        seen = self.prices.price(store, item)
        order = self.market.place(self.t, buyer, store, item, quantity, ttl, seen, action=0)
        assert isinstance(order, Order) == bool(self.prices.sells[store, item])
        if isinstance(order, Order):
            self.orders[order.id] = order

    @rule(standing=st.sampled_from([(1, 1, 0), (1, 1, 1), (0, 0, 1), (0, 1, -1)]))
    def move(self, standing: tuple[int, ...]) -> None:
        self.standing = standing

    @rule(
        sleeper=st.sampled_from([-1, -1, -1, 0, 1, 2]),
        accept=st.sampled_from([True, True, False, None]),
    )
    def settle_and_end_step(self, sleeper: int, accept: bool | None) -> None:
        if accept is not None:
            self.answer_all(accept)
        asleep, rank = np.arange(N) == sleeper, np.arange(N) / N
        before = self.ledger.balances.copy()
        arrived = np.zeros(N, dtype=np.int64)
        done = self.market.settle(self.t, np.array(self.standing), asleep, arrived, rank)
        for sale in done.sales:
            self.check_sale(sale, asleep.tolist())
        self.check_totals(before, done.sales)
        swapped = self.swaps.settle(self.t, np.zeros(N, dtype=np.int64), asleep, rank)
        spoiled = self.larder.spoil(self.t)
        for household, item, quantity in spoiled:
            self.ledger.transfer(household, WORLD, item + 1, quantity)
        waiting = {order.id for store in range(STORES) for order in self.market.waiting(store)}
        assert all(self.orders[k].last > self.t for k in waiting)
        self.closed |= self.orders.keys() - waiting
        REACHED["swap"] += len(swapped.swaps)
        REACHED["spoiled"] += len(spoiled)
        REACHED.update(refusal.reason.cause for refusal in (*done.rejections, *swapped.rejections))
        self.t += 1

    def answer_all(self, accept: bool) -> None:
        for order in self.market.waiting(1):
            reason = self.market.react(self.t, 1, order.id, accept)
            assert (reason is None) <= (order.t < self.t)
        for household in range(N):
            for proposal in self.swaps.waiting(household):
                reason = self.swaps.react(self.t, household, proposal.id, accept)
                assert (reason is None) == (proposal.t < self.t)

    def check_sale(self, sale: Trade, asleep: list[bool]) -> None:
        order = self.orders[sale.order_id]
        posted = self.prices.price(sale.store, sale.item)
        assert sale.order_id not in self.closed
        assert order.answer
        assert sale.price == min(order.seen_price, posted)
        assert sale.amount == self.goods.cost(sale.item, sale.price, sale.quantity)
        assert sale.net + sale.tax == sale.amount
        assert self.standing[sale.buyer] == sale.store
        assert not asleep[sale.buyer]
        assert self.t <= order.last
        self.sold[order.id] = self.sold.get(order.id, 0) + sale.quantity
        assert self.sold[order.id] <= order.quantity
        REACHED["sale at once" if sale.store == 0 else "sale by decision"] += 1
        REACHED["part of an order"] += sale.quantity < order.quantity
        REACHED["below the price seen"] += sale.price < order.seen_price

    def check_totals(self, before: Any, sales: list[Trade]) -> None:
        expected = before.copy()
        for sale in sales:
            expected[sale.buyer, 0] -= sale.amount
            expected[[N + sale.store, GOVERNMENT], 0] += [sale.net, sale.tax]
            expected[[N + sale.store, sale.buyer], sale.item + 1] += [-sale.quantity, sale.quantity]
        assert np.array_equal(self.ledger.balances, expected)
        for store, item in ((0, 0), (0, 1), (1, 0)):
            sold = sum(sale.quantity for sale in sales if (sale.store, sale.item) == (store, item))
            assert sold <= before[N + store, item + 1]
        assert sum(sale.store == 0 for sale in sales) <= 2

    @rule(one=households, other=households, give=st.integers(0, 2), take=st.integers(0, 2), q=few)
    def propose(self, one: int, other: int, give: int, take: int, q: int) -> None:
        proposal = self.swaps.propose(self.t, one, other, give, q, take, q + 1, 2, action=0)
        assert isinstance(proposal, Proposal) == (one != other and give != take)

    @rule(household=households, item=items, quantity=few)
    def eat(self, household: int, item: int, quantity: int) -> None:
        quantity = min(quantity, self.ledger.balance(household, item + 1))
        self.ledger.transfer(household, WORLD, item + 1, quantity)
        self.larder.take(household, item, quantity)

    @rule(household=households, store=st.sampled_from([N, N + 1]))
    def plant_failure_in_the_second_leg(self, household: int, store: int) -> None:
        before = self.ledger.balances.copy()
        too_much = self.ledger.balance(store, 1) + 1
        with pytest.raises(InsufficientBalance):
            self.ledger.settle([Leg(WORLD, household, 0, 10), Leg(store, household, 1, too_much)])
        with pytest.raises(LedgerError):
            self.ledger.settle([Leg(WORLD, household, 0, 10), Leg(WORLD, 99, 0, 10)])
        assert np.array_equal(self.ledger.balances, before)

    @invariant()
    def the_books_hold(self) -> None:
        self.ledger.check()
        self.larder.check(self.ledger)
        assert not self.ledger.balances.sum(axis=0).any()
        assert (self.ledger.balances[:-1] >= 0).all()


@pytest.mark.soak
def test_the_books_hold_whatever_happens() -> None:
    """Every kind of outcome is reached, and no invariant broken."""
    REACHED.clear()
    run_state_machine_as_test(EconomyMachine, settings=PROFILE)
    outcomes = [
        "sale at once",
        "sale by decision",
        "part of an order",
        "below the price seen",
        "swap",
        "spoiled",
        "asleep",
        "not at the store",
        "not enough cash",
        "declined by the store",
        "expired: no stock",
        "expired: capacity",
        "expired: no answer",
    ]
    assert [outcome for outcome in outcomes if not REACHED[outcome]] == []


def test_the_machine_sees_a_planted_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """A market that takes the higher price, or more than its stock, must not pass."""
    monkeypatch.setattr("econsim_mesa.domains.economy.market.min", max, raising=False)
    planted = settings(PROFILE, phases=[Phase.generate], report_multiple_bugs=False)
    with pytest.raises((AssertionError, LedgerError)):
        run_state_machine_as_test(EconomyMachine, settings=planted)
