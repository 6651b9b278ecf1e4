"""Terms of stores and the order that waits."""

from __future__ import annotations

import pytest

from econsim_mesa.domains.economy.orders import Order, StoreTerms
from econsim_mesa.errors import BadInput


def test_defaults_are_the_simplest_store() -> None:
    terms = StoreTerms()
    assert (terms.acceptance, terms.capacity_per_step, terms.partial_fill) == ("auto", None, False)


def test_bad_terms_are_refused() -> None:
    with pytest.raises(BadInput, match="capacity_per_step must be at least 0, not -1"):
        StoreTerms(capacity_per_step=-1)
    with pytest.raises(BadInput, match="acceptance must be"):
        StoreTerms(acceptance="maybe")  # type: ignore[arg-type]


def test_an_order_begins_with_nothing_sold() -> None:
    order = Order(
        0, 1, 2, 0, 0, 7, seen_price=10, action=0, first=1, last=1, answer=None, decided=1
    )
    assert order.rest == 7
