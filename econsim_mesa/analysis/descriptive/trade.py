"""Trade: sales of items by day, and the paths of posted prices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from econsim_mesa.analysis.descriptive.actions import day_of
from econsim_mesa.runs.reader import Run

if TYPE_CHECKING:
    import pandas as pd


def sales_by_item(run: Run) -> pd.DataFrame:
    """Return day, store, item, whole units, revenue and number of sales; no row where none were."""
    units = {name: 10.0**item.decimals for name, item in run.scenario.items.items()}
    sales = run.sales.assign(day=run.sales["step"].map(day_of(run)))
    sales["units"] = sales["quantity"] / sales["item"].map(units).astype(float)
    groups = sales.groupby(["day", "store", "item"])
    table = groups.agg(units=("units", "sum"), revenue=("amount", "sum"), sales=("units", "size"))
    return table.reset_index()


def price_paths(run: Run) -> pd.DataFrame:
    """Return step, day, store, item and posted price, a row for each price set or changed.

    Step -1 is the state before the first step; a price below 0 means that it is not offered.
    """
    prices = run.prices[["step", "store", "item", "posted"]]
    return prices.assign(day=prices["step"].map(day_of(run)))[
        ["step", "day", "store", "item", "posted"]
    ]
