"""The one arrow back: what a step did goes into stress, numbers remembered, and memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from econsim_mesa.mind import Experience, Surroundings
from econsim_mesa.mind.claims import Shelves, check_claims
from econsim_mesa.mind.memory import Scene, remembered_records
from econsim_mesa.society.rng import Integers
from econsim_mesa.society.town import Town


def experience(town: Town, feed: Any) -> None:
    """Let every household live through the step that was just resolved.

    ``feed`` holds the numbers of the posts that each one read, shape (n, k), -1 padded.
    """
    t, outcomes, space = town.t, town.outcomes, town.mobility.space
    posted, stock = town.economy.prices.posted, town.economy.stock()
    asleep = town.body.sleep.asleep(t)
    standing, others = space.standing(), _others_met(town)
    shelves = Shelves(town.economy.prices.base, posted, stock)
    came = (space.arrived == t) & ~asleep
    claim_outcomes = check_claims(t, came, standing, feed, town.social.topics, shelves)
    town.stress.update(
        Experience(
            t=t,
            hour=town.clock.hour(t),
            step_hours=town.clock.step_hours,
            nutrition=outcomes["nutrition"],
            distance=outcomes["distance"],
            at_home=space.at_home(),
            cash=town.economy.cash(),
            holdings=town.economy.holdings(),
            unit=town.economy.goods.unit,
            cheapest=town.economy.prices.cheapest(),
            near=space.near,
            near_out=space.near_out,
            slept=asleep,
            fell_asleep=town.body.sleep.fell_asleep,
            woke=town.body.sleep.woke,
            events={**outcomes, **claim_outcomes._asdict()},
        )
    )
    meal = outcomes["nutrition"] >= town.scenario.choice.meal / 2  # less is a bite, no meal
    town.visit_memory.update(t, outcomes["distance"], meal, standing, others, posted, stock)
    town.visit_memory.record_waits(outcomes["waited_at"], outcomes["waited"])
    town.visit_memory.record_closed(t, outcomes["turned_away"])
    town.memory.remember(
        Scene(
            step=t,
            records=remembered_records(town.records, town.memory.tables),
            x=space.x.astype(np.int32),
            y=space.y.astype(np.int32),
            standing=standing.astype(np.int32),
            others=others.astype(np.int32),
            asleep=asleep,
            feed=feed,
            posted=posted.copy(),
        )
    )


def _others_met(town: Town) -> Integers:
    """Return how many others are in the cell of each household, as congestion counts them."""
    space = town.mobility.space
    return space.near(0) if town.scenario.stress.counts_homes else space.near_out(0)


def look_around(town: Town) -> None:
    """Let every household see where it stands at the start of a step, after this step's events."""
    space = town.mobility.space
    town.stress.look(
        Surroundings(
            at_home=space.at_home(),
            cash=town.economy.cash(),
            holdings=town.economy.holdings(),
            unit=town.economy.goods.unit,
            cheapest=town.economy.prices.cheapest(),
            near=space.near,
            near_out=space.near_out,
        ),
        town.t,
    )
