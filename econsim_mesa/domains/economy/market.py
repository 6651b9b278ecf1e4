"""The market: orders wait at stores and are settled once a step, each atomically.

The price paid is the lower of the one that the household saw and the one posted at settlement.
Nothing is reserved: the buyer's presence and cash, the store's stock and its capacity are
checked when the order is tried. Older orders come first, then those of households that came to
the cell earlier, then the drawn order, then the order in which they were given; one that has to
wait does not hold up those behind it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from econsim_mesa.domains.economy.goods import Goods
from econsim_mesa.domains.economy.orders import (
    ASLEEP,
    AWAY,
    DECLINED,
    NO_ANSWER,
    NO_CAPACITY,
    NO_CASH,
    NO_STOCK,
    Order,
    Refusal,
    Settlement,
    StoreTerms,
    Trade,
)
from econsim_mesa.domains.economy.perishables import PerishableStock
from econsim_mesa.domains.economy.prices import Prices, split_tax
from econsim_mesa.society.ledger import MAX_AMOUNT, WORLD, Ledger, Leg
from econsim_mesa.society.rng import Floats, Integers


class Market:
    """All stores of a town and the orders that wait there.

    Store s has the account ``households`` + s and the terms ``terms[s]``. Consumption tax at
    ``tax_rate_bp`` basis points goes to the account ``government``, or to the world.
    """

    def __init__(
        self,
        ledger: Ledger,
        goods: Goods,
        perishables: PerishableStock,
        prices: Prices,
        terms: Sequence[StoreTerms],
        households: int,
        government: int | None = None,
        tax_rate_bp: int = 0,
    ) -> None:
        self._ledger, self._goods, self._perishables = ledger, goods, perishables
        self.prices = prices
        self.terms = list(terms)
        self.tax_rate_bp = tax_rate_bp
        self._households = households
        self._tax_account = WORLD if government is None else government
        self._open: list[dict[int, Order]] = [{} for _ in terms]
        self._next_id = 0

    def place(
        self,
        t: int,
        buyer: int,
        store: int,
        item: int,
        quantity: int,
        ttl: int,
        seen_price: int,
        action: int,
    ) -> Order | str:
        """Give an order in step ``t``; returns it, or the reason why it cannot be.

        ``quantity`` is in smallest units. An ``auto`` store tries in steps t .. t + ttl - 1; a
        ``decide`` store answers in t + 1 .. t + ttl. That the buyer is awake and at the store
        is checked by this step's ``settle``.
        """
        reason = self._impossible(buyer, store, item, quantity, ttl, seen_price)
        if reason:
            return reason
        auto = self.terms[store].acceptance == "auto"
        order = Order(
            id=self._next_id,
            t=t,
            buyer=buyer,
            store=store,
            item=item,
            quantity=int(quantity),
            seen_price=int(seen_price),
            action=action,
            last=t + ttl - 1 if auto else t + ttl,
            answer=True if auto else None,
        )
        self._next_id += 1
        self._open[store][order.id] = order
        return order

    def react(self, t: int, store: int, order_id: int, accept: bool) -> str | None:
        """Answer an order at a ``decide`` store; returns the reason if that is not possible.

        An accepted order is tried in this step's ``settle`` and, while stock or capacity
        lacks, up to its last step; a declined one is refused there.
        """
        order = self._open[store].get(order_id)
        if order is None:
            return f"no order {order_id} waits here"
        if order.answer is not None:
            return f"order {order_id} has its answer already"
        if t <= order.t:
            return f"order {order_id} was given in this step; it can be answered from the next"
        order.answer = accept
        return None

    def waiting(self, store: int) -> list[Order]:
        """Return the orders that wait at a store, oldest first.

        Those with ``answer`` ``None`` wait for the store, the others for stock or capacity.
        """
        return list(self._open[store].values())

    def settle(
        self,
        t: int,
        standing: Integers,
        asleep: NDArray[np.bool_],
        arrived: Integers,
        rank: Floats,
    ) -> Settlement:
        """Try every order once in step ``t``.

        All arrays have shape (households,): ``standing`` the store in whose cell a household
        is (-1: none), ``arrived`` the step in which it came there, ``rank`` the drawn order.
        """
        result = Settlement([], [])
        served = [0] * len(self.terms)
        for order, place, sleeps in self._queue(standing, asleep, arrived, rank):
            trade, reason = self._attempt(t, order, place, sleeps, served[order.store])
            if trade:
                served[order.store] += 1
                result.sales.append(trade)
            if reason:
                result.rejections.append(Refusal(order.t, order.buyer, order.action, reason))
            if reason or not order.rest:
                del self._open[order.store][order.id]
        return result

    def _impossible(
        self, buyer: int, store: int, item: int, quantity: int, ttl: int, seen_price: int
    ) -> str:
        """Return why an order can never be settled, as far as it is known at once, or ''."""
        if not 0 <= buyer < self._households:
            return f"only households buy, and {buyer} is none"
        if not 0 <= store < len(self.terms):
            return f"there is no store {store}"
        if not 0 <= item < self._goods.count:
            return f"there is no item {item}"
        if not self.prices.sells[store, item]:
            name = self._ledger.accounts[self._households + store]
            return f"{name} does not sell {self._goods.names[item]}"
        if quantity < 1:
            return f"the quantity must be at least 1, not {quantity}"
        if ttl < 1:
            return f"an order must last at least 1 step, not {ttl}"
        if seen_price < 0:
            return f"the price seen must be at least 0, not {seen_price}"
        if max(quantity, self._goods.cost(item, seen_price, quantity)) > MAX_AMOUNT:
            return f"the quantity {quantity} is too large for one order"
        return ""

    def _queue(
        self, standing: Integers, asleep: NDArray[np.bool_], arrived: Integers, rank: Floats
    ) -> Iterator[tuple[Order, int, bool]]:
        """Yield the orders in the order of service, with the buyer's store and sleep."""
        orders = [order for waiting in self._open for order in waiting.values()]
        if not orders:
            return
        buyers = np.array([order.buyer for order in orders], dtype=np.int64)
        columns = (column[buyers].tolist() for column in (arrived, rank, standing, asleep))
        rows = zip(orders, *columns, strict=True)
        for order, _, _, place, sleeps in sorted(
            rows, key=lambda row: (row[0].t, row[1], row[2], row[0].id)
        ):
            yield order, place, sleeps

    def _attempt(
        self, t: int, order: Order, place: int, sleeps: bool, served: int
    ) -> tuple[Trade | None, str]:
        """Try one order: what was sold, and the reason if it is refused or expired."""
        if order.answer is False:
            return None, DECLINED
        # An order is given at the store, so presence counts in its own step as well.
        if order.answer or order.t == t:
            if sleeps:
                return None, ASLEEP
            if place != order.store:
                return None, AWAY
        if order.answer is None:
            return None, NO_ANSWER if t >= order.last else ""
        return self._sell(t, order, served)

    def _sell(self, t: int, order: Order, served: int) -> tuple[Trade | None, str]:
        """Sell what can be sold of an order whose buyer is there."""
        terms = self.terms[order.store]
        stock = self._ledger.balance(self._households + order.store, order.item + 1)
        quantity = min(order.rest, stock) if terms.partial_fill else order.rest
        price = min(order.seen_price, self.prices.price(order.store, order.item))
        amount = self._goods.cost(order.item, price, quantity)
        if amount > self._ledger.balance(order.buyer, 0):
            return None, NO_CASH
        trade, lack = None, NO_STOCK
        if terms.capacity_per_step is not None and served >= terms.capacity_per_step:
            lack = NO_STOCK if stock < max(quantity, 1) else NO_CAPACITY
        elif 0 < quantity <= stock:
            trade = self._book(t, order, quantity, price, amount)
        return trade, self._expiry(t, order, lack)

    @staticmethod
    def _expiry(t: int, order: Order, lack: str) -> str:
        """Return the reason of an order that is not filled after its last step, else ''."""
        if not order.rest or t < order.last:
            return ""
        return f"expired: {lack}" + (" for the rest" if order.rest < order.quantity else "")

    def _book(self, t: int, order: Order, quantity: int, price: int, amount: int) -> Trade:
        """Exchange goods, net price and tax in one settlement of the ledger."""
        net, tax = split_tax(amount, self.tax_rate_bp)
        store = self._households + order.store
        self._ledger.settle(
            (
                Leg(order.buyer, store, 0, net),
                Leg(order.buyer, self._tax_account, 0, tax),
                Leg(store, order.buyer, order.item + 1, quantity),
            )
        )
        self._perishables.receive(order.buyer, order.item, quantity, t)
        order.rest -= quantity
        return Trade(
            t, order.store, order.item, quantity, price, amount, net, tax, order.buyer, order.id
        )
