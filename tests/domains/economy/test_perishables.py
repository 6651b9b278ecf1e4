"""The larder: ages, order of eating and spoilage."""

from __future__ import annotations

import pytest

from econsim_mesa.domains.economy.goods import Goods, Item
from econsim_mesa.domains.economy.perishables import Batch, PerishableStock
from econsim_mesa.errors import LedgerError
from econsim_mesa.society.ledger import WORLD, Ledger

PIZZA, SALAD, RICE = 0, 1, 2


@pytest.fixture
def larder() -> PerishableStock:
    """Two households; a Pizza keeps 2 steps, a Salad 1, Rice for ever."""
    items = [
        Item("Pizza", 2000, 3.0, keeps_steps=2),
        Item("Salad", 500, 1.5, keeps_steps=1),
        Item("Rice", 1000, 3.0),
    ]
    return PerishableStock(Goods(tuple(items)), 2)


def test_spoils_after_its_last_step(larder: PerishableStock) -> None:
    larder.receive(0, PIZZA, 3, t=4)
    larder.receive(1, SALAD, 1, t=4)
    assert larder.spoil(3) == []
    assert larder.spoil(4) == [(1, SALAD, 1)]
    assert larder.total(0, PIZZA) == 3
    assert larder.spoil(5) == [(0, PIZZA, 3)]
    assert larder.total(0, PIZZA) == 0
    assert larder.spoil(6) == []


def test_takes_the_oldest_first(larder: PerishableStock) -> None:
    larder.receive(0, PIZZA, 2, t=1)
    larder.receive(0, PIZZA, 5, t=2)
    larder.take(0, PIZZA, 3)
    assert larder.batches(0, PIZZA) == [Batch(3, 4)]
    assert larder.spoil(2) == []
    assert larder.spoil(3) == [(0, PIZZA, 4)]


def test_batches_are_in_order_of_age_however_they_came(larder: PerishableStock) -> None:
    larder.receive(0, PIZZA, 5, t=2)
    larder.receive(0, PIZZA, 2, t=1)
    larder.take(0, PIZZA, 1)
    assert larder.batches(0, PIZZA) == [Batch(2, 1), Batch(3, 5)]


def test_takes_all_and_receives_again(larder: PerishableStock) -> None:
    larder.receive(0, PIZZA, 2, t=1)
    larder.receive(0, PIZZA, 2, t=1)
    larder.take(0, PIZZA, 4)
    assert larder.batches(0, PIZZA) == []
    larder.receive(0, PIZZA, 1, t=1)
    assert larder.spoil(2) == [(0, PIZZA, 1)]


def test_spoilage_is_by_household_and_item(larder: PerishableStock) -> None:
    larder.receive(1, SALAD, 1, t=1)
    larder.receive(1, PIZZA, 2, t=0)
    larder.receive(0, SALAD, 3, t=1)
    assert larder.spoil(1) == [(0, SALAD, 3), (1, PIZZA, 2), (1, SALAD, 1)]


@pytest.mark.parametrize("quantity", [3, -1])
def test_cannot_take_what_is_not_there(larder: PerishableStock, quantity: int) -> None:
    larder.receive(0, PIZZA, 2, t=1)
    with pytest.raises(LedgerError, match=f"cannot take {quantity} of Pizza"):
        larder.take(0, PIZZA, quantity)
    assert larder.total(0, PIZZA) == 2


def test_cannot_receive_less_than_nothing(larder: PerishableStock) -> None:
    with pytest.raises(LedgerError, match="cannot receive -1 of Pizza"):
        larder.receive(0, PIZZA, -1, t=1)


def test_what_keeps_for_ever_is_not_kept_here(larder: PerishableStock) -> None:
    larder.receive(0, RICE, 5, t=1)
    larder.take(0, RICE, 9)
    assert larder.total(0, RICE) == 0
    assert larder.spoil(1000) == []


def test_check_compares_with_the_ledger(larder: PerishableStock) -> None:
    ledger = Ledger(["H0", "H1", "Store"], ["yen", "Pizza", "Salad", "Rice"])
    ledger.transfer(WORLD, 1, PIZZA + 1, 2)
    ledger.transfer(WORLD, 1, RICE + 1, 7)
    ledger.transfer(WORLD, 2, PIZZA + 1, 50)
    with pytest.raises(LedgerError, match="larder of H1 holds 0 of Pizza, its account 2"):
        larder.check(ledger)
    larder.receive(1, PIZZA, 2, t=0)
    larder.check(ledger)
    larder.receive(0, SALAD, 1, t=0)
    with pytest.raises(LedgerError, match="larder of H0 holds 1 of Salad, its account 0"):
        larder.check(ledger)
