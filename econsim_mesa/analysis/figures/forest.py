"""Estimates with their intervals, one above the other, and a line at zero."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.figure import Figure

from econsim_mesa.analysis.figures.style import COLORS, axes_of, panels, style, wrapped


class Bar(NamedTuple):
    """An estimate with its interval; None stands for a number that cannot be computed."""

    label: str
    value: float | None
    low: float | None
    high: float | None


def forest(
    columns: Sequence[tuple[str, Sequence[Bar]]], units: Sequence[str] = (), bars_are: str = ""
) -> Figure:
    """Draw a column of intervals for each pair of a title and its bars, alike in their labels.

    ``units`` has the unit of each column, and ``bars_are`` the meaning of the bars in words.
    """
    lines = max((len(bars) for _, bars in columns), default=1)
    with style():
        figure = panels(len(columns), width=3.6, height=0.26 * lines + 0.85)
        for k, (axes, (title, bars)) in enumerate(zip(axes_of(figure), columns, strict=False)):
            axes.axvline(0.0, color="#999999", linewidth=0.8)
            for row, bar in enumerate(bars):
                if bar.value is None:
                    axes.text(0.0, row, "  cannot tell", va="center", fontsize=6.5, color="#666666")
                    continue
                if bar.low is not None and bar.high is not None:
                    axes.plot([bar.low, bar.high], [row, row], color=COLORS[0])
                axes.plot([bar.value], [row], "o", color=COLORS[0])
            labels = [wrapped(bar.label, 44) if k == 0 else "" for bar in bars]
            axes.set_yticks(range(len(bars)), labels)
            axes.set_ylim(len(bars) - 0.4, -0.6)
            axes.locator_params(axis="x", nbins=5)
            axes.set_title(title)
            axes.set_xlabel(units[k] if k < len(units) else "")
        figure.supxlabel(bars_are, fontsize=8)
        return figure
