"""The market: prices paid, waiting, order of service, refusals and atomicity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from econsim_mesa.domains.economy.goods import Goods, Item
from econsim_mesa.domains.economy.market import Market
from econsim_mesa.domains.economy.orders import Order, Settlement, StoreTerms
from econsim_mesa.domains.economy.perishables import PerishableStock
from econsim_mesa.domains.economy.prices import Prices
from econsim_mesa.errors import LedgerError
from econsim_mesa.society.ledger import WORLD, Ledger
from econsim_mesa.society.reason import Reason

N, GOVERNMENT = 3, 5
PIZZA, RICE = 0, 1
AUTO, DECIDE = StoreTerms(), StoreTerms(acceptance="decide")


class Town:
    """Three households with 10,000 yen each at store 0 of two; only store 0 sells Rice.

    A Pizza costs 2000, keeps 2 steps; Rice 1000 a whole of 10 units.
    """

    def __init__(
        self, *terms: StoreTerms, stock: int = 50, government: int | None = GOVERNMENT
    ) -> None:
        accounts = ["H0", "H1", "H2", "Pizza Place", "Daily Mart", "Government"]
        self.ledger = Ledger(accounts, ["yen", "Pizza", "Rice"])
        items = [Item("Pizza", 2000, 3.0, keeps_steps=2), Item("Rice", 1000, 3.0, decimals=1)]
        goods = Goods(tuple(items))
        self.larder = PerishableStock(goods, N)
        self.prices = Prices(np.array([[2000, 1000], [2100, -1]]))
        self.ledger.transfer_many(WORLD, np.arange(N), 0, np.full(N, 10_000))
        for store in (3, 4):
            self.ledger.transfer_many(WORLD, store, np.array([1, 2]), np.array([stock, stock]))
        shops = terms or (AUTO, AUTO)
        self.market = Market(
            self.ledger, goods, self.larder, self.prices, shops, N, government, tax_rate_bp=1000
        )

    def place(self, buyer: int, quantity: int = 1, t: int = 0, **changes: int) -> Order:
        """Place an order of Pizza at store 0 that must be taken."""
        values = {"store": 0, "item": PIZZA, "ttl": 1, "seen_price": 2000, "action": 0} | changes
        order = self.market.place(t, buyer, quantity=quantity, **values)
        assert isinstance(order, Order)
        return order

    def settle(
        self,
        t: int = 0,
        standing: Sequence[int] = (0, 0, 0),
        asleep: Sequence[bool] = (False, False, False),
        arrived: Sequence[int] = (0, 0, 0),
        rank: Sequence[float] = (0.1, 0.2, 0.3),
    ) -> Settlement:
        """Settle a step and check that the books still hold."""
        done = self.market.settle(
            t, np.array(standing), np.array(asleep), np.array(arrived), np.array(rank)
        )
        self.ledger.check()
        self.larder.check(self.ledger)
        return done


def causes(done: Settlement) -> list[str]:
    """Return the causes of all refusals."""
    return [refusal.reason.cause for refusal in done.rejections]


def refused(done: Settlement) -> list[tuple[int, int, int, str]]:
    """Return step of the decision, household, index of the action and cause of all refusals."""
    return [(row.decided, row.household, row.action, row.reason.cause) for row in done.rejections]


def test_sale_moves_money_tax_and_goods() -> None:
    town = Town()
    order = town.place(1, 2)
    done = town.settle()
    assert done.sales == [(0, 0, PIZZA, 2, 2000, 4000, 3636, 364, 1, order.id, 0)]
    assert done.rejections == []
    assert town.ledger.balances[[1, 3, GOVERNMENT], 0].tolist() == [6000, 3636, 364]
    assert town.ledger.balances[[1, 3], 1].tolist() == [2, 48]
    assert town.larder.batches(1, PIZZA) == [(1, 2)]
    assert town.market.waiting(0) == []


def test_without_a_government_the_tax_leaves_the_town() -> None:
    town = Town(government=None)
    before = town.ledger.balance(WORLD, 0)
    town.place(1, 2)
    town.settle()
    assert town.ledger.balance(WORLD, 0) == before + 364


def test_the_tax_rate_may_change() -> None:
    town = Town()
    town.market.tax_rate_bp = 0
    town.place(0)
    assert town.settle().sales[0].tax == 0


@pytest.mark.parametrize(("seen", "posted", "paid"), [(2000, 1200, 1200), (1200, 2000, 1200)])
def test_the_lower_price_is_paid(seen: int, posted: int, paid: int) -> None:
    town = Town()
    town.place(0, seen_price=seen)
    town.prices.set_base(0, PIZZA, posted)
    assert town.settle().sales[0].price == paid


def test_parts_of_an_item_cost_their_share() -> None:
    town = Town()
    town.place(0, 25, item=RICE, seen_price=999)
    assert town.settle().sales[0].amount == 2498


def test_a_gift_costs_nothing() -> None:
    town = Town()
    town.place(0, seen_price=0)
    assert town.settle().sales[0].amount == 0
    assert town.ledger.balance(0, 1) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"store": 1, "item": RICE}, "Daily Mart does not sell Rice"),
        ({"store": 2}, "no store 2"),
        ({"store": -1}, "no store -1"),
        ({"item": 2}, "no item 2"),
        ({"item": -1}, "no item -1"),
        ({"quantity": 0}, "quantity must be at least 1"),
        ({"ttl": 0}, "at least 1 step"),
        ({"seen_price": -1}, "price seen"),
        ({"quantity": 10**15 + 1}, "too large"),
        ({"quantity": 10**13}, "too large"),
        ({"buyer": 3}, "only households buy"),
    ],
)
def test_impossible_orders_are_refused_at_once(changes: dict[str, int], words: str) -> None:
    town = Town()
    values = {"buyer": 0, "store": 0, "item": 0, "quantity": 1, "ttl": 1, "seen_price": 2000}
    reason = town.market.place(0, **(values | changes), action=0)
    assert isinstance(reason, Reason)
    assert words in reason.words
    assert town.market.waiting(0) == town.market.waiting(1) == []


@pytest.mark.parametrize(
    ("standing", "asleep", "quantity", "reason"),
    [
        ((1, 0, 0), False, 1, "not at the store"),
        ((-1, 0, 0), False, 1, "not at the store"),
        ((0, 0, 0), True, 1, "asleep"),
        ((0, 0, 0), False, 6, "not enough cash"),
    ],
)
def test_buyer_without_presence_or_cash_is_refused_at_once(
    standing: Sequence[int], asleep: bool, quantity: int, reason: str
) -> None:
    town = Town()
    before = town.ledger.balances.copy()
    town.place(0, quantity, ttl=5, action=7)
    done = town.settle(standing=standing, asleep=(asleep, False, False))
    assert (done.sales, refused(done)) == ([], [(0, 0, 7, reason)])
    assert np.array_equal(town.ledger.balances, before)
    assert town.market.waiting(0) == []


def test_cash_is_spent_once() -> None:
    town = Town()
    town.place(0, 3)
    town.place(0, 3, action=1)
    done = town.settle()
    assert [sale.quantity for sale in done.sales] == [3]
    assert refused(done) == [(0, 0, 1, "not enough cash")]
    cost = "the price of 3 Pizza at Pizza Place is 6000, and the purse holds 4000"
    assert done.rejections[0].reason.words == cost


def test_without_stock_an_order_waits_and_expires() -> None:
    town = Town(stock=0)
    town.place(0, t=4, ttl=2)
    assert town.settle(4) == ([], [], [])
    assert causes(town.settle(5)) == ["expired: no stock"]
    assert town.settle(6) == ([], [], [])


def test_waiting_order_is_served_after_a_restock() -> None:
    town = Town(stock=0)
    town.place(0, t=4, ttl=2)
    town.settle(4)
    town.ledger.transfer(WORLD, 3, 1, 1)
    done = town.settle(5)
    assert [(sale.t, sale.buyer) for sale in done.sales] == [(5, 0)]
    assert town.larder.batches(0, PIZZA) == [(6, 1)]


def test_a_waiting_buyer_who_leaves_is_refused() -> None:
    town = Town(stock=0)
    town.place(0, ttl=3)
    town.settle(0)
    assert causes(town.settle(1, standing=(-1, 0, 0))) == ["not at the store"]


def test_whole_orders_only() -> None:
    town = Town(stock=2)
    town.place(0, 3)
    town.place(1, 2)
    done = town.settle()
    assert [(sale.buyer, sale.quantity) for sale in done.sales] == [(1, 2)]
    assert causes(done) == ["expired: no stock"]


def test_partial_fill_sells_what_is_there() -> None:
    town = Town(StoreTerms(partial_fill=True), AUTO, stock=2)
    order = town.place(0, 5, ttl=3)
    assert [sale.quantity for sale in town.settle(0).sales] == [2]
    assert order.rest == 3
    assert town.settle(1) == ([], [], [])
    town.ledger.transfer(WORLD, 3, 1, 1)
    done = town.settle(2)
    assert [sale.quantity for sale in done.sales] == [1]
    assert causes(done) == ["expired: no stock for the rest"]
    assert town.market.waiting(0) == []


def test_capacity_bounds_the_orders_of_a_step() -> None:
    town = Town(StoreTerms(capacity_per_step=1), AUTO)
    town.place(0, ttl=2)
    town.place(1, ttl=1)
    town.place(2, ttl=2)
    done = town.settle(0)
    assert [sale.buyer for sale in done.sales] == [0]
    assert refused(done) == [(0, 1, 0, "expired: capacity")]
    assert [sale.buyer for sale in town.settle(1).sales] == [2]


def test_lack_of_stock_is_told_before_lack_of_capacity() -> None:
    town = Town(StoreTerms(capacity_per_step=0), AUTO, stock=1)
    town.place(0, 2)
    assert causes(town.settle()) == ["expired: no stock"]


def test_a_full_store_does_not_hold_up_another() -> None:
    town = Town(StoreTerms(capacity_per_step=0), AUTO)
    town.place(0)
    town.place(1, store=1, seen_price=2100)
    done = town.settle(standing=(0, 1, -1))
    assert [(sale.store, sale.buyer) for sale in done.sales] == [(1, 1)]
    assert causes(done) == ["expired: capacity"]


def test_older_orders_come_first_then_arrival_then_rank() -> None:
    town = Town(StoreTerms(capacity_per_step=0), AUTO)
    town.place(2, t=0, ttl=9)
    town.settle(0)
    for buyer in (0, 1):
        town.place(buyer, t=1, ttl=9)
    town.place(2, t=1, ttl=9, action=1)
    town.market.terms[0] = AUTO
    done = town.settle(1, arrived=(1, 0, 1), rank=(0.2, 0.9, 0.1))
    assert [(sale.buyer, sale.order_id) for sale in done.sales] == [(2, 0), (1, 2), (2, 3), (0, 1)]


def test_the_last_one_goes_to_the_first_in_the_drawn_order() -> None:
    for rank, winner in (((0.1, 0.2, 0.3), 0), ((0.3, 0.2, 0.1), 2)):
        town = Town(stock=1)
        for buyer in range(N):
            town.place(buyer)
        assert [sale.buyer for sale in town.settle(rank=rank).sales] == [winner]


def test_deciding_store_settles_what_it_accepts() -> None:
    town = Town(DECIDE, AUTO)
    order = town.place(0, t=3, ttl=2)
    assert "is new; answer it from the next step" in str(
        town.market.react(3, 0, order.id, accept=True)
    )
    assert town.settle(3) == ([], [], [])
    assert town.market.waiting(0) == [order]
    assert town.market.react(4, 0, order.id, accept=True) is None
    assert "is accepted already" in str(town.market.react(4, 0, order.id, accept=False))
    assert town.market.react(4, 0, order.id, accept=True) is None
    assert [sale.t for sale in town.settle(4).sales] == [4]
    assert "no order" in str(town.market.react(5, 0, order.id, accept=True))


def test_deciding_store_declines() -> None:
    town = Town(DECIDE, AUTO)
    order = town.place(0, ttl=5, action=2)
    town.settle(0)
    town.market.react(1, 0, order.id, accept=False)
    done = town.settle(1, standing=(-1, 0, 0))
    assert (done.sales, refused(done)) == ([], [(0, 0, 2, "declined by the store")])


def test_an_order_without_an_answer_expires() -> None:
    town = Town(DECIDE, AUTO)
    town.place(0, ttl=2)
    assert [causes(town.settle(t)) for t in range(4)] == [[], [], ["expired: no answer"], []]


def test_accepted_order_waits_for_stock_up_to_its_last_step() -> None:
    town = Town(DECIDE, AUTO, stock=0)
    order = town.place(0, ttl=3)
    town.settle(0)
    town.market.react(1, 0, order.id, accept=True)
    assert [causes(town.settle(t)) for t in (1, 2, 3)] == [[], [], ["expired: no stock"]]


def test_orders_are_given_at_the_store_even_where_it_decides() -> None:
    town = Town(DECIDE, AUTO)
    town.place(0, ttl=3)
    assert causes(town.settle(0, standing=(1, 0, 0))) == ["not at the store"]


def test_only_the_store_itself_answers() -> None:
    town = Town(DECIDE, DECIDE)
    order = town.place(0, ttl=2)
    assert "no order" in str(town.market.react(1, 1, order.id, accept=True))
    auto = Town()
    order = auto.place(0, ttl=2)
    assert "is accepted already" in str(auto.market.react(1, 0, order.id, accept=False))


def test_failure_in_the_second_leg_leaves_nothing_changed() -> None:
    town = Town(government=99)
    town.place(0)
    before = town.ledger.balances.copy()
    with pytest.raises(LedgerError, match="99"):
        town.settle()
    assert np.array_equal(town.ledger.balances, before)
    assert town.larder.total(0, PIZZA) == 0
    assert [order.rest for order in town.market.waiting(0)] == [1]
