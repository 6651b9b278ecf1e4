"""Days in order: means over runs with their range, days of a lower price shaded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from econsim_mesa.analysis.figures.style import (
    BAND,
    COLORS,
    DASHES,
    MARKS,
    MOST_PANELS,
    SHADE,
    axes_of,
    left_out,
    panels,
    style,
    wrapped,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def time_series(
    conditions: Sequence[tuple[str, pd.DataFrame]],
    columns: Sequence[tuple[str, str]],
) -> Figure:
    """Draw columns of panels (run, day, price, ...) over days, a row of panels a condition.

    ``columns`` are pairs of a name and its words. The band is the middle 80 % of runs; days on
    which the mean price is below its highest are shaded.
    """
    known = [(label, panel) for label, panel in conditions if not panel.empty]
    shown = known[:MOST_PANELS]
    with style():
        figure = panels(len(shown) * len(columns), width=3.4, height=1.5, most=len(columns))
        axes = iter(axes_of(figure))
        tops = {name: max((p[name].max() for _, p in shown), default=1.0) for name, _ in columns}
        for label, panel in shown:
            for k, (name, words) in enumerate(columns):
                here = next(axes)
                _draw(here, panel, name, COLORS[k % len(COLORS)], k)
                here.set_ylim(0, 1.05 * float(tops[name]) or 1.0)
                here.set_title(f"{wrapped(label)}: {words}" if label else words)
        several = any(panel["run"].nunique() > 1 for _, panel in shown)
        priced = any("price" in panel and panel["price"].notna().any() for _, panel in shown)
        said = ["shaded: a lower price"] * priced
        said += ["line: mean of runs, band: their middle 80 %"] * several
        words = "; ".join(said) + left_out(len(shown), len(known))
        figure.supxlabel(f"day ({words})" if words else "day", fontsize=8)
        return figure


def _draw(axes: Axes, panel: pd.DataFrame, name: str, color: str, k: int) -> None:
    by_day = panel.groupby("day", sort=True)[name]
    mean, low, high = by_day.mean(), by_day.quantile(0.1), by_day.quantile(0.9)
    at = range(len(mean))
    price = panel.groupby("day", sort=True)["price"].mean() if "price" in panel else None
    if price is not None and price.notna().any():
        for day, one in enumerate(price):
            if one < price.max() - 1e-9:
                axes.axvspan(day - 0.5, day + 0.5, color=SHADE, linewidth=0)
    if panel["run"].nunique() > 1:
        axes.fill_between(at, low, high, color=color, alpha=BAND, linewidth=0)
    axes.plot(at, mean, color=color, marker=MARKS[k % len(MARKS)], linestyle=DASHES[k % 2])
    every = max(len(mean) // 8, 1)
    axes.set_xticks(list(at)[::every], [str(day)[5:] for day in mean.index][::every], fontsize=6.5)
