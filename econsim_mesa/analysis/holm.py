"""Holm's correction: several tests, one chance of a false alarm (Holm 1979, Scand. J. Stat. 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from econsim_mesa.errors import BadInput


class Corrected(NamedTuple):
    """A test of the family: its p, and the p that accounts for all the others."""

    name: str
    p: float
    adjusted: float

    def holds(self, level: float = 0.05) -> bool:
        """Whether the test is significant within the family; never, if its p is not known."""
        return self.adjusted < level


def holm(p: Mapping[str, float]) -> list[Corrected]:
    """Return the tests in their order, with adjusted p-values.

    A p of NaN (a test that could not be made) stays NaN, and still counts as a member of the
    family, so that a failed test makes no other one easier. Raises ``BadInput`` for a p outside
    0 to 1.

    >>> [round(test.adjusted, 3) for test in holm({"a": 0.01, "b": 0.04, "c": 0.03})]
    [0.03, 0.06, 0.06]
    """
    for name, value in p.items():
        if not (0 <= value <= 1 or value != value):
            raise BadInput(f"{name}: {value} is no p-value")
    known = sorted((value, name) for name, value in p.items() if value == value)
    adjusted: dict[str, float] = {}
    so_far = 0.0
    for rank, (value, name) in enumerate(known):
        so_far = max(so_far, min(1.0, (len(p) - rank) * value))
        adjusted[name] = so_far
    return [Corrected(name, value, adjusted.get(name, float("nan"))) for name, value in p.items()]
