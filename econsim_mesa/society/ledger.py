"""The double-entry ledger: every unit of money and goods, moved only from account to account.

One row per account and a last one for the world, one column per commodity; commodity 0 is the
currency. What enters or leaves the town moves from or to ``WORLD``, the only account that goes
below zero, so each column sums to exactly zero at all times. Amounts are whole numbers of the
smallest unit.

>>> ledger = Ledger(["H0", "Pizza Place"], ["yen", "Pizza"])
>>> ledger.transfer(WORLD, 0, commodity=0, amount=2000)
>>> ledger.transfer(WORLD, 1, commodity=1, amount=50)
>>> ledger.settle([Leg(0, 1, 0, 2000), Leg(1, 0, 1, 1)])
>>> ledger.balances.tolist()
[[0, 1], [2000, 49], [-2000, -50]]
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from econsim_mesa.errors import InsufficientBalance, LedgerError
from econsim_mesa.read_only import read_only
from econsim_mesa.society.rng import Integers

WORLD = -1
"""The account of all that is outside the town; the ledger's last row."""

MAX_AMOUNT = 10**15
"""The largest amount of one transfer, in smallest units."""

MAX_ISSUED = 4 * 10**18
"""The most of one commodity that the world can have given; keeps sums within 64 bits."""


class Leg(NamedTuple):
    """One movement within a settlement: ``amount`` of ``commodity`` from source to target."""

    source: int
    target: int
    commodity: int
    amount: int


class Ledger:
    """Balances of all accounts in all commodities, in smallest units.

    ``accounts`` are the names of the agents in the order of their numbers; the world is added
    as the last. ``commodities`` are the currency and then the items.
    """

    def __init__(self, accounts: Sequence[str], commodities: Sequence[str]) -> None:
        if not accounts or not commodities:
            raise LedgerError("a ledger needs at least one account and one commodity")
        self.accounts = (*accounts, "world")
        self.commodities = tuple(commodities)
        self._world = len(accounts)
        self._balances = np.zeros((len(self.accounts), len(self.commodities)), dtype=np.int64)

    @property
    def balances(self) -> Integers:
        """All balances, a read-only live view of shape (accounts + 1, commodities)."""
        return read_only(self._balances)

    def balance(self, account: int, commodity: int) -> int:
        """Return one balance. Raises ``LedgerError`` for an unknown account or commodity."""
        return int(self._balances[self._row(account), self._column(commodity)])

    def transfer(self, source: int, target: int, commodity: int, amount: int) -> None:
        """Move ``amount`` of a commodity from one account to another.

        Raises ``InsufficientBalance`` if the source (not the world) holds less, and
        ``LedgerError`` for a negative, fractional or too large amount or an unknown account;
        then nothing has changed.
        """
        giver, taker, column = self._row(source), self._row(target), self._column(commodity)
        amount = _whole(amount)
        left = self._after(giver, column, -amount)
        if giver == taker:
            return
        grown = self._after(taker, column, amount)
        self._balances[giver, column] = left
        self._balances[taker, column] = grown

    def settle(self, legs: Sequence[Leg]) -> None:
        """Carry out all legs or none, as if they happened at the same moment.

        The net effect is checked in full before anything is written. Raises as ``transfer``.
        """
        change: dict[tuple[int, int], int] = {}
        for source, target, commodity, amount in legs:
            column, moved = self._column(commodity), _whole(amount)
            giver, taker = (self._row(source), column), (self._row(target), column)
            change[giver] = change.get(giver, 0) - moved
            change[taker] = change.get(taker, 0) + moved
        after = [self._after(row, column, delta) for (row, column), delta in change.items()]
        if after:
            rows, columns = zip(*change, strict=True)
            self._balances[rows, columns] = after

    def transfer_many(
        self,
        source: int | Integers,
        target: int | Integers,
        commodity: int | Integers,
        amounts: Integers,
    ) -> None:
        """Move ``amounts[j]`` from ``source[j]`` to ``target[j]`` for every j, all or nothing.

        ``source``, ``target`` and ``commodity`` are one number for all or arrays as long as
        ``amounts``; accounts may be repeated. Only the net effect must leave no account below
        zero. Raises as ``transfer``.
        """
        moved = _whole_amounts(amounts)
        self._check_numbers("account", source, moved.shape, WORLD, self._world)
        self._check_numbers("account", target, moved.shape, WORLD, self._world)
        self._check_numbers("commodity", commodity, moved.shape, 0, len(self.commodities) - 1)
        if not moved.size:
            return
        first, width, offset = 0, len(self.commodities), commodity
        if not isinstance(commodity, np.ndarray):
            first, width, offset = int(commodity), 1, 0
        table = self._balances[:, first : first + width]
        after = table.copy()
        flat = after.reshape(-1)
        # Row -1 (the world) becomes a negative position, which is in the last row again.
        _add(flat, source * width + offset, -moved)
        _add(flat, target * width + offset, moved)
        self._check_after(table, after, first)
        table[...] = after

    def check(self) -> None:
        """Raise ``LedgerError`` unless each column sums to zero and only the world is negative."""
        for name, total in zip(self.commodities, self._balances.sum(axis=0).tolist(), strict=True):
            if total != 0:
                raise LedgerError(f"the balances of {name} sum to {total}, not to 0")
        if (self._balances[:-1] < 0).any():
            row, column = np.argwhere(self._balances[:-1] < 0)[0].tolist()
            held = int(self._balances[row, column])
            raise LedgerError(f"{self.accounts[row]} holds {held} of {self.commodities[column]}")

    def _row(self, account: int) -> int:
        if not WORLD <= account <= self._world:
            raise LedgerError(f"no account has the number {account}; known: -1 .. {self._world}")
        return account if account >= 0 else self._world

    def _column(self, commodity: int) -> int:
        if not 0 <= commodity < len(self.commodities):
            raise LedgerError(
                f"no commodity has the number {commodity}; known: 0 .. {len(self.commodities) - 1}"
            )
        return commodity

    def _after(self, row: int, column: int, change: int) -> int:
        """Return what a balance becomes; raises if it may not."""
        held = int(self._balances[row, column])
        after = held + change
        if after < 0:
            if row != self._world:
                raise InsufficientBalance(
                    self.accounts[row], self.commodities[column], -change, held
                )
            if after < -MAX_ISSUED:
                raise LedgerError(_too_much(self.commodities[column]))
        return after

    def _check_after(self, before: Integers, after: Integers, first: int) -> None:
        """Raise for the worst account of a table whose column 0 is the commodity ``first``."""
        row, column = divmod(int(after[:-1].argmin()), after.shape[1])
        if after[row, column] < 0:
            held, name = int(before[row, column]), self.commodities[first + column]
            change = int(after[row, column]) - held
            raise InsufficientBalance(self.accounts[row], name, -change, held)
        column = int(after[-1].argmin())
        if after[-1, column] < -MAX_ISSUED:
            raise LedgerError(_too_much(self.commodities[first + column]))

    @staticmethod
    def _check_numbers(
        kind: str, numbers: int | Integers, shape: tuple[int, ...], lowest: int, highest: int
    ) -> None:
        if not isinstance(numbers, np.ndarray):
            inside = lowest <= numbers <= highest
        elif numbers.shape != shape or numbers.dtype.kind != "i":
            raise LedgerError(
                f"{kind} numbers must be signed integers of shape {shape}, "
                f"not {numbers.dtype} of shape {numbers.shape}"
            )
        else:
            inside = not numbers.size or (numbers.min() >= lowest and numbers.max() <= highest)
        if not inside:
            raise LedgerError(f"{kind} numbers must be {lowest} .. {highest}, not {numbers}")


