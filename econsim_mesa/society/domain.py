"""What a domain is: one room of the town, with all that belongs to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from econsim_mesa.society.action import Action
from econsim_mesa.society.order import Phase
from econsim_mesa.society.resolution import StepActions


class Domain:
    """Base of all domains."""

    name: ClassVar[str]
    """Its name, and that of its section of a scenario."""
    actions: ClassVar[tuple[type[Action], ...]] = ()
    """What agents can do in it."""
    outcomes: ClassVar[Mapping[str, float]] = {}
    """Columns of what households do and meet in a step -> the value that stands for nothing."""

    def settle(self, step: StepActions, phase: Phase) -> None:
        """Settle what the actions of a phase have left open; called after each phase."""
