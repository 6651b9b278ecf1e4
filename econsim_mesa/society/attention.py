"""Attention: who is asked in a step, where those with nothing new are not.

A household that is awake is asked when something has happened to it since the step before: what
its domains say (it arrived, bought something, got an offer, ...), an act that was refused, waking
up, the first step of a day, and a stressor that it is told of and was not when it was last asked.
It is asked as well when the wait that it named is over, and after some steps in any case.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from econsim_mesa.read_only import read_only
from econsim_mesa.scenario.base import ReadOnlyDict
from econsim_mesa.society.rng import Booleans, Integers

_NEVER = -1


class StepAttention(NamedTuple):
    """Who is asked in a step, and why; columns have shape (households,)."""

    asked: Booleans
    """Whether each household is asked."""
    wait_over: Booleans
    """Whether it is asked since the wait that it named is over, and for no other reason."""
    unasked: Integers
    """Steps, those of sleep apart, in which it was not asked since it last was."""
    happened: Mapping[str, Booleans]
    """What has happened since the step before, in a word or two -> to whom."""


class Attention:
    """The waits of all households, and for how long each has not been asked."""

    def __init__(self, households: int) -> None:
        """Begin with nobody asked yet."""
        self._nobody = read_only(np.zeros(households, dtype=np.bool_))
        self._none = read_only(np.zeros(households, dtype=np.int64))
        self._wait_ends = np.full(households, _NEVER, dtype=np.int64)
        self._unasked = self._none
        self._was_awake = self._nobody
        self._was_told: Booleans = np.zeros((households, 0), dtype=np.bool_)
        self._looked = _NEVER - 1

    def wait(self, household: int, until: int) -> None:
        """Let a household carry on until a step, unless something happens to it."""
        self._wait_ends[household] = until

    def everybody(self, awake: Booleans) -> StepAttention:
        """Return that all who are awake are asked."""
        return StepAttention(awake, self._nobody, self._none, ReadOnlyDict({}))

    def on_change(
        self,
        t: int,
        awake: Booleans,
        told: Booleans,
        happened: Mapping[str, Booleans],
        at_least_every: int,
    ) -> StepAttention:
        """Return who is asked in step ``t``; called once in each step.

        Everybody is if the step before was not looked at: attention was not on change there.

        Args:
            t: The step.
            awake: Who is awake, shape (households,).
            told: The stressors that each is told of, shape (households, stressors).
            happened: What has happened since the step before -> to whom, shape (households,).
            at_least_every: Steps awake after which a household is asked in any case.
        """
        happened = dict(happened)
        if self._looked != t - 1:
            happened["began"] = awake
            self._unasked, self._wait_ends[:] = self._none, _NEVER
            self._was_awake, self._was_told = awake, np.zeros_like(told)
        happened["woke up"] = ~self._was_awake
        happened["stress"] = np.any(told & ~self._was_told, axis=1)
        happened = {what: awake & whom for what, whom in happened.items()}
        anything = np.logical_or.reduce([self._nobody, *happened.values()])
        unasked = self._unasked
        wait_over = awake & (self._wait_ends == t) & ~anything
        asked = anything | wait_over | (awake & (unasked + 1 >= at_least_every))
        self._unasked = np.where(asked, 0, unasked + awake)
        self._wait_ends[asked] = _NEVER
        self._was_told[asked] = told[asked]
        self._looked, self._was_awake = t, awake
        return StepAttention(
            read_only(asked),
            read_only(wait_over),
            read_only(unasked),
            ReadOnlyDict({what: read_only(whom) for what, whom in happened.items()}),
        )
