"""The ledger: transfers, settlements, their atomicity and the check itself."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from econsim_mesa.errors import InsufficientBalance, LedgerError
from econsim_mesa.society.ledger import MAX_AMOUNT, WORLD, Ledger, Leg


@pytest.fixture
def ledger() -> Ledger:
    """Three accounts with 100, 50 and 0 yen and 0, 5 and 0 loaves."""
    ledger = Ledger(["A", "B", "C"], ["yen", "Bread"])
    ledger.transfer(WORLD, 0, 0, 100)
    ledger.transfer(WORLD, 1, 0, 50)
    ledger.transfer(WORLD, 1, 1, 5)
    return ledger


def test_starts_empty_with_a_row_for_the_world() -> None:
    ledger = Ledger(["A"], ["yen", "Bread"])
    assert ledger.balances.tolist() == [[0, 0], [0, 0]]
    assert ledger.accounts == ("A", "world")


@pytest.mark.parametrize(("accounts", "commodities"), [([], ["yen"]), (["A"], [])])
def test_refuses_to_be_empty(accounts: list[str], commodities: list[str]) -> None:
    with pytest.raises(LedgerError, match="at least one"):
        Ledger(accounts, commodities)


def test_transfer_moves_from_one_to_the_other(ledger: Ledger) -> None:
    ledger.transfer(0, 2, 0, 30)
    assert [ledger.balance(account, 0) for account in (0, 1, 2, WORLD)] == [70, 50, 30, -150]
    ledger.check()


def test_the_world_has_two_numbers(ledger: Ledger) -> None:
    ledger.transfer(3, 0, 0, 1)
    assert ledger.balance(WORLD, 0) == ledger.balance(3, 0) == -151


def test_balances_are_live_and_read_only(ledger: Ledger) -> None:
    view = ledger.balances
    ledger.transfer(0, 2, 0, 100)
    assert view[2, 0] == 100
    with pytest.raises(ValueError, match="read-only"):
        view[0, 0] = 1


def test_overdraft_is_refused_and_changes_nothing(ledger: Ledger) -> None:
    before = ledger.balances.copy()
    with pytest.raises(InsufficientBalance) as caught:
        ledger.transfer(1, 0, 1, 6)
    error = caught.value
    assert (error.account, error.commodity, error.amount, error.balance) == ("B", "Bread", 6, 5)
    assert np.array_equal(ledger.balances, before)


def test_transfer_to_oneself_needs_the_amount(ledger: Ledger) -> None:
    before = ledger.balances.copy()
    ledger.transfer(0, 0, 0, 100)
    with pytest.raises(InsufficientBalance):
        ledger.transfer(0, 0, 0, 101)
    assert np.array_equal(ledger.balances, before)


@pytest.mark.parametrize("amount", [-1, MAX_AMOUNT + 1, 1.0, "1"])
def test_bad_amounts_are_refused(ledger: Ledger, amount: object) -> None:
    before = ledger.balances.copy()
    with pytest.raises(LedgerError, match="amount must be"):
        ledger.transfer(WORLD, 0, 0, amount)  # type: ignore[arg-type]
    with pytest.raises(LedgerError, match="amount must be"):
        ledger.settle([Leg(WORLD, 0, 0, 1), Leg(WORLD, 0, 0, amount)])  # type: ignore[arg-type]
    assert np.array_equal(ledger.balances, before)


@pytest.mark.parametrize(("account", "commodity"), [(-2, 0), (4, 0), (0, -1), (0, 2)])
def test_unknown_numbers_are_refused(ledger: Ledger, account: int, commodity: int) -> None:
    with pytest.raises(LedgerError, match="has the number"):
        ledger.transfer(WORLD, account, commodity, 1)
    with pytest.raises(LedgerError, match="has the number"):
        ledger.balance(account, commodity)
    with pytest.raises(LedgerError, match="numbers must be"):
        ledger.transfer_many(WORLD, account, commodity, np.array([1]))
    ledger.check()


def test_settlement_is_one_moment(ledger: Ledger) -> None:
    ledger.settle([Leg(2, 0, 0, 10), Leg(1, 2, 0, 50), Leg(0, 1, 1, 2), Leg(1, 0, 1, 3)])
    assert ledger.balances.tolist() == [[110, 1], [0, 4], [40, 0], [-150, -5]]
    ledger.check()


@pytest.mark.parametrize(
    "bad",
    [Leg(2, 0, 0, 1), Leg(0, 1, 0, 100), Leg(0, 9, 0, 1), Leg(0, 1, 7, 1), Leg(0, 1, 0, -1)],
)
def test_failure_in_the_second_leg_leaves_nothing_changed(ledger: Ledger, bad: Leg) -> None:
    before = ledger.balances.copy()
    with pytest.raises(LedgerError):
        ledger.settle([Leg(0, 1, 0, 30), bad, Leg(1, 0, 1, 1)])
    assert np.array_equal(ledger.balances, before)


def test_empty_settlement_does_nothing(ledger: Ledger) -> None:
    before = ledger.balances.copy()
    ledger.settle([])
    ledger.transfer_many(WORLD, 0, 0, np.array([], dtype=np.int64))
    assert np.array_equal(ledger.balances, before)


def test_the_world_cannot_give_without_end() -> None:
    ledger = Ledger(["A"], ["yen"])
    for _ in range(4000):
        ledger.transfer(WORLD, 0, 0, MAX_AMOUNT)
    before = ledger.balances.copy()
    with pytest.raises(LedgerError, match="the world would have given"):
        ledger.transfer(WORLD, 0, 0, 1)
    with pytest.raises(LedgerError, match="the world would have given"):
        ledger.transfer_many(WORLD, 0, 0, np.full(3, MAX_AMOUNT))
    with pytest.raises(LedgerError, match="sum to at most"):
        ledger.transfer_many(WORLD, 0, 0, np.full(10_000, MAX_AMOUNT))
    assert np.array_equal(ledger.balances, before)


def test_transfer_many_handles_repeated_accounts(ledger: Ledger) -> None:
    source, target = np.array([0, 0, 1]), np.array([2, 2, 2])
    ledger.transfer_many(source, target, 0, np.array([10, 20, 5]))
    assert ledger.balances[:, 0].tolist() == [70, 45, 35, -150]


def test_transfer_many_takes_a_commodity_for_each(ledger: Ledger) -> None:
    ledger.transfer_many(np.array([1, 1]), np.array([2, -1]), np.array([0, 1]), np.array([50, 2]))
    assert ledger.balances.tolist() == [[100, 0], [0, 3], [50, 0], [-150, -3]]


def test_transfer_many_is_all_or_nothing(ledger: Ledger) -> None:
    before = ledger.balances.copy()
    with pytest.raises(InsufficientBalance) as caught:
        ledger.transfer_many(np.array([0, 1, 1]), 2, 0, np.array([10, 30, 30]))
    assert (caught.value.account, caught.value.amount, caught.value.balance) == ("B", 60, 50)
    assert np.array_equal(ledger.balances, before)


@pytest.mark.parametrize(
    "amounts",
    [np.array([1.5]), np.array([-1]), np.array([MAX_AMOUNT + 1]), np.array([[1]]), np.array(1)],
)
def test_transfer_many_refuses_bad_amounts(
    ledger: Ledger, amounts: np.ndarray[tuple[int, ...], np.dtype[np.int64]]
) -> None:
    before = ledger.balances.copy()
    with pytest.raises(LedgerError, match="amounts must be"):
        ledger.transfer_many(WORLD, 0, 0, amounts)
    assert np.array_equal(ledger.balances, before)


def test_transfer_many_refuses_arrays_of_another_shape(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="shape"):
        ledger.transfer_many(WORLD, np.array([0, 1]), 0, np.array([1]))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-1, 2), st.integers(-1, 2), st.integers(0, 1), st.integers(0, 60)),
        max_size=6,
    )
)
def test_transfer_many_equals_settle(rows: list[tuple[int, int, int, int]]) -> None:
    one, other = Ledger(["A", "B", "C"], ["yen", "x"]), Ledger(["A", "B", "C"], ["yen", "x"])
    for ledger in (one, other):
        ledger.transfer_many(WORLD, np.arange(3), 0, np.array([100, 50, 0]))
    columns = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    outcomes = []
    for act in (
        lambda: one.settle([Leg(*row) for row in rows]),
        lambda: other.transfer_many(columns[0], columns[1], columns[2], columns[3]),
    ):
        try:
            act()
            outcomes.append("done")
        except InsufficientBalance:
            outcomes.append("refused")
    assert outcomes[0] == outcomes[1]
    assert np.array_equal(one.balances, other.balances)
    one.check()


def test_check_finds_planted_faults(ledger: Ledger) -> None:
    ledger._balances[0, 0] += 1
    with pytest.raises(LedgerError, match="yen sum to 1"):
        ledger.check()
    ledger._balances[0, 0] -= 1
    ledger._balances[2, 1], ledger._balances[1, 1] = -1, 6
    with pytest.raises(LedgerError, match="C holds -1 of Bread"):
        ledger.check()


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_is_a_ledger_of_its_own(ledger: Ledger, duplicate: object) -> None:
    twin = duplicate(ledger)  # type: ignore[operator]
    twin.transfer(0, 2, 0, 100)
    assert twin.balances[2, 0] == 100
    assert ledger.balances[2, 0] == 0
