"""What the economy records: orders, sales, swaps, prices, and the state of stores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from econsim_mesa.quoting import name_text
from econsim_mesa.society.records import (
    CURRENCY,
    TAXES,
    Flow,
    Holding,
    NewsLine,
    Record,
    Remembered,
)
from econsim_mesa.society.wording import Wording


class Order(Record):
    """An order as it was given."""

    table: ClassVar[str] = "orders"

    step: int
    id: int
    buyer: str
    store: str
    item: str
    quantity: int
    ttl: int
    seen_price: int
    decided: int = -1  #: the step of the decision, earlier where it was meant for a store elsewhere


class Sale(Record):
    """A settled order, or the part of it that was served."""

    table: ClassVar[str] = "sales"
    news: ClassVar[str] = "sale"
    concerns: ClassVar = ("buyer", "store")
    flows: ClassVar = (
        Flow("buyer", "store", CURRENCY, "net"),
        Flow("buyer", TAXES, CURRENCY, "tax"),
        Flow("store", "buyer", "item", "quantity"),
    )

    step: int
    time: str
    store: str
    item: str
    quantity: int
    price: int  #: paid per whole item
    amount: int
    net: int
    tax: int
    buyer: str
    order: int
    waited: int = 0  #: steps from the order, at a store that answers from the next one on

    def remembered_by(self, name: str, wording: Wording) -> Remembered:
        """Return what was bought, and how long one waited for it, or what was sold."""
        goods, paid = wording.amount(self.item, self.quantity), wording.sum_of(self.amount)
        if self.buyer == name:
            text, store = "bought {goods} at {store} for {paid}", name_text(self.store)
            if self.waited:
                text = "waited {steps} for {goods} at {store}, bought for {paid}"
            steps = wording.counted(self.waited, "step")
            words = wording.say(text, steps=steps, goods=goods, store=store, paid=paid)
            return Remembered("purchases", self.item, words)
        text, buyer = "sold {goods} to {buyer} for {paid}", name_text(self.buyer)
        words = wording.say(text, goods=goods, buyer=buyer, paid=paid)
        return Remembered("sales", self.item, words)

    def fault(self) -> str | None:
        """Return that the price is not the sum of its parts, if so."""
        if self.net + self.tax != self.amount:
            return f"step {self.step}: order {self.order} does not sum to its amount"
        return None

    def in_words(self, wording: Wording) -> NewsLine:
        """Return who bought what, where."""
        return self.together_in_words([self], wording)

    @staticmethod
    def together_in_words(sales: Sequence[Sale], wording: Wording) -> NewsLine:
        """Return in one line what one buyer bought at one store in a step."""
        goods = ", ".join(wording.amount(sale.item, sale.quantity) for sale in sales)
        price = wording.money(sum(sale.amount for sale in sales))
        return NewsLine(sales[0].buyer, f"buys {goods} for {price}", sales[0].store)


class Swap(Record):
    """A settled proposal: what the proposer gave and took."""

    table: ClassVar[str] = "swaps"
    news: ClassVar[str] = "swap"
    concerns: ClassVar = ("proposer", "acceptor")
    flows: ClassVar = (
        Flow("proposer", "acceptor", "gave", "gave_quantity"),
        Flow("acceptor", "proposer", "took", "took_quantity"),
    )

    step: int
    id: int
    proposer: str
    acceptor: str
    gave: str
    gave_quantity: int
    took: str
    took_quantity: int

    def remembered_by(self, name: str, wording: Wording) -> Remembered:
        """Return what was got for what, and from whom."""
        gave = wording.amount(self.gave, self.gave_quantity)
        took = wording.amount(self.took, self.took_quantity)
        text = "swapped {gave} for {got} with {name}"
        if self.proposer == name:
            words = wording.say(text, gave=gave, got=took, name=self.acceptor)
            return Remembered("purchases", self.took, words)
        words = wording.say(text, gave=took, got=gave, name=self.proposer)
        return Remembered("purchases", self.gave, words)

    def in_words(self, wording: Wording) -> NewsLine:
        """Return who gave whom what for what."""
        gave = wording.amount(self.gave, self.gave_quantity)
        took = wording.amount(self.took, self.took_quantity)
        return NewsLine(self.proposer, f"gives {gave} for {took}", self.acceptor)


class Payment(Record):
    """An expense that was due, or a transfer: what was to be paid, and what was."""

    table: ClassVar[str] = "payments"
    concerns: ClassVar = ("source", "target")
    flows: ClassVar = (Flow("source", "target", CURRENCY, "paid"),)

    step: int
    event: str  #: expense or transfer
    name: str  #: what households call it
    source: str
    target: str
    due: int
    paid: int  #: less than due where the source had no more

    def remembered_by(self, name: str, wording: Wording) -> Remembered | None:
        """Return what was paid and what was not, or what was got."""
        what, paid, due = name_text(self.name), wording.sum_of(self.paid), wording.sum_of(self.due)
        if self.source == name:
            text = "paid {sum}: {what}"
            if self.paid < self.due:
                text = "could pay only {sum} of {due}: {what}"
            words = wording.say(text, sum=paid, due=due, what=what)
            return Remembered("payments", self.name, words)
        if not self.paid:
            return None
        return Remembered(
            "payments", self.name, wording.say("got {sum}: {what}", sum=paid, what=what)
        )

    def fault(self) -> str | None:
        """Return that more was paid than was due, if so."""
        if self.paid > self.due:
            return f"step {self.step}: {self.source} paid more than was due for {self.name}"
        return None


class Price(Record):
    """A posted price that was set or changed."""

    table: ClassVar[str] = "prices"

    step: int
    store: str
    item: str
    base: int
    posted: int


class StoreState(Record):
    """A store at the end of a step."""

    table: ClassVar[str] = "stores"
    holdings: ClassVar = (Holding("store", CURRENCY, "cash"),)

    step: int
    store: str
    cash: int
    visitors: int
    waiting: int  #: orders that wait


class Stock(Record):
    """An item in a store at the end of a step."""

    table: ClassVar[str] = "stocks"
    holdings: ClassVar = (Holding("store", "item", "quantity"),)

    step: int
    store: str
    item: str
    quantity: int
