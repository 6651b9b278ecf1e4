"""Who is asleep, and until when.

A household that goes to sleep at step t for k steps is asleep during t .. t + k - 1 and is
asked again at t + k. Whether it is at home is for the caller to check.
"""

from __future__ import annotations

import numpy as np

from econsim_mesa.errors import BadInput
from econsim_mesa.society.rng import Booleans, Integers


class SleepSchedule:
    """Sleep of ``households``; all columns have shape (n,).

    ``until``: the first step after the last sleep, -1 before any. ``fell_asleep`` and
    ``woke``: what happened in the present step, for the stress of sleep.
    """

    def __init__(self, households: int) -> None:
        self.until = np.full(households, -1, dtype=np.int64)
        self.fell_asleep = np.zeros(households, dtype=np.bool_)
        self.woke = np.zeros(households, dtype=np.bool_)

    def asleep(self, t: int) -> Booleans:
        """Tell for each household whether it is asleep in step ``t``."""
        return self.until > t

    def wake(self, t: int) -> Integers:
        """Begin step ``t``: return the rows that wake in it. Call once a step, before it acts."""
        self.fell_asleep[:] = False
        np.equal(self.until, t, out=self.woke)
        return np.flatnonzero(self.woke)

    def go_to_sleep(self, i: int, t: int, steps: int) -> None:
        """Let household ``i`` sleep for ``steps`` steps from ``t`` on.

        Raises ``BadInput`` for less than one step, or if it is asleep already.
        """
        if steps < 1:
            raise BadInput(f"household {i} cannot sleep for {steps} steps; give 1 or more")
        if self.until[i] > t:
            raise BadInput(f"household {i} is asleep until step {self.until[i]} already")
        self.until[i] = t + steps
        self.fell_asleep[i] = True

    def end(self, t: int) -> None:
        """Wake everyone at step ``t``, before or after ``wake(t)``."""
        asleep = self.until > t
        self.woke |= asleep
        self.until[asleep] = t
