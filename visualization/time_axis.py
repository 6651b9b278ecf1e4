"""The time axis of charts: bins of a day or of a step, and the promotions that shade them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from econsim_mesa.society.measures import MONEY
from econsim_mesa.society.rng import Floats, Integers

from . import measures
from .chart import Chart, Line, Shades

if TYPE_CHECKING:
    from econsim_mesa.society.measures import Measure

    from .view import Frame, Scene

Unit = Literal["day", "step"]


class TimeAxis(NamedTuple):
    """The steps up to a frame in bins of a day or of a step."""

    unit: Unit
    of: Integers
    """The bin of each step, shape (steps,)."""
    labels: tuple[str, ...]
    ticks: tuple[str, ...]
    whole: int
    """Number of bins that have all their steps; the last one may be cut."""
    shades: Shades = ()
    """Spans of bins, first to last, each with its label."""

    def sums(self, values: Sequence[float] | Floats) -> Floats:
        """Return the sums over each bin, shape (bins, ...), of values of shape (steps, ...)."""
        per_step = np.asarray(values, dtype=float)
        sums = np.zeros((len(self.labels), *per_step.shape[1:]))
        np.add.at(sums, self.of, per_step)
        return sums

    def means(self, values: Sequence[float] | Floats) -> Floats:
        """Return the means over each bin, shape (bins, ...), of values of shape (steps, ...)."""
        per_step = np.asarray(values, dtype=float)
        count = np.bincount(self.of, minlength=len(self.labels))
        return self.sums(per_step) / count.reshape(-1, *[1] * (per_step.ndim - 1))

    def values(self, frame: Frame, measure: Measure, *subject: str) -> Floats:
        """Return the values of a measure over each bin, shape (bins,); nan: a mean of nothing."""
        parts = np.array(frame.series(measures.Parts(measure, subject)), dtype=float)
        sums = self.sums(parts.reshape(-1, 2))
        if measure.per is None:
            return sums[:, 0]
        with np.errstate(divide="ignore", invalid="ignore"):
            means: Floats = sums[:, 0] / sums[:, 1]
        return means

    def chart(self, key: str, title: str, unit: str, lines: Sequence[Line], **more: Any) -> Chart:
        """Return a chart over this axis; ``more`` are further fields of ``Chart``."""
        cut = self.whole < len(self.labels)
        chart = Chart(key, title, unit, self.labels, tuple(lines), ticks=self.ticks, cut=cut)
        return replace(chart, **{"shades": self.shades, **more})


def unit_of(measure: Measure, scene: Scene) -> tuple[str, float]:
    """Return the unit in which a measure is shown, and the factor to it: money is in coins."""
    if measure.unit == MONEY:
        return scene.currency.name, 10.0**-scene.currency.decimals
    return measure.unit, 1.0


def time_axis(frame: Frame, unit: Unit) -> TimeAxis:
    """Return the axis of the steps 0 to the frame's, without shades."""
    clock, steps = frame.scene.clock, range(frame.step + 1)
    times = [clock.time(step) for step in steps]
    if unit == "step":
        names = tuple(f"step {step} · {time:%a %d %b %H:%M}" for step, time in enumerate(times))
        ticks = tuple(f"{time:%d %b}" for time in times)
        return TimeAxis(unit, np.arange(len(times)), names, ticks, len(times))
    days = [time.date() for time in times]
    dates = sorted(set(days))
    number = {day: index for index, day in enumerate(dates)}
    labels = [f"{day:%a %d %b %Y}" for day in dates]
    cut = bool(days) and clock.time(frame.step + 1).date() == days[-1]
    if cut:
        labels[-1] += f", until {times[-1]:%H:%M}"
    of = np.array([number[day] for day in days], dtype=np.int64)
    ticks = tuple(f"{day:%d %b}" for day in dates)
    return TimeAxis(unit, of, tuple(labels), ticks, len(dates) - int(cut))


class Span(NamedTuple):
    """Steps first to last in which a store sold below its base price, by at most ``percent``."""

    first: int
    last: int
    store: str
    percent: int


def promotions(frame: Frame) -> list[Span]:
    """Return the spans of steps in which prices were cut, store by store."""
    cuts = frame.series(_deepest_cuts)
    spans = []
    for store in frame.scene.stores:
        at = 0
        for percent, steps in groupby(cut.get(store.name, 0) for cut in cuts):
            length = len(list(steps))
            if percent > 0:
                spans.append(Span(at, at + length - 1, store.name, percent))
            at += length
    return spans


def shaded(axis: TimeAxis, spans: Sequence[Span]) -> TimeAxis:
    """Return an axis shaded by spans; where there are several stores, each says whose it is."""
    several = len({span.store for span in spans}) > 1
    shades = tuple(
        (
            int(axis.of[span.first]),
            int(axis.of[span.last]),
            f"{span.percent} % off" + (f" at {span.store}" if several else ""),
        )
        for span in spans
    )
    return axis._replace(shades=shades)


def _deepest_cuts(frame: Frame) -> dict[str, int]:
    """Return the deepest cut of each store that has one, in whole percent."""
    deepest: dict[str, int] = {}
    for (store, _), offer in measures.offers(frame).items():
        if offer.percent > 0:
            deepest[store] = max(deepest.get(store, 0), round(offer.percent))
    return deepest
