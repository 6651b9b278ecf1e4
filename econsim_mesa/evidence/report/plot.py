"""A plot of points or of a line with its band, for the report: places in the plot's box."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from econsim_mesa.evidence.report.axis import Axis, Mark, axis
from econsim_mesa.numbers import significant

_MOST_NAMES = 8

Point = tuple[float, float]


class Box(NamedTuple):
    """Size of a plot, and where the field of its scales begins and ends."""

    width: int = 440
    height: int = 280
    left: int = 52
    right: int = 428
    top: int = 28
    bottom: int = 238


class Line(NamedTuple):
    """A line and its band: values of x, of y, and of both ends of the band."""

    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]


class Scales(NamedTuple):
    """The scales of a plot; plots that are compared have the same."""

    x: Axis
    y: Axis


class Shade(NamedTuple):
    """A shaded span of the plot: its place, its width, and how dark, 0 to 1."""

    x: float
    width: float
    dark: float


class Plot(NamedTuple):
    """What is drawn, in units of the plot's box; ``line`` and ``band`` as SVG has points."""

    title: str
    words: tuple[str, str]
    points: list[Point]
    line: str
    band: str
    shades: list[Shade]
    x_marks: list[Mark]
    y_marks: list[Mark]
    box: Box = Box()


def number_scales(x: Sequence[float], y: Sequence[float]) -> Scales:
    """Return scales that hold these values."""
    return Scales(axis(min(x), max(x), Box().left, Box().right), _upwards(y))


def day_scales(days: int, y: Sequence[float]) -> Scales:
    """Return scales with a place for each of so many days and for these values."""
    every = -(-days // _MOST_NAMES)
    marks = [float(k) for k in range(0, days, every)]
    return Scales(Axis(-0.5, days - 0.5, marks, Box().left, Box().right), _upwards(y))


def points_and_curve(
    title: str, words: tuple[str, str], scales: Scales, points: Sequence[Point], line: Line | None
) -> Plot:
    """Return a plot of points (x, y), with a line and its band where there is one.

    ``words`` say what x and y are.
    """
    marks = [Mark(scales.x.at(value), significant(value)) for value in scales.x.values]
    dots = [(scales.x.at(x), scales.y.at(y)) for x, y in points]
    return Plot(title, words, dots, *_drawn(scales, line), [], marks, _y_marks(scales))


def days_in_order(
    title: str,
    words: tuple[str, str],
    scales: Scales,
    names: Sequence[str],
    line: Line,
    shares: Sequence[float],
) -> Plot:
    """Return a plot of a line over days, of which each is shaded as dark as its share, 0 to 1."""
    marks = [Mark(scales.x.at(value), names[int(value)]) for value in scales.x.values]
    width = round(scales.x.at(1.0) - scales.x.at(0.0), 1)
    shades = [
        Shade(scales.x.at(day - 0.5), width, round(share, 2))
        for day, share in enumerate(shares)
        if share > 0
    ]
    return Plot(title, words, [], *_drawn(scales, line), shades, marks, _y_marks(scales))


def _upwards(y: Sequence[float]) -> Axis:
    return axis(min(0.0, *y), max(y), Box().bottom, Box().top)


def _y_marks(scales: Scales) -> list[Mark]:
    return [Mark(scales.y.at(value), significant(value)) for value in scales.y.values]


def _drawn(scales: Scales, line: Line | None) -> tuple[str, str]:
    """Return the points of a line and those around its band; of no line: nothing."""
    if line is None:
        return "", ""
    there = zip(line.x, line.high, strict=True)
    back = list(zip(line.x, line.low, strict=True))[::-1]
    return _places(scales, zip(line.x, line.y, strict=True)), _places(scales, [*there, *back])


def _places(scales: Scales, points: Iterable[Point]) -> str:
    """Return points as SVG has them; what is beyond the ends of the scale of y stands there."""
    low, high = scales.y.low, scales.y.high
    return " ".join(f"{scales.x.at(x)},{scales.y.at(min(max(y, low), high))}" for x, y in points)
