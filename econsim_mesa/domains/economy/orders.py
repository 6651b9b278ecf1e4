"""Orders and what becomes of them: the types that stores, households and records share.

An order waits at a store until it is sold, refused or expired; a ``Trade`` and a ``Refusal``
are what the records keep of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Self

from econsim_mesa.errors import BadInput
from econsim_mesa.scenario.actors import StoreSpec
from econsim_mesa.society.reason import Reason

AWAY = "not at the store"
DECLINED = "declined by the store"
NO_CASH = "not enough cash"
NO_STOCK = "no stock"
NO_CAPACITY = "capacity"
NO_SEAT = "no seat"
NOT_SOLD = "not sold there"
CLOSED = "closed"
"""Causes for which an order comes to nothing; those for want of time begin with ``EXPIRED``."""
NO_NUMBER = "no such number"
TOO_SOON = "too soon to answer"
ANSWERED = "answered already"
"""Causes for which an order or a proposal cannot be answered."""


@dataclass(frozen=True, slots=True)
class StoreTerms:
    """How a store deals with orders.

    ``acceptance``: ``auto`` tries each order at once, ``decide`` waits for the store's answer.
    ``capacity_per_step``: orders that it settles in a step at most (``None``: no bound).
    ``partial_fill``: sells what is there and lets the rest wait. ``seats``: who is served food sits
    for ``seat_steps`` steps, and no more than that sit (``None``: no bound). Raises ``BadInput``.
    """

    acceptance: Literal["auto", "decide"] = "auto"
    capacity_per_step: int | None = None
    partial_fill: bool = False
    seats: int | None = None
    seat_steps: int = 1

    @classmethod
    def of(cls, spec: StoreSpec) -> Self:
        """Return the terms of a store of a scenario."""
        return cls(
            spec.acceptance,
            spec.capacity_per_step,
            spec.partial_fill,
            spec.seats,
            spec.seat_steps,
        )

    def __post_init__(self) -> None:
        """Refuse values that no rule could work with."""
        if self.acceptance not in ("auto", "decide"):
            raise BadInput(f"acceptance must be 'auto' or 'decide', not {self.acceptance!r}")
        if self.capacity_per_step is not None and self.capacity_per_step < 0:
            raise BadInput(f"capacity_per_step must be at least 0, not {self.capacity_per_step}")


@dataclass(slots=True)
class Order:
    """An order waiting at a store. Read it; only the market changes it.

    ``t`` is the step in which it was given and ``first`` and ``last`` the first and the last in
    which it may be settled. ``quantity`` is what was ordered and ``rest`` what is not yet sold, in
    smallest units. ``seen_price`` is the posted price that the buyer saw, per whole item.
    ``action`` is its index in the buyer's decision, of step ``decided``: an earlier one than ``t``
    for an order that was meant for a store elsewhere. ``answer`` is the store's, ``None`` before
    it.
    """

    id: int
    t: int
    buyer: int
    store: int
    item: int
    quantity: int
    seen_price: int
    action: int
    first: int
    last: int
    answer: bool | None
    decided: int
    rest: int = field(init=False)

    def __post_init__(self) -> None:
        """Begin with nothing sold."""
        self.rest = self.quantity

    def waited(self, t: int) -> int:
        """Return for how many steps it has waited in step ``t`` since it could be served first.

        At a store that answers orders that is a step after it was given.
        """
        return max(t - self.first, 0)


class Trade(NamedTuple):
    """A sale in step ``t`` of ``quantity`` smallest units at ``price`` per whole item.

    ``store`` is the index among the stores; ``amount`` = ``net`` + ``tax`` is what was paid.
    """

    t: int
    store: int
    item: int
    quantity: int
    price: int
    amount: int
    net: int
    tax: int
    buyer: int
    order_id: int
    waited: int = 0
    """Steps from the order to the sale, less the one that a store needs which answers orders."""


class Wait(NamedTuple):
    """How long a household has waited at a store, until it was served or its order expired."""

    household: int
    store: int
    steps: int


class Refusal(NamedTuple):
    """An action of a household, decided in step ``decided``, that could not be done."""

    decided: int
    household: int
    action: int
    reason: Reason


class Settlement(NamedTuple):
    """What one step of a market brought, in the order in which it happened."""

    sales: list[Trade]
    rejections: list[Refusal]
    waits: list[Wait]


def no_number(
    what: str, number: int, waiting: Iterable[int], say: Callable[..., str] = str.format
) -> Reason:
    """Return that no order or proposal of a number waits for an answer, and which do.

    >>> no_number("order", 5, [7, 9]).words
    'no order 5 waits for an answer; these do: 7, 9'
    """
    others, thing = say(", ").join(map(str, waiting)), say(what)
    if not others:
        return Reason(NO_NUMBER, say("no {thing} waits for an answer", thing=thing))
    text = "no {thing} {id} waits for an answer; these do: {others}"
    return Reason(NO_NUMBER, say(text, thing=thing, id=number, others=others))
