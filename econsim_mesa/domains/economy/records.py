"""What the economy records: orders, sales, swaps, prices, and the state of stores."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from econsim_mesa.errors import BadInput
from econsim_mesa.society.records import Balance, Books, Movement, Record, Remembered, Told
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


class Sale(Record):
    """A settled order, or the part of it that was served."""

    table: ClassVar[str] = "sales"
    concerns: ClassVar = ("buyer", "store")

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

    def remembered_by(self, name: str) -> Remembered:
        """Return what was bought, or sold."""
        if self.buyer == name:
            words = f"bought {self.quantity} {self.item} at {self.store} for {self.amount}"
            return Remembered("purchases", self.item, words)
        words = f"sold {self.quantity} {self.item} to {self.buyer} for {self.amount}"
        return Remembered("sales", self.item, words)

    def movements(self, books: Books) -> Iterator[Movement]:
        """Yield the price without the tax, the tax, and the goods.

        Raises:
            BadInput: The price is not the sum of its parts.
        """
        if self.net + self.tax != self.amount:
            raise BadInput(f"step {self.step}: order {self.order} does not sum to its amount")
        yield Movement(self.buyer, self.store, books.currency, self.net)
        yield Movement(self.buyer, books.tax_to, books.currency, self.tax)
        yield Movement(self.store, self.buyer, self.item, self.quantity)

    def in_words(self, wording: Wording) -> Told:
        """Return who bought what, where."""
        bought, price = wording.amount(self.item, self.quantity), wording.money(self.amount)
        return Told("sale", self.buyer, f"buys {bought} for {price}", self.store)


class Swap(Record):
    """A settled proposal: what the proposer gave and took."""

    table: ClassVar[str] = "swaps"
    concerns: ClassVar = ("proposer", "acceptor")

    step: int
    id: int
    proposer: str
    acceptor: str
    gave: str
    gave_quantity: int
    took: str
    took_quantity: int

    def remembered_by(self, name: str) -> Remembered:
        """Return what was got for what, and from whom."""
        gave = f"{self.gave_quantity} {self.gave}"
        took = f"{self.took_quantity} {self.took}"
        if self.proposer == name:
            words = f"swapped {gave} for {took} with {self.acceptor}"
            return Remembered("purchases", self.took, words)
        words = f"swapped {took} for {gave} with {self.proposer}"
        return Remembered("purchases", self.gave, words)

    def movements(self, books: Books) -> Iterator[Movement]:
        """Yield what was given and what was taken."""
        yield Movement(self.proposer, self.acceptor, self.gave, self.gave_quantity)
        yield Movement(self.acceptor, self.proposer, self.took, self.took_quantity)

    def in_words(self, wording: Wording) -> Told:
        """Return who gave whom what for what."""
        gave = wording.amount(self.gave, self.gave_quantity)
        took = wording.amount(self.took, self.took_quantity)
        return Told("swap", self.proposer, f"gives {gave} for {took}", self.acceptor)


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

    step: int
    store: str
    cash: int
    visitors: int
    waiting: int  #: orders that wait

    def balances(self, books: Books) -> Iterator[Balance]:
        """Yield the cash."""
        yield Balance(self.store, books.currency, self.cash)


class Stock(Record):
    """An item in a store at the end of a step."""

    table: ClassVar[str] = "stocks"

    step: int
    store: str
    item: str
    quantity: int

    def balances(self, books: Books) -> Iterator[Balance]:
        """Yield the quantity."""
        yield Balance(self.store, self.item, self.quantity)
