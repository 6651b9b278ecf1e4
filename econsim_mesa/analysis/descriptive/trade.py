"""Trade: sales of items by day, and the paths of posted prices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from econsim_mesa.analysis.daily import day_of_step, sales_in_units
from econsim_mesa.runs.reader import Run

if TYPE_CHECKING:
    import pandas as pd


def sales_by_item(run: Run) -> pd.DataFrame:
    """Return day, store, item, whole units, revenue and number of sales; no row where none were."""
    sales = sales_in_units(run)
    sales["day"] = sales["step"].map(day_of_step(run))
    groups = sales.groupby(["day", "store", "item"])
    table = groups.agg(units=("units", "sum"), revenue=("amount", "sum"), sales=("units", "size"))
    return table.reset_index()


def price_paths(run: Run) -> pd.DataFrame:
    """Return step, day, store, item and posted price, a row for each price set or changed.

    Step -1 is the state before the first step; a price below 0 means that it is not offered.
    """
    prices = run.prices[["step", "store", "item", "posted"]]
    return prices.assign(day=prices["step"].map(day_of_step(run)))[
        ["step", "day", "store", "item", "posted"]
    ]
