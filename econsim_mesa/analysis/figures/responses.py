"""Responses to an event: paired differences by day with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from econsim_mesa.analysis.figures.style import BAND, COLORS, axes_of, panels, style, wrapped
from econsim_mesa.numbers import percent

Row = Mapping[str, Any]


def response_figure(rows: Sequence[Row], confidence: float = 0.95) -> Figure:
    """Draw a row of panels for each contrast, a panel for each measure; day 0 is the event's.

    Rows have contrast, measure, day, mean, low and high.
    """
    contrasts = list(dict.fromkeys(row["contrast"] for row in rows))
    measures = list(dict.fromkeys(row["measure"] for row in rows))
    with style():
        count = len(contrasts) * len(measures)
        figure = panels(count, width=2.1, height=1.5, most=len(measures))
        pairs = [(contrast, measure) for contrast in contrasts for measure in measures]
        for axes, (contrast, measure) in zip(axes_of(figure), pairs, strict=False):
            some = [r for r in rows if (r["contrast"], r["measure"]) == (contrast, measure)]
            days = [row["day"] for row in some]
            axes.axhline(0.0, color="#999999", linewidth=0.8)
            axes.axvline(-0.5, color="#999999", linewidth=0.8, linestyle=":")
            mean, low, high = (
                np.array([row[name] for row in some], float) for name in ("mean", "low", "high")
            )  # None is NaN: a day that is not known is a gap
            if np.isfinite(low).any():
                axes.fill_between(days, low, high, color=COLORS[0], alpha=BAND, linewidth=0)
            axes.plot(days, mean, color=COLORS[0], marker="o")
            axes.locator_params(axis="x", integer=True)
            axes.set_title(f"{wrapped(contrast, 28)}\n{wrapped(measure, 28)}")
        band = f"band: {percent(confidence)} interval"
        figure.supxlabel(f"days from the event ({band}; dotted: it begins)", fontsize=8)
        figure.supylabel("paired difference", fontsize=8)
        return figure
