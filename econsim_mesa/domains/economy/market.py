"""The market: orders wait at stores and are settled once a step, each atomically.

The price paid is the lower of the one that the household saw and the one posted at settlement. A
store that is closed takes and settles nothing. Nothing is reserved: the buyer's presence and cash,
the store's stock and its capacity are checked when the order is tried. Older orders come first,
then those of households that came to the cell earlier, then the drawn order, then the order in
which they were given; one that has to wait does not hold up those behind it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from econsim_mesa.domains.economy.goods import Goods
from econsim_mesa.domains.economy.opening import UNKNOWN, Opening
from econsim_mesa.domains.economy.orders import (
    ANSWERED,
    AWAY,
    CLOSED,
    DECLINED,
    NO_CAPACITY,
    NO_CASH,
    NO_SEAT,
    NO_STOCK,
    NOT_SOLD,
    TOO_SOON,
    Order,
    Refusal,
    Settlement,
    StoreTerms,
    Trade,
    Wait,
    no_number,
)
from econsim_mesa.domains.economy.perishables import PerishableStock
from econsim_mesa.domains.economy.prices import Prices, split_tax
from econsim_mesa.domains.economy.seats import Seats
from econsim_mesa.society.ledger import MAX_AMOUNT, WORLD, Ledger, Leg
from econsim_mesa.society.reason import ASLEEP, EXPIRED, IMPOSSIBLE, NO_ANSWER, Reason
from econsim_mesa.society.rng import Floats, Integers
from econsim_mesa.society.wording import PLAIN, Wording

_SELLERS_NAMED = 2


class Market:
    """All stores of a town and the orders that wait there.

    Store s has the account ``households`` + s and the terms ``terms[s]``. Consumption tax at
    ``tax_rate_bp`` basis points goes to the account ``government``, or to the world. ``opening``
    says which stores are open; without it all are. ``wording`` says amounts in reasons.
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
        wording: Wording = PLAIN,
        opening: Opening | None = None,
    ) -> None:
        self.opening = Opening([None] * len(terms)) if opening is None else opening
        self._ledger, self._goods, self._perishables = ledger, goods, perishables
        self.prices = prices
        self.terms = list(terms)
        self.seats = Seats(self.terms, households)
        self.tax_rate_bp = tax_rate_bp
        self._households = households
        self._tax_account = WORLD if government is None else government
        self._wording, self._say = wording, wording.say
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
        decided: int | None = None,
    ) -> Order | Reason:
        """Give an order in step ``t``; returns it, or the reason why it cannot be.

        ``quantity`` is in smallest units. An ``auto`` store tries in steps t .. t + ttl - 1; a
        ``decide`` store answers in t + 1 .. t + ttl. That the buyer is awake and at the store
        is checked by this step's ``settle``. A store that is closed takes none. ``decided`` is the
        step of the decision, if it is an earlier one.
        """
        reason = self.fault(buyer, store, item, quantity, ttl, seen_price)
        if reason is None and not self.opening.is_open(t, store):
            reason = self._closed(t, store)
        if reason is not None:
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
            first=t if auto else t + 1,
            last=t + ttl - 1 if auto else t + ttl,
            answer=True if auto else None,
            decided=t if decided is None else decided,
        )
        self._next_id += 1
        self._open[store][order.id] = order
        return order

    def react(self, t: int, store: int, order_id: int, accept: bool) -> Reason | None:
        """Answer an order at a ``decide`` store; returns the reason if that is not possible.

        An accepted order is tried in this step's ``settle`` and, while stock or capacity
        lacks, up to its last step; a declined one is refused there. The same answer once more
        changes nothing.
        """
        order = self._open[store].get(order_id)
        if order is None:
            waiting = [
                number for number, order in self._open[store].items() if order.answer is None
            ]
            return no_number("order", order_id, waiting, self._say)
        if order.answer == accept:
            return None
        if order.answer is not None:
            text = "order {id} is declined already"
            if order.answer:
                text = "order {id} is accepted already"
            return Reason(ANSWERED, self._say(text, id=order_id))
        if t <= order.t:
            text = "order {id} is new; answer it from the next step on"
            return Reason(TOO_SOON, self._say(text, id=order_id))
        order.answer = accept
        return None

    def retune(self, terms: Sequence[StoreTerms]) -> None:
        """Go on under other terms."""
        self.terms = list(terms)
        self.seats.retune(self.terms)

    def queue(self) -> Integers:
        """Return how many orders each store could not serve yet, and may: (stores,)."""
        counts = [len(self.unserved(store)) for store in range(len(self.terms))]
        return np.array(counts, dtype=np.int64)

    def unserved(self, store: int) -> list[Order]:
        """Return the orders that a store could not serve yet; not those without its answer."""
        return [order for order in self._open[store].values() if order.answer]

    def waiting(self, store: int) -> list[Order]:
        """Return the orders that wait at a store, oldest first.

        Those with ``answer`` ``None`` wait for the store, the others for stock or capacity.
        """
        return list(self._open[store].values())

    def waits(self, buyer: int, item: int) -> bool:
        """Whether an order of an item by a household waits at any store."""
        return any(
            order.buyer == buyer and order.item == item
            for waiting in self._open
            for order in waiting.values()
        )

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
        result = Settlement([], [], [])
        self.seats.begin(t, standing, arrived)
        served = [0] * len(self.terms)
        for order, place, sleeps in self._queue(standing, asleep, arrived, rank):
            trade, reason = self._attempt(t, order, place, sleeps, served[order.store])
            if trade:
                served[order.store] += 1
                result.sales.append(trade)
            if reason:
                refusal = Refusal(order.decided, order.buyer, order.action, reason)
                result.rejections.append(refusal)
            if trade or (reason and reason.cause.startswith(EXPIRED)):
                result.waits.append(Wait(order.buyer, order.store, order.waited(t)))
            if reason or not order.rest:
                del self._open[order.store][order.id]
        return result

    def fault(
        self, buyer: int, store: int, item: int, quantity: int, ttl: int, seen_price: int
    ) -> Reason | None:
        """Return why an order can never be settled, as far as it is known at once; None: it may."""
        words = self._impossible(buyer, store, item, quantity, ttl, seen_price)
        if words:
            return Reason(IMPOSSIBLE, words)
        if not self.prices.sells[store, item]:
            sellers = np.flatnonzero(self.prices.sells[:, item])[:_SELLERS_NAMED].tolist()
            text = "{store} does not sell {item}"
            if sellers:
                text = "{store} does not sell {item}; it is sold at {others}"
            others = self._say(" and ").join(map(self._name, sellers))
            name = self._goods.names[item]
            sold = self._say(text, store=self._name(store), item=name, others=others)
            return Reason(NOT_SOLD, sold)
        return None

    def _closed(self, t: int, store: int) -> Reason:
        """Return that a store is closed, and until when, if that is known."""
        text, opens = "{store} is closed until {time}: order then", self.opening.opens(t, store)
        if opens == UNKNOWN:
            text = "{store} is closed for now: nobody can order there"
        time = self._wording.time(opens, t)
        return Reason(CLOSED, self._say(text, store=self._name(store), time=time))

    def _name(self, store: int) -> str:
        return self._ledger.accounts[self._households + store]

    def _impossible(
        self, buyer: int, store: int, item: int, quantity: int, ttl: int, seen_price: int
    ) -> str:
        """Return what is wrong with an order whatever the stores sell, or ''."""
        say = self._say
        if not 0 <= buyer < self._households:
            return say("only households buy, and {number} is none", number=buyer)
        if not 0 <= store < len(self.terms):
            return say("there is no store {number}", number=store)
        if not 0 <= item < self._goods.count:
            return say("there is no item {number}", number=item)
        if quantity < 1:
            return say("the quantity must be at least 1, not {quantity}", quantity=quantity)
        if ttl < 1:
            return say("an order must last at least 1 step, not {steps}", steps=ttl)
        sold = self.prices.sells[store, item]
        if sold and seen_price < 0:
            return say("the price seen must be at least 0, not {price}", price=seen_price)
        if max(quantity, self._goods.cost(item, max(seen_price, 0), quantity)) > MAX_AMOUNT:
            return say("the quantity {quantity} is too large for one order", quantity=quantity)
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
    ) -> tuple[Trade | None, Reason | None]:
        """Try one order: what was sold, and the reason if it is refused or expired."""
        name = self._name(order.store)
        if order.answer is False:
            text = "{store} declined the order of {goods}"
            return None, Reason(DECLINED, self._say(text, store=name, goods=self._wanted(order)))
        # An order is given at the store, so presence counts in its own step as well.
        if order.answer or order.t == t:
            if sleeps:
                return None, ASLEEP
            if place != order.store:
                text = "not at {store} any more: wait there for the order of {goods}"
                return None, Reason(AWAY, self._say(text, store=name, goods=self._wanted(order)))
        if order.answer is None:
            text = "{store} has not answered the order of {goods} in time"
            late = self._say(text, store=name, goods=self._wanted(order))
            return None, Reason(NO_ANSWER, late) if t >= order.last else None
        return self._sell(t, order, served)

    def _wanted(self, order: Order) -> str:
        """Return what of an order is not sold yet, in words."""
        return self._wording.amount(self._goods.names[order.item], order.rest)

    def _sell(self, t: int, order: Order, served: int) -> tuple[Trade | None, Reason | None]:
        """Sell what can be sold of an order whose buyer is there."""
        terms = self.terms[order.store]
        stock = self._ledger.balance(self._households + order.store, order.item + 1)
        if not self.opening.is_open(t, order.store):
            return None, self._expiry(t, order, CLOSED, stock)
        quantity = min(order.rest, stock) if terms.partial_fill else order.rest
        price = min(order.seen_price, self.prices.price(order.store, order.item))
        amount = self._goods.cost(order.item, price, quantity)
        if amount > self._ledger.balance(order.buyer, 0):
            return None, self._too_dear(order, quantity, amount)
        trade, lack = None, self._lack(order, quantity, stock, served)
        if not lack:
            trade = self._book(t, order, quantity, price, amount)
            stock -= quantity
        return trade, self._expiry(t, order, lack or NO_STOCK, stock)

    def _lack(self, order: Order, quantity: int, stock: int, served: int) -> str:
        """Return what a quantity of an order waits for; empty: nothing."""
        capacity = self.terms[order.store].capacity_per_step
        if not 0 < quantity <= stock:
            return NO_STOCK
        if capacity is not None and served >= capacity:
            return NO_CAPACITY
        is_food = self._goods.nutrition[order.item] > 0
        return NO_SEAT if is_food and not self.seats.has_room(order.buyer, order.store) else ""

    def _too_dear(self, order: Order, quantity: int, amount: int) -> Reason:
        """Return that a buyer cannot pay for a quantity."""
        item, cash = self._goods.names[order.item], self._ledger.balance(order.buyer, 0)
        words = self._say(
            "the price of {goods} at {store} is {price}, and the purse holds {cash}",
            goods=self._wording.amount(item, quantity),
            store=self._name(order.store),
            price=self._wording.sum_of(amount),
            cash=self._wording.sum_of(cash),
        )
        return Reason(NO_CASH, words)

    def _expiry(self, t: int, order: Order, lack: str, stock: int) -> Reason | None:
        """Return the reason of an order that is not filled after its last step, else None."""
        if not order.rest or t < order.last:
            return None
        item = self._goods.names[order.item]
        if lack == NO_CAPACITY:
            text = (
                "{store} could not serve {goods}: it had others to serve; come when it is less busy"
            )
        elif lack == NO_SEAT:
            text = "{store} could not serve {goods}: no seat was free; come when it is less busy"
        elif lack == CLOSED:
            text = "{store} could not serve {goods}: it is closed"
        elif stock:
            text = "{store} could not serve {goods}: it has {left} left"
        else:
            text = "{store} could not serve {goods}: it is sold out of {item}"
        words = self._say(
            text,
            store=self._name(order.store),
            goods=self._wanted(order),
            left=self._wording.amount(item, stock),
            item=item,
        )
        cause = f"expired: {lack}" + (" for the rest" if order.rest < order.quantity else "")
        return Reason(cause, words)

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
        if self._goods.nutrition[order.item] > 0:
            self.seats.take(order.buyer, order.store, t)
        return Trade(
            t,
            order.store,
            order.item,
            quantity,
            price,
            amount,
            net,
            tax,
            order.buyer,
            order.id,
            waited=order.waited(t),
        )
