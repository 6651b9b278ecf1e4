"""Two branches of one run side by side: each measure of both, and the difference.

A fork shares its past and its luck with its parent: before the fork nothing differs, and what
differs after it is what the change did.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from econsim_mesa.society.measures import Measure, Subject, named_measures
from econsim_mesa.society.rng import Floats

from .chart import Chart, Line, Values
from .time_axis import TimeAxis, Unit, time_axis, unit_of
from .view import OVERALL, Frame, Scene

PARENT, FORK, DIFFERENCE = "#7F7F7F", "#D55E00", "#0072B2"


def mean_stress(frame: Frame) -> float:
    """Return the mean overall stress of households at the end of the step, 0 to 100."""
    return float(frame.stress().mean())


def mean_cash(frame: Frame) -> float:
    """Return the mean cash of households at the end of the step, in the smallest unit."""
    return float(frame.cash.mean())


class Compared(NamedTuple):
    """A number that is compared: its unit, whether it adds up, and its value in each bin."""

    unit: str
    is_sum: bool
    over: Callable[[TimeAxis, Frame], Floats]


def comparable(scene: Scene) -> dict[str, Compared]:
    """Return what can be compared, by its name: all measures of the town, stress and cash."""
    named = named_measures(scene.measures, scene.scenario)
    choices = {name: _measured(measure, subject, scene) for name, measure, subject in named}
    coin = 10.0**-scene.currency.decimals
    choices[f"{OVERALL} stress"] = Compared(
        "mean own level, 0 to 100", False, lambda axis, frame: axis.means(frame.series(mean_stress))
    )
    choices["cash"] = Compared(
        scene.currency.name, False, lambda axis, frame: coin * axis.means(frame.series(mean_cash))
    )
    return choices


def _measured(measure: Measure, subject: Subject, scene: Scene) -> Compared:
    unit, scale = unit_of(measure, scene)
    return Compared(
        unit,
        measure.per is None,
        lambda axis, frame: scale * axis.values(frame, measure, *subject),
    )


def paired(ours: Frame, theirs: Frame, name: str, unit: Unit, forked: int) -> tuple[Chart, Chart]:
    """Return both branches as one chart, and the fork minus its parent as another.

    ``ours`` is a step of the fork, ``theirs`` the same step of the parent, or its last one.
    """
    measure = comparable(ours.scene)[name]
    axis, parents_axis = time_axis(ours, unit), time_axis(theirs, unit)
    fork, parent = measure.over(axis, ours), measure.over(parents_axis, theirs)
    both = min(len(fork), len(parent))
    if theirs.step < ours.step and both:  # the last bin of the parent may be cut
        both = min(both, parents_axis.whole)
    if 0 <= forked <= ours.step:
        axis = axis._replace(shades=((int(axis.of[forked]), len(fork) - 1, "forked"),))
    lines = (
        Line("parent", _values(parent[: len(fork)], len(fork)), PARENT, dashed=True),
        Line("fork", _values(fork, len(fork)), FORK),
    )
    note = "Same seed and same luck: what differs is what the change did."
    if theirs.step < ours.step:
        note = f"The parent stands at step {theirs.step}: beyond it there is nothing to compare."
    gap = (Line("fork − parent", _values(fork[:both] - parent[:both], len(fork)), DIFFERENCE),)
    per = f"{measure.unit} a {unit}" if measure.is_sum else f"{measure.unit}, mean"
    return (
        axis.chart("paired", name, per, lines, cut=False),
        axis.chart("difference", "Difference", per, gap, kind="bars", cut=False, note=note),
    )


def _values(numbers: Floats, length: int) -> Values:
    """Return the values of a line; None where the branch has not come yet."""
    values = [None if np.isnan(value) else float(value) for value in numbers]
    return tuple(values + [None] * (length - len(values)))
