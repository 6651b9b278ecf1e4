"""Spread of sentiment against the number of posts, a panel a condition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from econsim_mesa.analysis.figures.style import COLORS, panel_each, style, wrapped
from econsim_mesa.studies.online_offline.dispersion import AT_LEAST

if TYPE_CHECKING:
    import pandas as pd


def spread_scatter(
    conditions: Sequence[tuple[str, pd.DataFrame, float | None, str | None]],
) -> Figure:
    """Draw the variance of sentiment over posts a day, with the slope of the dispersion test.

    A condition is a label, a table of ``spreads``, the slope (None: cannot be computed) and why
    it is void, if so. Days with fewer than 5 posts are hollow: the test leaves
    them out. A slope that is void is not drawn.
    """
    with style():
        figure, places, rest = panel_each(conditions)
        for axes, (label, table, slope, void) in places:
            known = table.dropna(subset=["variance"])
            thick = known[known["posts"] >= AT_LEAST]
            thin = known[known["posts"] < AT_LEAST]
            axes.scatter(thin["posts"], thin["variance"], s=8, facecolors="none", edgecolors="#aaa")
            axes.scatter(thick["posts"], thick["variance"], s=8, color="#777777", linewidths=0)
            if slope is not None and void is None and len(thick):
                at = np.array([thick["posts"].min(), thick["posts"].max()])
                weights = thick["posts"] - 1
                middle = np.average(thick["posts"], weights=weights)
                level = np.average(thick["variance"], weights=weights)
                axes.plot(at, level + slope * (at - middle), color=COLORS[0])
            axes.set_title(wrapped(label) + ("\nvoid: templates" if void else ""))
        hollow = f"hollow: fewer than {AT_LEAST}, not in the test"
        figure.supxlabel(f"posts a day ({hollow}{rest})", fontsize=8)
        figure.supylabel("variance of sentiment\n(scores of -1 to 1)", fontsize=8)
        return figure
