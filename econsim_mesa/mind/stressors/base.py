"""A stressor: one internal state of all households, with a level in [0, S] and its reason.

A state of one's own is a subclass with the same two methods; it is registered under a name and
then given in the scenario. All rows are updated at once, at a cost per step that does not grow
with the length of the window.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Generic, TypeVar

import numpy as np

from econsim_mesa.errors import BadInput
from econsim_mesa.mind.experience import Experience, Start, Surroundings
from econsim_mesa.scenario.base import BUILD, Frozen
from econsim_mesa.society.rng import Floats

S = 100.0
"""The highest level; the lowest is 0."""

ParametersT = TypeVar("ParametersT", bound=Frozen)


class Stressor(ABC, Generic[ParametersT]):
    """Base of all internal states.

    ``update`` is called at the end of each step, from step 0 on, and ``look`` at the start of the
    next, before anybody is shown anything; ``reason`` speaks about the last of the two.
    With ``warm_start`` the history before step 0 is filled as if the target had been kept,
    otherwise it is empty. ``start`` is the state of the households before step 0. Reasons and facts
    are said by ``language``.

    A stressor with a parameter ``target`` multiplies it by ``need``, so that a scenario may give
    each household a target of its own.
    """

    name: ClassVar[str]
    """The name in a scenario, in records and in prompts."""
    title: ClassVar[str]
    """One line for people who choose among stressors."""
    domain: ClassVar[str]
    """Name of the domain whose choices the level acts on under ``stress.scope: own``: economy,
    mobility, social, body or one of a user's."""
    Parameters: ClassVar[type[Frozen]]
    """The type of its section of the scenario."""

    def __init__(self, parameters: ParametersT, n: int, *, warm_start: bool, start: Start) -> None:
        self.parameters = parameters
        self.n = n
        self.warm_start = warm_start
        self.language = start.language
        self.need: Floats = start.needs.get(self.name, np.ones(n))
        """Factor on the target of each household, shape (n,)."""

    @abstractmethod
    def update(self, experience: Experience) -> Floats:
        """Take in one step and return the new levels in [0, S], shape (n,)."""

    def look(self, now: Surroundings) -> Floats | None:
        """Return the levels, shape (n,), of where the households stand when they look.

        A level that speaks of the present (who is near, what is in the purse) must not be that of
        the evening before. It is no step: no history moves on. None: the level stays.
        """
        return None

    @abstractmethod
    def reason(self, i: int) -> str:
        """Say in words why household ``i`` has the level of the last update or look."""

    def fact(self, i: int) -> str:
        """Say what was counted of household ``i``, without target, level or judgement.

        It is what ``stress.show: facts`` shows; unless it is written anew, the reason.
        """
        return self.reason(i)

    def need_words(self, factor: str) -> str:
        """Say that a household has a need of its own: the usual target times a factor."""
        stressor = self.language.say(self.name)
        text = "bears {factor} times as much as most before it feels {stressor}"
        return self.language.say(text, factor=factor, stressor=stressor)

    def retune(self, parameters: ParametersT) -> None:
        """Use other parameters from the next update on; the histories stay.

        Raises ``BadInput`` if a parameter that is read at build only would change.
        """
        for field, info in type(parameters).model_fields.items():
            old, new = getattr(self.parameters, field), getattr(parameters, field)
            if info.json_schema_extra == BUILD and old != new:
                raise BadInput(
                    f"stressor {self.name!r}: {field!r} is read when the town is built and "
                    f"stays {old!r}; start a new run for {new!r}"
                )
        self.parameters = parameters


def level_below(value: Floats, target: Floats | float) -> Floats:
    """Return S min(1, max(0, target - value) / target) for values >= 0 and targets > 0."""
    return np.maximum(0.0, 1.0 - value / target) * S


def level_above(value: Floats, target: Floats | float) -> Floats:
    """Return S min(1, max(0, value - target) / target) for targets > 0."""
    return np.minimum(1.0, np.maximum(0.0, value / target - 1.0)) * S


def level_apart(value: Floats, target: Floats | float) -> Floats:
    """Return S min(1, abs(value - target) / target) for targets > 0."""
    return np.minimum(1.0, np.abs(value / target - 1.0)) * S
