from __future__ import annotations

import mesa
import numpy as np
from mesa.space import MultiGrid

from econsim_mesa.domains.body.sleep import SleepSchedule
from econsim_mesa.domains.mobility.overnight import send_home
from econsim_mesa.domains.mobility.space import Space
from econsim_mesa.domains.mobility.travel import travel


def test_everyone_begins_the_day_at_home_awake_and_bound_nowhere() -> None:
    model = mesa.Model(rng=1)
    space, sleep = Space(MultiGrid(6, 6, False), 3, []), SleepSchedule(3)
    space.attach([mesa.Agent(model) for _ in range(3)])
    space.home_x[:], space.home_y[:] = [0, 1, 5], [0, 2, 5]
    space.place(np.arange(3), space.home_x, space.home_y, 0)
    space.destination[:] = [space.cell(5, 5), space.cell(3, 3), -1]
    travel(space, 1, np.full(3, 2), np.array([True, True, True]), np.zeros(3))
    sleep.go_to_sleep(2, 10, 8)
    space.close([(0, 0)])  # a home in a keep-out is still slept in

    assert send_home(space, sleep, 12).tolist() == [0, 1]

    assert space.at_home().all()
    assert space.destination.tolist() == [-1, -1, -1]
    assert space.arrived.tolist() == [12, 12, 0]
    assert not sleep.asleep(12).any()
    assert sleep.woke.tolist() == [False, False, True]
    assert [space.households_in(space.cell(x, y)) for x, y in ((0, 0), (1, 2), (5, 5))] == [
        [0],
        [1],
        [2],
    ]
    journey = travel(space, 12, np.ones(3, np.int64), np.ones(3, np.bool_), np.zeros(3))
    assert journey.distance.sum() == 0
