"""Checks of the body: hunger, fatigue, nights, and that stress switched off does nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from econsim_mesa.domains.body.actions import Eat, Sleep
from econsim_mesa.domains.mobility.actions import MoveTo
from econsim_mesa.evidence.coherence.check import (
    Above,
    Check,
    Judged,
    Sample,
    Share,
    all_of,
    interval,
    slope,
    values,
)
from econsim_mesa.evidence.coherence.lab import Fork, Future, Heard, Lab
from econsim_mesa.evidence.coherence.pasts import fasted, fed, food, hunger_of, walked
from econsim_mesa.evidence.coherence.stages import Past
from econsim_mesa.scenario import Scenario

FASTS = (1, 6, 12, 24, 36)
"""Steps since the last meal."""
WALKS = (0, 6, 12, 18, 24)
"""Cells walked to and fro, up to now."""
TARGETS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""The target of hunger times this: the same meals, felt as more or less."""
PER = 12
"""Slopes are per 12 steps, or cells."""


class HungerDose(Above):
    """At home, with food, at one hour: the longer ago the last meal, the more eat now."""

    name: ClassVar[str] = "hunger"
    rule: ClassVar[str] = "share that eats, per 12 steps without a meal: slope above 0"

    def reason_against(self, scenario: Scenario, decider: str) -> str:
        """Food must keep."""
        return no_food(scenario)

    def sample(self, lab: Lab) -> Sample:
        """Return the slope over five lengths of fast."""
        shares = [_eating(lab, (), fasted(lab.stages, steps)) for steps in FASTS]
        return (slope([steps / PER for steps in FASTS], shares),)


class FatigueDose(Above):
    """Beside home, fed, at one hour: the farther one has walked, the more go home or sleep."""

    name: ClassVar[str] = "fatigue"
    rule: ClassVar[str] = "share that goes home to rest, per 12 cells walked: slope above 0"

    def sample(self, lab: Lab) -> Sample:
        """Return the slope over five lengths of walk."""
        shares = []
        for cells in WALKS:
            future = lab.scripted(Fork(build=fed(lab.stages)), walked(lab.stages, cells))
            shares.append(len({one.household for one, _ in self._rests(future)})
                          / max(len(future.heard), 1))  # fmt: skip
        return (slope([cells / PER for cells in WALKS], shares),)

    def _rests(self, future: Future) -> list[tuple[Heard, Any]]:
        space = future.model.town.space
        home = {i: f"{x},{y}" for i, (x, y) in enumerate(
            zip(space.home_x.tolist(), space.home_y.tolist(), strict=True))}  # fmt: skip
        going = [(one, move) for one, move in future.actions(MoveTo)
                 if move.place in ("home", home[one.household])]  # fmt: skip
        return [*going, *future.actions(Sleep)]


class StressAblation(Check):
    """The same meals, felt as more or less hunger: who feels stress eats more; else nothing."""

    name: ClassVar[str] = "stress off"
    rule: ClassVar[str] = "share that eats per doubling of felt need: above 0 on, flat off"
    flat: ClassVar[float] = 0.5
    """Flat: the interval lies within this share of the slope with stress on, either way."""

    def reason_against(self, scenario: Scenario, decider: str) -> str:
        """There must be hunger to feel."""
        if "hunger" not in scenario.stress.stressors:
            return "there is no hunger among the stressors"
        return no_food(scenario)

    def sample(self, lab: Lab) -> Sample:
        """Return the slopes with stress off and with stress on."""
        past = fasted(lab.stages, FASTS[1])
        return tuple(self._slope(lab, mode, past) for mode in ("off", "on"))

    def _slope(self, lab: Lab, mode: str, past: Past) -> float:
        hunger = hunger_of(lab.scenario)
        target = 1.0 if hunger is None else hunger["target"]
        shares = [
            _eating(
                lab,
                (("stress.mode", mode), ("stress.hide", [])),
                past,
                (("stress.stressors.hunger.target", target * factor),),
            )
            for factor in TARGETS
        ]
        return slope([math.log2(factor) for factor in TARGETS], shares)

    def judge(self, samples: Sequence[Sample]) -> Judged:
        """Return the slope with stress off; that with stress on must be above 0."""
        off, on = (interval(values(samples, column)) for column in (0, 1))
        room = self.flat * max(on.value or 0.0, 0.0)
        above = off.judged(-room, lambda bound: bound >= -room)
        below = off.judged(room, lambda bound: bound <= room)
        return all_of(above, below, on.judged(0.0, lambda bound: bound > 0))


class Nights(Share):
    """Between two and five at night people are asleep."""

    name: ClassVar[str] = "nights"
    rule: ClassVar[str] = "share asleep from 02 to 05 h: at least 80 %"
    least: ClassVar[float] = 0.8

    def reason_against(self, scenario: Scenario, decider: str) -> str:
        """Nights must be simulated."""
        return "nights are skipped in this scenario" if scenario.clock.active is not None else ""

    def sample(self, lab: Lab) -> Sample:
        """Return (household-steps asleep, household-steps)."""
        future = lab.future(Fork(steps=lab.rest))
        clock = future.model.town.clock
        nightly = [row for row in future.records["agents"] if _deep(clock.time(row[0]))]
        return sum(row[5] for row in nightly), len(nightly)


def _deep(moment: datetime) -> bool:
    return 2 <= moment.hour < 5


def no_food(scenario: Scenario) -> str:
    """Say that nothing to eat keeps long enough for a fast; empty: something does."""
    return "" if food(scenario, 64) is not None else "no food keeps as long as the fast lasts"


def _eating(
    lab: Lab,
    build: tuple[tuple[str, object], ...],
    past: Past,
    settings: tuple[tuple[str, object], ...] = (),
) -> float:
    """Return the share of households that eat when they are asked."""
    fork = Fork(build=(*fed(lab.stages), *build), settings=settings, settings_at=lab.dosed_at - 1)
    future = lab.scripted(fork, past)
    return len({one.household for one, _ in future.actions(Eat)}) / max(len(future.heard), 1)
