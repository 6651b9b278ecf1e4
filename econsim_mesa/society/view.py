"""The view: one frozen state of the town, in columns, that all agents are shown in a step."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from econsim_mesa.mind import Felt
from econsim_mesa.society.rng import Floats, Integers
from econsim_mesa.society.town import Town

T = TypeVar("T")


@dataclass(frozen=True)
class View:
    """What can be seen at the start of a step. Arrays have a row a household.

    Everyone decides on this view before anything changes, so nobody sees this step's actions.
    ``awake``: who is asked; ``feed``: numbers of the posts that each may read, newest first,
    padded with -1; ``posted``: posted prices, shape (stores, items).
    """

    town: Town
    t: int
    hour: float
    awake: Any
    standing: Integers
    at_home: Any
    feed: Any
    felt: Felt
    posted: Integers

    @cached_property
    def _drawn(self) -> dict[str, Floats]:
        return {}

    @cached_property
    def _made(self) -> dict[Hashable, Any]:
        return {}

    def memo(self, what: Hashable, make: Callable[[], T]) -> T:
        """Return what ``make`` makes, made once for all who look: a column, say."""
        if what not in self._made:
            self._made[what] = make()
        made: T = self._made[what]
        return made

    def uniforms(self, site: str, columns: int = 0) -> Floats:
        """Return the draws of a site for all households, shape (n, columns).

        Whoever decides for some of them reads their rows: two deciders may share a site.
        """
        town, drawn = self.town, self._drawn
        if site not in drawn:
            n = town.roster.households
            drawn[site] = town.streams.uniforms(site, self.t, "Household", n, columns)
        return drawn[site]

    @cached_property
    def _recommend_uniforms(self) -> Floats:
        town = self.town
        return town.streams.uniforms(
            "social.recommend",
            self.t,
            "Household",
            town.roster.households,
            max(town.social.recommender.draws, 1),
        )

    def suggestions(self, household: int) -> list[int]:
        """Return the numbers of the agents that the network suggests to a household."""
        return self.town.social.recommender.suggest(household, self._recommend_uniforms[household])


def observe(town: Town) -> View:
    """Return the view of step ``town.t``."""
    t, n, streams = town.t, town.roster.households, town.streams
    asleep = town.body.sleep.asleep(t)
    stress_draw = None
    if town.stress.mode == "shuffled":
        stress_draw = streams.uniforms("stress.shuffle", t, "Household", n)[:, 0]
    return View(
        town=town,
        t=t,
        hour=town.clock.hour(t),
        awake=~asleep,
        standing=town.mobility.space.standing(),
        at_home=town.mobility.space.at_home(),
        feed=_feed(town),
        felt=town.stress.felt(t, stress_draw),
        posted=town.economy.prices.posted.copy(),
    )


def _feed(town: Town) -> Any:
    """Return what each household may read, under the timeline's mode."""
    t, n, streams = town.t, town.roster.households, town.streams
    drawn, luck = np.empty((n, 0)), None
    if town.social.timeline.discovery:
        drawn = streams.uniforms(
            "social.discovery", t, "Household", n, town.social.timeline.discovery
        )
    if town.social.timeline.mode == "shuffled":
        luck = streams.uniforms("social.shuffle", t, "Household", n)[:, 0]
    return town.social.timeline.read(t, drawn, luck)
