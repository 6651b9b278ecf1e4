"""The morning after a night that was not simulated."""

from __future__ import annotations

import numpy as np

from econsim_mesa.domains.body.sleep import SleepSchedule
from econsim_mesa.domains.mobility.space import Space
from econsim_mesa.society.rng import Integers


def send_home(space: Space, sleep: SleepSchedule, t: int) -> Integers:
    """Let everyone begin the day at home, awake and without a destination.

    Call it at the first step of a day when nights are skipped and ``clock.overnight`` is
    ``home``. The way home counts no distance, and closed cells do not matter: nobody says how
    it was walked. SleepSchedule ends with the night, however many steps of it were left. Returns
    the rows that were elsewhere, ascending.
    """
    sleep.end(t)
    space.destination[:] = -1
    return space.place(np.arange(space.households), space.home_x, space.home_y, t)