def _add(balances: Integers, where: int | Integers, amounts: Integers) -> None:
    """Add amounts to a flat table, correct for repeated positions."""
    if isinstance(where, np.ndarray):
        np.add.at(balances, where, amounts)
    else:
        balances[where] += amounts.sum()


def _too_much(commodity: str) -> str:
    return f"the world would have given more than {MAX_ISSUED} of {commodity}; nothing transferred"


def _whole(amount: int) -> int:
    """Return the amount as an int; raises ``LedgerError`` unless 0 <= amount <= MAX_AMOUNT."""
    try:
        whole = operator.index(amount)
    except TypeError:
        raise LedgerError(
            f"an amount must be a whole number of smallest units, not {amount!r}"
        ) from None
    if not 0 <= whole <= MAX_AMOUNT:
        raise LedgerError(f"an amount must be 0 .. {MAX_AMOUNT}, not {whole}; nothing transferred")
    return whole


def _whole_amounts(amounts: Integers) -> Integers:
    """Return one-dimensional amounts as int64, checked like ``_whole``, their sum as well."""
    given = np.asarray(amounts)
    if given.ndim != 1 or given.dtype.kind not in "iu":
        raise LedgerError(
            "amounts must be whole numbers in one dimension, "
            f"not {given.dtype} of shape {given.shape}"
        )
    if given.size and (given.min() < 0 or given.max() > MAX_AMOUNT):
        raise LedgerError(f"amounts must be 0 .. {MAX_AMOUNT}; nothing transferred")
    if given.sum(dtype=np.float64) > MAX_ISSUED:
        raise LedgerError(f"amounts must sum to at most {MAX_ISSUED}; nothing transferred")
    return given.astype(np.int64, copy=False)
