"""Figures of one run: sales, visitors, posts and stress by day."""

from __future__ import annotations

from collections.abc import Sequence
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


MOST_STORES = 6
"""Stores that a figure shows at most, the first ones."""


def run_figures(run: Run, days: pd.DataFrame) -> dict[str, Figure]:
    """Return the figures ``days`` (sales and visitors of each store), ``posts`` and ``stress``.

    The argument ``days`` is the table of ``analysis.daily``.
    """
    stores = [name for _, name, _ in run.scenario.agents.stores()][:MOST_STORES]
    table = days.reset_index().assign(run="run")
    words = [word for word in run.scenario.keywords if f"posts {word}" in days]
    shown = [
        (name, table.assign(price=posted_price_of_store(run, name).reindex(days.index).to_numpy()))
        for name in stores
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


def branch_figure(
    branches: Sequence[tuple[str, pd.DataFrame]], stores: Sequence[str], forked: str
) -> Figure:
    """Return sales, visitors and posts of a fork and its parent in the same panels.

    Args:
        branches: The name of each branch and its table of ``analysis.daily``.
        stores: Stores that are shown.
        forked: The day of the fork's first own step, as the tables have it: a line stands there.
    """
    names = [f"{kind} {store}" for store in stores for kind in ("units", "visitors")]
    names.append("posts households")
    days = list(branches[0][1].index)
    with style():
        figure = panels(len(names), width=3.4, height=1.6, most=2)
        for axes, name in zip(axes_of(figure), names, strict=False):
            for k, (label, table) in enumerate(branches):
                axes.plot(
                    range(len(table)),
                    table[name],
                    color=COLORS[k],
                    marker=MARKS[k],
                    linestyle=DASHES[k],
                    label=label,
                )
            if forked in days:
                axes.axvline(days.index(forked), color="#888888", linewidth=0.8)
            every = max(-(-len(days) // 6), 1)
            axes.set_xticks(
                list(range(len(days)))[::every], [str(day)[5:] for day in days][::every]
            )
            axes.set_ylim(bottom=0)
            axes.set_title(name)
        axes_of(figure)[0].legend(loc="best")
        figure.supxlabel("day (line: the day of the fork)", fontsize=8)
        return figure


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
