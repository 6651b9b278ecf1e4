"""The order of a step: in which phases the joint actions change the town.

Within a phase households act in the drawn order, then stores in theirs; after it each domain may
settle what the actions of the phase have left open. Each action is all or nothing.
"""

from __future__ import annotations

from typing import NamedTuple


class Phase(NamedTuple):
    """A point of the step in which actions are resolved."""

    name: str
    """Its name, in the ``phases`` of actions."""
    column: int
    """Column of the draw ``order.actions`` that says who acts first."""


PHASES = (
    Phase("sleep", 0),  # fall asleep; who sleeps does nothing more
    Phase("stores", 1),  # stores set prices, answer orders and post, before anybody buys
    Phase("market", 1),  # orders are placed, then settled
    Phase("answers", 2),  # proposals of earlier steps are answered
    Phase("swaps", 2),  # proposals are made; accepted ones are carried out
    Phase("meals", 3),  # what was bought is eaten; then what no longer keeps spoils
    Phase("social", 4),  # posts, follows
    Phase("moves", 5),  # new destinations, then one move toward the one that each has
)
"""The phases of the domains of the package, in their order."""
