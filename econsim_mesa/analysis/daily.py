"""The days of a run in numbers: what was sold, visited, posted and felt on each of them.

Days on which nothing happened are kept, as zeros.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from econsim_mesa.domains.social.keywords import author_group, matches
from econsim_mesa.errors import BadInput
from econsim_mesa.runs.reader import Run

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
    """Return one row a day, indexed by ISO date.

    Columns: ``units <store>`` (whole items), ``revenue <store>`` (smallest units of the currency),
    ``visitors <store>`` (mean households in its cell at the end of a step), ``posts <group>``
    (households, stores, government, scripted), ``keyword <word>`` (by households), ``stress
    <kind>`` (mean own level, 0 to 100) and ``rejected`` (actions).
    """
    import pandas as pd

    day = day_of_step(run)
    table = pd.DataFrame(index=pd.Index(day.unique(), name="day"))
    sales = sales_in_units(run)
    for _, store, _ in run.scenario.agents.stores():
        sold = sales[sales.store == store]
        table[f"units {store}"] = sold.groupby(sold.step.map(day)).units.sum()
        table[f"revenue {store}"] = sold.groupby(sold.step.map(day)).amount.sum()
        seen = run.stores[run.stores.store == store]
        table[f"visitors {store}"] = seen.groupby(seen.step.map(day)).visitors.mean()
    posts = run.posts[run.posts.step >= 0]
    groups = posts.kind.map(author_group)
    for group in ("households", "stores", "government", "scripted"):
        written = posts[groups == group]
        table[f"posts {group}"] = written.groupby(written.step.map(day)).size()
    by_people = posts[groups == "households"]
    for word in run.scenario.keywords:
        about = by_people[np.array([matches(text, word) for text in by_people.text], dtype=bool)]
        table[f"keyword {word}"] = about.groupby(about.step.map(day)).size()
    agents = run.agents.groupby(run.agents.step.map(day))
    for stressor in run.stressors:
        table[f"stress {stressor}"] = agents[stressor].mean()
    table["rejected"] = run.rejections.groupby(run.rejections.step.map(day)).size()
    return table.fillna(0)


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
