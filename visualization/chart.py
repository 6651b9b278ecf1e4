"""One chart: what it shows, as numbers and words; ``components/chart.vue`` draws it.

It is drawn by hand because Altair does not serve here. ``solara.FigureAltair`` stays blank without
a network: it asks for names of files that solara-assets does not have, and their Vega-Lite 5.2
refuses selections of Altair 6. With Vega loaded from their files, a step of the timeline took 3 to
9 times the time of the browser's main thread, and 5 to 13 times the server's CPU.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Values = tuple[float | None, ...]
Shades = tuple[tuple[int, int, str], ...]
"""Spans of places on the x axis, first to last, each with its label."""


@dataclass(frozen=True)
class Line:
    """One series. None is unknown: a gap, never a zero.

    ``low`` and ``high`` bound a band around it. ``xs`` are its places on the x axis in a chart
    of points; there ``dots`` draws a mark for each value, with its ``labels``, in place of a line.
    """

    name: str
    values: Values
    color: str
    low: Values | None = None
    high: Values | None = None
    xs: Values | None = None
    labels: tuple[str, ...] | None = None
    dots: bool = False
    dashed: bool = False


@dataclass(frozen=True)
class Chart:
    """A chart; ``labels`` name the places on the x axis, ``ticks`` are shorter forms of them.

    ``shades`` are spans of such places with a label each: a promotion, say. ``cut``: the last
    place is a part of what the others are, a day that is not over. ``range`` is what
    the y axis shows at least, ``note`` a sentence below and ``nothing`` what stands in a chart
    without values.
    """

    key: str
    title: str
    unit: str
    labels: tuple[str, ...]
    lines: tuple[Line, ...]
    kind: Literal["lines", "bars", "points"] = "lines"
    ticks: tuple[str, ...] | None = None
    shades: Shades = ()
    cut: bool = False
    range: tuple[float, float] | None = None
    x_title: str = ""
    note: str = ""
    nothing: str = "nothing yet"
