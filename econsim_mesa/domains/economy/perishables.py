"""The larder: batches of perishable goods that households hold, oldest first.

The ledger says how much a household holds, the larder how old it is. A batch got in step t of
an item that keeps K steps can be eaten in steps t .. t + K - 1 and spoils after the consumption
of the last of these. Goods that keep for ever are not in the larder and cost nothing here; a
store's stock does not spoil.
"""

from __future__ import annotations

from bisect import insort
from typing import NamedTuple

import numpy as np

from econsim_mesa.domains.economy.goods import Goods
from econsim_mesa.errors import LedgerError
from econsim_mesa.society.ledger import Ledger

Place = tuple[int, int]


class Batch(NamedTuple):
    """``quantity`` smallest units that can be eaten up to step ``due``, that step included."""

    due: int
    quantity: int


class PerishableStock:
    """The perishable goods of households 0 .. ``households`` - 1.

    Whoever moves perishable goods in the ledger calls ``receive`` and ``take`` for it, and
    moves what ``spoil`` returns to the world.
    """

    def __init__(self, goods: Goods, households: int) -> None:
        self._names = goods.names
        self._households = households
        self._keeps: list[int] = goods.keeps.tolist()
        self._batches: dict[Place, list[Batch]] = {}
        self._due: dict[int, list[Place]] = {}

    def receive(self, household: int, item: int, quantity: int, t: int) -> None:
        """Put ``quantity`` smallest units that a household gets in step ``t`` into its larder."""
        keeps = self._keeps[item]
        if keeps < 0 or quantity == 0:
            return
        if quantity < 0:
            raise LedgerError(f"a larder cannot receive {quantity} of {self._names[item]}")
        due = t + keeps - 1
        insort(self._batches.setdefault((household, item), []), Batch(due, quantity))
        self._due.setdefault(due, []).append((household, item))

    def take(self, household: int, item: int, quantity: int) -> None:
        """Take ``quantity`` smallest units out of a household's larder, oldest first.

        Raises ``LedgerError`` if there is less; then nothing has changed.
        """
        if self._keeps[item] < 0 or quantity == 0:
            return
        held = self.total(household, item)
        if not 0 < quantity <= held:
            raise LedgerError(
                f"cannot take {quantity} of {self._names[item]} from the larder of household "
                f"{household}, which holds {held}"
            )
        batches = self._batches[household, item]
        while quantity >= batches[0].quantity:
            quantity -= batches.pop(0).quantity
            if not quantity:
                break
        if quantity:
            batches[0] = Batch(batches[0].due, batches[0].quantity - quantity)
        if not batches:
            del self._batches[household, item]

    def total(self, household: int, item: int) -> int:
        """Return the smallest units of a perishable item in a household's larder."""
        return sum(batch.quantity for batch in self._batches.get((household, item), ()))

    def batches(self, household: int, item: int) -> list[Batch]:
        """Return the batches of an item that a household holds, oldest first."""
        return list(self._batches.get((household, item), ()))

    def spoil(self, t: int) -> list[tuple[int, int, int]]:
        """Remove what cannot be eaten after step ``t``: (household, item, quantity), by number.

        Called once a step, after consumption; the caller moves the goods to the world.
        """
        dues = [due for due in self._due if due <= t]
        places = {place for due in dues for place in self._due.pop(due)}
        spoiled = [(*place, self._drop(place, t)) for place in sorted(places)]
        return [loss for loss in spoiled if loss[2]]

    def check(self, ledger: Ledger) -> None:
        """Raise ``LedgerError`` unless the larder holds what the ledger says, item by item."""
        held = np.zeros((self._households, len(self._names)), dtype=np.int64)
        for place, batches in self._batches.items():
            held[place] = sum(batch.quantity for batch in batches)
        perishable = np.array(self._keeps) >= 0
        booked = ledger.balances[: self._households, 1:] * perishable
        if not np.array_equal(held, booked):
            household, item = np.argwhere(held != booked)[0].tolist()
            raise LedgerError(
                f"the larder of {ledger.accounts[household]} holds {held[household, item]} of "
                f"{self._names[item]}, its account {booked[household, item]}"
            )

    def _drop(self, place: Place, t: int) -> int:
        """Remove the batches of a place that are due by ``t``; return their quantity."""
        batches = self._batches.pop(place, [])
        fresh = [batch for batch in batches if batch.due > t]
        if fresh:
            self._batches[place] = fresh
        return sum(batch.quantity for batch in batches if batch.due <= t)
