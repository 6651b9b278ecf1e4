"""The headline: what today came to so far, beside the same hours of yesterday."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import solara

from econsim_mesa.domains.economy.measures import REVENUE, UNITS
from econsim_mesa.domains.social.measures import HOUSEHOLD_POSTS
from econsim_mesa.numbers import money, short
from econsim_mesa.society.measures import Measure

from ..fork_charts import mean_stress
from ..measures import Parts
from ..view import Frame


class Figure(NamedTuple):
    """A number of today, and how far it is from yesterday's at the same hour; "": no yesterday."""

    label: str
    value: str
    change: str


@solara.component_vue("headline.vue", vuetify=False)
def _Headline(figures: list[list[str]]) -> None: ...


@solara.component
def Headline(frame: Frame) -> None:
    """Show the figures of a frame."""
    _Headline(figures=[list(figure) for figure in headline_now(frame)])


def headline_now(frame: Frame) -> list[Figure]:
    """Return items sold, revenue and posts of the day up to a frame, and mean stress then."""
    if frame.step < 0:
        return []
    scene = frame.scene
    currency = scene.currency

    def as_money(amount: float) -> str:
        return money(round(amount), currency.decimals)

    stress = frame.series(mean_stress)
    before = frame.step - scene.clock.steps_per_day
    figures = [
        _summed(frame, "sold today", _of_all(frame, UNITS), short),
        _summed(frame, f"revenue, {currency.name}", _of_all(frame, REVENUE), as_money),
        _summed(frame, "posts by households", _of_all(frame, HOUSEHOLD_POSTS), short),
    ]
    change = _change(stress[-1] - stress[before], short) if before >= 0 else ""
    return [*figures, Figure("mean stress, of 100", f"{stress[-1]:.0f}", change)]


def _of_all(frame: Frame, measure: Measure) -> list[float]:
    """Return a measure of each step, over all its subjects."""
    each = [
        [count for count, _ in frame.series(Parts(measure, subject))]
        for subject in measure.scope(frame.scene.scenario)
    ]
    return [sum(step) for step in zip(*each, strict=True)] or [0.0] * (frame.step + 1)


def _summed(
    frame: Frame, label: str, values: Sequence[float], words: Callable[[float], str]
) -> Figure:
    """Return the sum over the day so far, and its distance from that of the day before."""
    clock = frame.scene.clock
    day = clock.day(frame.step)
    first = next(step for step in range(frame.step, -2, -1) if step < 0 or clock.day(step) < day)
    today = sum(values[first + 1 :])
    begins, ends = first + 1 - clock.steps_per_day, frame.step + 1 - clock.steps_per_day
    change = _change(today - sum(values[begins:ends]), words) if begins >= 0 else ""
    return Figure(label, words(today), change)


def _change(difference: float, words: Callable[[float], str]) -> str:
    sign = "+" if difference > 0 else "−" if difference < 0 else "±"
    return f"{sign}{words(abs(difference))}"
