"""Checks of the body: hunger, fatigue, nights, and that stress does nothing when it is off."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

from econsim_mesa.domains.body.actions import Eat, Sleep
from econsim_mesa.domains.mobility.actions import MoveTo
from econsim_mesa.evidence.coherence.base import Check, MeanAbove, ShareAtLeast
from econsim_mesa.evidence.coherence.estimates import (
    Judgement,
    Sample,
    all_of,
    known_values,
    mean_estimate,
    slope,
)
from econsim_mesa.evidence.coherence.lab import Fork, Future, Lab
from econsim_mesa.evidence.coherence.scripted_histories import (
    endowed_with_food,
    history_with_walk,
    history_without_meals,
    hunger_parameters,
    staple_food,
)
from econsim_mesa.evidence.coherence.setups import Changes, History
from econsim_mesa.scenario import Scenario

FASTS = (1, 6, 12, 24, 36)
"""Steps since the last meal."""
WALKS = (0, 6, 12, 18, 24)
"""Cells walked to and fro, up to now."""
TARGET_FACTORS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Factors of hunger's target: the same meals, felt as more or less."""
PER = 12
"""Slopes are per 12 steps, or cells."""
_FAST_AND_MARGIN = 64
"""Steps for which food must keep: more than the longest fast and what is before it."""


class HungerDose(MeanAbove):
    """At home, with food, at one hour: the longer ago the last meal, the more households eat."""

    name: ClassVar[str] = "hunger"
    rule: ClassVar[str] = "share that eats, per 12 steps without a meal: slope above 0"

    def reason_against(self, scenario: Scenario, decider: str) -> str:
        """Return why no food keeps long enough; empty: some does."""
        return _lack_of_food(scenario)

    def sample(self, lab: Lab) -> Sample:
        """Return the slope over five lengths of fast."""
        shares = [_share_eating(lab, history_without_meals(lab.setup, fast)) for fast in FASTS]
        return (slope([fast / PER for fast in FASTS], shares),)


class FatigueDose(MeanAbove):
    """Beside home, fed, at one hour: the farther households walked, the more go home or sleep."""

    name: ClassVar[str] = "fatigue"
    rule: ClassVar[str] = "share that goes home to rest, per 12 cells walked: slope above 0"

    def sample(self, lab: Lab) -> Sample:
        """Return the slope over five lengths of walk."""
        fork = Fork(build=endowed_with_food(lab.setup))
        shares = []
        for cells in WALKS:
            future = lab.scripted_future(fork, history_with_walk(lab.setup, cells))
            shares.append(len(_resting(future)) / max(len(future.decisions), 1))
        return (slope([cells / PER for cells in WALKS], shares),)


def _resting(future: Future) -> set[int]:
    """Return the households that decide to go home or to sleep."""
    space = future.model.town.mobility.space
    homes = zip(space.home_x.tolist(), space.home_y.tolist(), strict=True)
    home = {i: f"{x},{y}" for i, (x, y) in enumerate(homes)}
    going_home = {
        observed.household
        for observed, move in future.actions(MoveTo)
        if move.place in ("home", home[observed.household])
    }
    return going_home | {observed.household for observed, _ in future.actions(Sleep)}


class StressAblation(Check):
    """The same meals, felt as more or less hunger: with stress on it matters, with stress off not.

    Attributes:
        flat: With stress off, the slope's interval lies within this share of the slope with
            stress on, either way.
    """

    name: ClassVar[str] = "stress off"
    rule: ClassVar[str] = (
        "share that eats per doubling of felt need: above 0 on, flat off (shown: off)"
    )
    flat: ClassVar[float] = 0.5

    def reason_against(self, scenario: Scenario, decider: str) -> str:
        """Return why hunger cannot be varied; empty: it can."""
        if "hunger" not in scenario.stress.stressors:
            return "there is no hunger among the stressors"
        return _lack_of_food(scenario)

    def sample(self, lab: Lab) -> Sample:
        """Return the slopes with stress off and with stress on."""
        history = history_without_meals(lab.setup, FASTS[1])
        return tuple(self._slope(lab, mode, history) for mode in ("off", "on"))

    def _slope(self, lab: Lab, mode: str, history: History) -> float:
        hunger = hunger_parameters(lab.scenario)
        target = 1.0 if hunger is None else hunger["target"]
        shares = [
            _share_eating(
                lab,
                history,
                build=(("stress.mode", mode), ("stress.hide", [])),
                settings=(("stress.stressors.hunger.target", target * factor),),
            )
            for factor in TARGET_FACTORS
        ]
        return slope([math.log2(factor) for factor in TARGET_FACTORS], shares)

    def judge(self, samples: Sequence[Sample]) -> Judgement:
        """Return the slope with stress off; the one with stress on must be above 0."""
        off, on = (mean_estimate(known_values(samples, column)) for column in (0, 1))
        room = self.flat * max(on.value or 0.0, 0.0)
        above = off.judge_against(-room, lambda bound: bound >= -room)
        below = off.judge_against(room, lambda bound: bound <= room)
        return all_of(above, below, on.judge_against(0.0, lambda bound: bound > 0))


class Nights(ShareAtLeast):
    """Between two and five at night people are asleep."""

    name: ClassVar[str] = "nights"
    rule: ClassVar[str] = "share asleep from 02 to 05 h: at least 80 %"
    least: ClassVar[float] = 0.8

    def reason_against(self, scenario: Scenario, decider: str) -> str:
        """Return that nights are not simulated; empty: they are."""
        return "nights are skipped in this scenario" if scenario.clock.active is not None else ""

    def sample(self, lab: Lab) -> Sample:
        """Return (household-steps asleep, household-steps) of the small hours."""
        future = lab.baseline_future(Fork(steps=lab.setup.follow_steps))
        clock = future.model.town.clock
        night = [row for row in future.records["agents"] if 2 <= clock.time(row[0]).hour < 5]
        return sum(row[5] for row in night), len(night)


def _lack_of_food(scenario: Scenario) -> str:
    """Return that no food keeps long enough for a fast; empty: some does."""
    food = staple_food(scenario, _FAST_AND_MARGIN)
    return "" if food is not None else "no food keeps as long as the fast lasts"


def _share_eating(lab: Lab, history: History, build: Changes = (), settings: Changes = ()) -> float:
    """Return the share of households that eat when they are asked."""
    fork = Fork(
        build=(*endowed_with_food(lab.setup), *build),
        settings=settings,
        settings_at=lab.setup.scripted_fork_step - 1,
    )
    future = lab.scripted_future(fork, history)
    eating = {observed.household for observed, _ in future.actions(Eat)}
    return len(eating) / max(len(future.decisions), 1)
