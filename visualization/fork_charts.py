"""Two branches of one run side by side: each measure of both, and the difference.

A fork shares its past and its luck with its parent: before the fork nothing differs, and what
differs after it is what the change did.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from econsim_mesa.society.rng import Floats

from . import measures
from .chart import Chart, Line, Values
from .time_axis import TimeAxis, Unit, time_axis
from .view import OVERALL, Frame, Scene

PARENT, FORK, DIFFERENCE = "#7F7F7F", "#D55E00", "#0072B2"


@dataclass(frozen=True)
class StressOf:
    """Mean over households of their own level of a stressor, or of overall stress."""

    kind: str

    def __call__(self, frame: Frame) -> float:
        """Return the mean at the end of the step, 0 to 100."""
        return float(frame.stress(self.kind).mean())


@dataclass(frozen=True)
class VisitorsOf:
    """Households in the cell of a store."""

    store: int

    def __call__(self, frame: Frame) -> float:
        """Return how many at the end of the step."""
        return float(frame.stores[self.store].visitors)


@dataclass(frozen=True)
class SoldBy:
    """What a store sold: whole items (0) or revenue in the smallest unit (1)."""

    store: int
    of: int

    def __call__(self, frame: Frame) -> float:
        """Return the sum of the step."""
        return float(measures.sold(frame)[self.of, self.store])


def rejected(frame: Frame) -> float:
    """Return the actions that were rejected in the step."""
    return float(len(frame.new("rejections")))


def mean_cash(frame: Frame) -> float:
    """Return the mean cash of households at the end of the step, in the smallest unit."""
    return float(frame.cash.mean())


@dataclass(frozen=True)
class Measure:
    """A number of each step; a flow adds up over a day, a level is averaged."""

    of: Callable[[Frame], float]
    unit: str
    flow: bool
    scale: float = 1.0

    def over(self, axis: TimeAxis, frame: Frame) -> Floats:
        """Return its value in each bin of the axis of a frame, shape (bins,)."""
        add = axis.sums if self.flow else axis.means
        return self.scale * add(frame.series(self.of))


def comparable(scene: Scene) -> dict[str, Measure]:
    """Return what can be compared, by its name in words."""
    coin = 10.0**-scene.currency.decimals
    choices: dict[str, Measure] = {}
    for index, store in enumerate(scene.stores):
        choices[f"sales: {store.name}"] = Measure(SoldBy(index, 0), "items", flow=True)
        choices[f"revenue: {store.name}"] = Measure(
            SoldBy(index, 1), scene.currency.name, flow=True, scale=coin
        )
        choices[f"visitors: {store.name}"] = Measure(VisitorsOf(index), "households", flow=False)
    choices["posts by households"] = Measure(measures.About(""), "posts", flow=True)
    for word in scene.scenario.keywords:
        choices[f"posts with “{word}”"] = Measure(measures.About(word), "posts", flow=True)
    for kind in (OVERALL, *scene.stressors):
        choices[f"{kind} stress"] = Measure(StressOf(kind), "0 to 100", flow=False)
    choices["cash"] = Measure(mean_cash, scene.currency.name, flow=False, scale=coin)
    choices["rejected actions"] = Measure(rejected, "actions", flow=True)
    return choices


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
    per = f"{measure.unit} a {unit}" if measure.flow else f"{measure.unit}, mean"
    return (
        axis.chart("paired", name, per, lines, cut=False),
        axis.chart("difference", "Difference", per, gap, kind="bars", cut=False, note=note),
    )


def _values(numbers: Floats, length: int) -> Values:
    """Return the values of a line; None where the branch has not come yet."""
    values = [None if np.isnan(value) else float(value) for value in numbers]
    return tuple(values + [None] * (length - len(values)))
