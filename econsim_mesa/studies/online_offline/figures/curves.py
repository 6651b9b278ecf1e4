"""Heat against heat: run-days and the curve with its band, a panel a condition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from econsim_mesa.analysis.figures.style import BAND, COLORS, panel_each, style, wrapped
from econsim_mesa.numbers import percent
from econsim_mesa.studies.online_offline.run_day_curve import curve

if TYPE_CHECKING:
    import pandas as pd


def heat_scatter(
    conditions: Sequence[tuple[str, pd.DataFrame]],
    *,
    x: str,
    y: str,
    words: tuple[str, str],
    confidence: float = 0.95,
) -> Figure:
    """Draw y over x for each condition, with the fitted quadratic and the band of its interval.

    ``words`` name x and y. Where the curve cannot be identified the days stand alone.
    """
    with style():
        figure, places, rest = panel_each(conditions)
        drawn = [(axes, label, curve(panel, x, y, confidence)) for axes, (label, panel) in places]
        top = max((float(days.y.max()) for _, _, days in drawn if days.y.size), default=1.0)
        for axes, label, days in drawn:
            axes.scatter(days.x, days.y, s=7, color="#888888", alpha=0.6, linewidths=0)
            if days.line is not None:
                at, middle, low, high = days.line
                axes.fill_between(at, low, high, color=COLORS[0], alpha=BAND, linewidth=0)
                axes.plot(at, middle, color=COLORS[0])
            alone = "" if days.line is not None else "\nno curve: days as they are"
            axes.set_title(wrapped(label) + alone)
            axes.set_ylim(min(0.0, float(days.y.min()) if days.y.size else 0.0), 1.08 * top)
        band = f"line: quadratic; band: {percent(confidence)} interval{rest}"
        figure.supxlabel(f"{words[0]} ({band})", fontsize=8)
        figure.supylabel(f"{words[1]},\neffects of run and day taken out", fontsize=8)
        return figure
