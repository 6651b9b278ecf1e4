"""Figures of one run: sales, visitors, posts and stress by day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from econsim_mesa.analysis.daily import posted_price_of_store
from econsim_mesa.analysis.figures.series import time_series
from econsim_mesa.analysis.figures.style import (
    COLORS,
    DASHES,
    MARKS,
    axes_of,
    panels,
    style,
)

if TYPE_CHECKING:
    import pandas as pd

    from econsim_mesa.runs.reader import Run


def run_figures(run: Run, days: pd.DataFrame) -> dict[str, Figure]:
    """Return the figures ``days`` (sales and visitors of each store), ``posts`` and ``stress``.

    The argument ``days`` is the table of ``analysis.daily``.
    """
    stores = [name for _, name, _ in run.scenario.agents.stores()]
    table = days.reset_index().assign(run="run")
    words = [word for word in run.scenario.keywords if f"posts {word}" in days]
    shown = [
        (name, table.assign(price=posted_price_of_store(run, name).reindex(days.index).to_numpy()))
        for name in stores[:6]
    ]
    talk = [("posts households", "posts by households")]
    talk += [(f"posts {word}", f"posts with {word}") for word in words]
    figures = {
        "days": _stores(shown, run.scenario.currency.smallest_unit),
        "posts": time_series([("", table)], talk[:4]),
    }
    if run.stressors:
        figures["stress"] = _stress(days, [f"stress {name}" for name in run.stressors])
    return figures


def _stores(shown: list[tuple[str, pd.DataFrame]], unit: str) -> Figure:
    """Return sales and visitors, a row of panels a store; a lower price is shaded."""
    kinds = {"units": "units", "revenue": f"revenue, {unit}", "visitors": "visitors, mean of steps"}
    panels_of = [
        (name, table.assign(**{kind: table[f"{kind} {name}"] for kind in kinds}))
        for name, table in shown
    ]
    return time_series(panels_of, list(kinds.items()))


def _stress(days: pd.DataFrame, names: list[str]) -> Figure:
    with style():
        figure = panels(1, width=5.0, height=2.4, most=1)
        (axes,) = axes_of(figure)
        at = range(len(days))
        for k, name in enumerate(names):
            axes.plot(
                at,
                days[name],
                color=COLORS[k % len(COLORS)],
                marker=MARKS[k % len(MARKS)],
                linestyle=DASHES[k % len(DASHES)],
                label=name.removeprefix("stress "),
            )
        every = max(len(days) // 10, 1)
        axes.set_xticks(list(at)[::every], [str(day)[5:] for day in days.index][::every])
        axes.set_ylim(0, 100)
        axes.set_title("mean own level of stress, 0 to 100")
        axes.legend(ncols=4, loc="upper left")
        return figure
