"""The one arrow back: what a step did goes into stress, numbers remembered, and memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from econsim_mesa.domains.tables import REMEMBERED
from econsim_mesa.mind import Experience, Surroundings
from econsim_mesa.mind.memory import Scene, remembered_records
from econsim_mesa.mind.news import Shelves, learn
from econsim_mesa.society.clock import weekday_and_time
from econsim_mesa.society.town import Town


def experience(town: Town, feed: Any) -> None:
    """Let every household live through the step that was just resolved.

    ``feed`` holds the numbers of the posts that each one read, shape (n, k), -1 padded.
    """
    t, deeds, space = town.t, town.deeds, town.space
    asleep = town.sleep.asleep(t)
    standing, others = space.standing(), space.near(0)
    shelves = Shelves(town.prices.base, town.prices.posted, town.stock())
    came = (space.arrived == t) & ~asleep
    learned = learn(t, came, standing, feed, town.topics, shelves)
    town.stress.update(
        Experience(
            t=t,
            hour=town.clock.hour(t),
            step_hours=town.clock.step_hours,
            nutrition=deeds.nutrition,
            distance=deeds.distance,
            at_home=space.at_home(),
            cash=town.cash(),
            holdings=town.holdings(),
            unit=town.goods.unit,
            cheapest=town.prices.cheapest(),
            near=space.near,
            slept=asleep,
            fell_asleep=town.sleep.fell_asleep,
            woke=town.sleep.woke,
            events={
                "bought": deeds.bought,
                "ate": deeds.ate,
                "rejected": deeds.rejected,
                "stock_outs": deeds.stock_outs,
                **learned._asdict(),
            },
        )
    )
    meal = deeds.nutrition >= town.scenario.choice.meal / 2  # less is a bite, no meal
    town.recollection.live(
        t, deeds.distance, meal, standing, others, town.prices.posted, town.stock()
    )
    town.recollection.turn_away(t, deeds.turned_away)
    town.memory.remember(
        Scene(
            step=t,
            records=remembered_records(town.records, REMEMBERED),
            time=weekday_and_time(town.clock.time(t)),
            x=space.x.astype(np.int32),
            y=space.y.astype(np.int32),
            standing=standing.astype(np.int32),
            others=others.astype(np.int32),
            asleep=asleep,
            feed=feed,
            posted=town.prices.posted.copy(),
        )
    )


def look_around(town: Town) -> None:
    """Let every household see where it stands at the start of a step, after this step's events."""
    space = town.space
    town.stress.look(
        Surroundings(
            at_home=space.at_home(),
            cash=town.cash(),
            holdings=town.holdings(),
            unit=town.goods.unit,
            cheapest=town.prices.cheapest(),
            near=space.near,
        ),
        town.t,
    )
