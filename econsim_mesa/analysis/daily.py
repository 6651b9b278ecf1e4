"""The days of a run in numbers: what was sold, visited, posted and felt on each of them.

Days on which nothing happened are kept, as zeros.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from econsim_mesa.domains.measures import measures_of
from econsim_mesa.errors import BadInput
from econsim_mesa.runs.reader import Run
from econsim_mesa.runs.step_reader import measured_days
from econsim_mesa.society.measures import named_measures

if TYPE_CHECKING:
    import pandas as pd


def day_of_step(run: Run, warm_up_days: int = 0) -> pd.Series[str]:
    """Return the ISO date of each step, indexed by step; the first ``warm_up_days`` are left out.

    Raises ``BadInput`` if the warm-up leaves no day.
    """
    import pandas as pd

    steps = run.table("steps")
    steps = steps[steps["step"] >= 0]
    days = pd.Series(steps["time"].str[:10].to_numpy(), index=steps["step"].to_numpy())
    if warm_up_days == 0:
        return days
    names = days.unique()
    if not 0 <= warm_up_days < len(names):
        raise BadInput(
            f"{run.folder} has {len(names)} days; a warm-up of {warm_up_days} leaves none"
        )
    rest: pd.Series[str] = days[days.isin(names[warm_up_days:])]
    return rest


def sales_in_units(run: Run) -> pd.DataFrame:
    """Return the table ``sales`` with a column ``units``: whole items, as floats.

    The column ``quantity`` counts smallest units of an item, such as hundredths.
    """
    per_item = {name: 10.0**item.decimals for name, item in run.scenario.items.items()}
    sales = run.sales
    return sales.assign(units=sales["quantity"] / sales["item"].map(per_item).astype(float))


def daily(run: Run) -> pd.DataFrame:
    """Return all measures of a run by day: one row a day, indexed by ISO date.

    Columns: ``units <store>`` and ``units <store>: <item>`` (whole items), ``revenue <store>``
    (smallest units of the currency), ``visits <store>`` (arrivals), ``crowd <store>`` (others
    met), ``visitors <store>`` (mean over steps), ``posts <group>`` (households, stores,
    government, scripted), ``posts <keyword>`` (by households), ``stress <kind>`` (mean own level,
    0 to 100), ``rejected`` (actions), and those of the town's own domains. A mean of nothing is
    NaN.
    """
    import pandas as pd

    named = list(named_measures(measures_of(run.scenario), run.scenario))
    rows = {
        day: {name: tally.value(measure, *subject) for name, measure, subject in named}
        for day, tally in measured_days(run).items()
    }
    columns = [name for name, _, _ in named]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns, dtype=float)
    return table.rename_axis("day")


def posted_price(run: Run, store: str, item: str, day: pd.Series[str]) -> pd.Series[float]:
    """Return the mean posted price of an item over the steps of each day; NaN: it was not offered.

    ``day`` is made by ``day_of_step``. The price is in smallest units of the currency, by ISO date.
    """
    prices = run.prices
    own = prices[(prices["store"] == store) & (prices["item"] == item)]
    changes = own.groupby("step")["posted"].last().astype(float)
    steps = np.union1d(changes.index.to_numpy(), day.index.to_numpy())
    posted = changes.reindex(steps).ffill()
    posted = posted.where(posted >= 0).reindex(day.index)
    return posted.groupby(day).mean()


def posted_price_of_store(run: Run, store: str) -> pd.Series[float]:
    """Return, by ISO date, the mean posted price over all items of a store and steps of a day."""
    day = day_of_step(run)
    items = {name: spec.sells for _, name, spec in run.scenario.agents.stores()}[store]
    prices = [posted_price(run, store, item, day) for item in items]
    mean: pd.Series[float] = sum(prices[1:], prices[0]) / len(prices)
    return mean
